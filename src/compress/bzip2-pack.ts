import { concat, MnxError, utf8 } from '../binary/index.ts';
import { BitWriter } from './bit-writer.ts';
import { writeSymbols } from './bzip2-code.ts';
import { sortRotations } from './bzip2-sort.ts';

const DEFAULT_LEVEL = 9;
const BLOCK_UNIT = 100_000;
/** Room that the tool leaves at the end of a block (compress.c, nblockMAX). */
const MARGIN = 19;
const BLOCK_MAGIC = [0x3141, 0x5926, 0x5359] as const;
const END_MAGIC = [0x1772, 0x4538, 0x5090] as const;
/** Four equal bytes are followed by how many more there are. */
const RUN = 4;
const LONGEST_RUN = 255;
const BYTES = 256;

/** CRC-32 of 0x04c11db7, highest bit first: not the one of zlib. */
const SUMS = Uint32Array.from({ length: BYTES }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? 0x04c11db7 : 0);
  return sum;
});

/**
 * Packs parts, taken as one stream, as bzip2 does: runs, rotations in order, recent bytes first, Huffman.
 * @throws MnxError `compress.level` for a level that is none of 1 to 9
 */
export function packBzip2(parts: readonly Uint8Array[], level = DEFAULT_LEVEL): Uint8Array {
  if (!Number.isInteger(level) || level < 1 || level > 9) {
    throw new MnxError('compress.level', `level ${level}: bzip2 has 1 to 9`);
  }
  const input = concat(parts);
  const room = level * BLOCK_UNIT - MARGIN;
  const block = new Uint8Array(room);
  const out = new BitWriter('bzip2');
  for (const byte of utf8(`BZh${level}`)) out.write(byte, 8);
  let total = 0;
  for (let at = 0; at < input.length; ) {
    const { end, size } = shortenRuns(input, at, block);
    const sum = sumOf(input.subarray(at, end));
    writeBlock(out, block.subarray(0, size), sum);
    total = ((total << 1) | (total >>> 31)) ^ sum;
    at = end;
  }
  for (const part of END_MAGIC) out.write(part, 16);
  out.word(total);
  return out.finish();
}

/** Fills a block with what follows, long runs shortened. @returns where the input was left, and the block's size */
function shortenRuns(input: Uint8Array, from: number, block: Uint8Array): { end: number; size: number } {
  let at = from;
  let size = 0;
  // A run and its count take five bytes.
  while (at < input.length && size + RUN < block.length) {
    const byte = input[at] ?? 0;
    let run = 1;
    while (run < LONGEST_RUN && input[at + run] === byte) run++;
    const plain = Math.min(run, RUN);
    block.fill(byte, size, size + plain);
    size += plain;
    if (run >= RUN) block[size++] = run - RUN;
    at += run;
  }
  return { end: at, size };
}

function sumOf(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) sum = (sum << 8) ^ (SUMS[(sum >>> 24) ^ byte] ?? 0);
  return ~sum;
}

function writeBlock(out: BitWriter, block: Uint8Array, sum: number): void {
  const order = sortRotations(block);
  for (const part of BLOCK_MAGIC) out.write(part, 16);
  out.word(sum);
  out.write(0, 1);
  out.write(order.indexOf(0), 24);
  const used = usedBytes(block);
  writeUsed(out, used);
  writeSymbols(out, recentFirst(block, order, used), used.length + 2);
}

function usedBytes(block: Uint8Array): number[] {
  const seen = new Uint8Array(BYTES);
  for (const byte of block) seen[byte] = 1;
  return [...seen.keys()].filter((byte) => seen[byte] === 1);
}

/** Sixteen bits say which sixteenths have any, then sixteen for each of those. */
function writeUsed(out: BitWriter, used: readonly number[]): void {
  const parts = new Uint16Array(16);
  for (const byte of used) parts[byte >> 4] = (parts[byte >> 4] ?? 0) | (0x8000 >> (byte & 15));
  out.write(
    parts.reduce((bits, part, i) => bits | (part === 0 ? 0 : 0x8000 >> i), 0),
    16,
  );
  for (const part of parts) if (part !== 0) out.write(part, 16);
}

/**
 * The last column of the sorted rotations, each byte as its place among those seen most recently.
 * Zeros are counted in digits of one and two (symbols 0 and 1), places are one higher, the end mark is last.
 */
function recentFirst(block: Uint8Array, order: Int32Array, used: readonly number[]): Uint16Array {
  const recent = Uint8Array.from(used);
  const symbols = new Uint16Array(block.length + 1);
  let count = 0;
  let zeros = 0;
  const flush = (): void => {
    for (; zeros > 0; zeros = (zeros - 1) >> 1) symbols[count++] = (zeros - 1) & 1;
  };
  for (const start of order) {
    const byte = block[start === 0 ? block.length - 1 : start - 1] ?? 0;
    if (recent[0] === byte) {
      zeros++;
      continue;
    }
    flush();
    let place = 1;
    while (recent[place] !== byte) place++;
    recent.copyWithin(1, 0, place);
    recent[0] = byte;
    symbols[count++] = place + 1;
  }
  flush();
  symbols[count++] = used.length + 1;
  return symbols.subarray(0, count);
}
