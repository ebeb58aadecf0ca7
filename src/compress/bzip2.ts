import { cutShort, streamError } from './fault.ts';
import type { Expanded } from './member.ts';
import { Output } from './output.ts';

/** bzip2's file format: `BZh`, a digit, then blocks and a footer, bit by bit, highest first. */
const MAGIC = 0x425a68;
const LEVEL_UNIT = 100_000;
/** Halves of the marks of a block (pi) and of the end (the root of pi). */
const BLOCK_MARK = [0x314159, 0x265359] as const;
const END_MARK = [0x177245, 0x385090] as const;
const GROUP = 50;
const MAX_CODE = 20;
const RUN_A = 0;
const RUN_B = 1;
/** The fifth byte after four equal ones counts repeats. */
const RUN = 4;

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let i = 0; i < 8; i++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum >>> 0;
});

function fault(field: string, offset: number, got: string | number, wanted: string) {
  return streamError('bzip2', { field, offset, got, wanted });
}

class BitReader {
  readonly #input: Uint8Array;
  /** Next byte to take. */
  at: number;
  #held = 0;
  #count = 0;

  constructor(input: Uint8Array, from: number) {
    this.#input = input;
    this.at = from;
  }

  /** Up to 24 bits. */
  bits(count: number): number {
    while (this.#count < count) {
      const byte = this.#input[this.at++];
      if (byte === undefined) throw cutShort('bzip2', 'data', this.#input.length);
      this.#held = ((this.#held << 8) | byte) >>> 0;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#held >>> this.#count) & ((1 << count) - 1);
  }

  word(): number {
    return ((this.bits(16) << 16) | this.bits(16)) >>> 0;
  }

  align(): void {
    this.#count = 0;
  }
}

/** Codes of up to 20 bits: for each length the last code and where its symbols begin. */
class HuffmanTable {
  readonly #limits = new Int32Array(MAX_CODE + 2).fill(-1);
  readonly #bases = new Int32Array(MAX_CODE + 2);
  readonly #symbols: number[] = [];
  readonly #shortest: number;

  constructor(lengths: readonly number[]) {
    this.#shortest = Math.min(...lengths);
    let code = 0;
    for (let length = this.#shortest; length <= MAX_CODE; length++) {
      this.#bases[length] = this.#symbols.length - code;
      for (const [symbol, own] of lengths.entries()) if (own === length) this.#symbols.push(symbol);
      code = this.#symbols.length - (this.#bases[length] ?? 0);
      this.#limits[length] = code - 1;
      code <<= 1;
    }
  }

  next(reader: BitReader): number {
    let code = reader.bits(this.#shortest);
    for (let length = this.#shortest; length <= MAX_CODE; length++) {
      if (code <= (this.#limits[length] ?? -1)) {
        const symbol = this.#symbols[code + (this.#bases[length] ?? 0)];
        if (symbol !== undefined) return symbol;
        break;
      }
      code = (code << 1) | reader.bits(1);
    }
    throw fault('code', reader.at, code, 'a code of the table');
  }
}

/**
 * Expands all streams of a bzip2 file, with their check sums. Every block makes nearly as many bytes
 * as it takes work, so the cap bounds the time as well.
 *
 * @throws FormatError `compress.bzip2` for damage, `compress.limit` beyond the cap
 */
export function expandBzip2(input: Uint8Array, limit: number): Expanded {
  const out = new Output('bzip2', limit);
  let at = expandStream(input, 0, out);
  while (isStream(input, at)) at = expandStream(input, at, out);
  return { data: out.finish(), consumed: at };
}

function isStream(input: Uint8Array, at: number): boolean {
  const magic = ((input[at] ?? 0) << 16) | ((input[at + 1] ?? 0) << 8) | (input[at + 2] ?? 0);
  return magic === MAGIC;
}

function expandStream(input: Uint8Array, from: number, out: Output): number {
  const reader = new BitReader(input, from);
  const magic = reader.bits(24);
  if (magic !== MAGIC) throw fault('magic', from, magic, '0x425a68');
  const level = reader.bits(8) - 0x30;
  if (level < 1 || level > 9) throw fault('level', from + 3, level, '1 to 9');
  const links = new Uint32Array(level * LEVEL_UNIT);
  let combined = 0;
  for (;;) {
    const mark = [reader.bits(24), reader.bits(24)];
    const at = reader.at;
    const wanted = reader.word();
    if (mark[0] === END_MARK[0] && mark[1] === END_MARK[1]) {
      if (wanted !== combined >>> 0) throw fault('sum', at, wanted, `0x${(combined >>> 0).toString(16)}`);
      reader.align();
      return reader.at;
    }
    if (mark[0] !== BLOCK_MARK[0] || mark[1] !== BLOCK_MARK[1]) {
      throw fault('mark', at, mark[0] ?? 0, 'a block or the end of the stream');
    }
    const sum = expandBlock(reader, links, out);
    if (sum !== wanted) throw fault('block.sum', at, wanted, `0x${sum.toString(16)}, the sum of the data`);
    combined = ((combined << 1) | (combined >>> 31)) ^ sum;
  }
}

/** @returns the check sum of what the block holds. */
function expandBlock(reader: BitReader, links: Uint32Array, out: Output): number {
  if (reader.bits(1) === 1)
    throw fault('randomised', reader.at, 1, '0; bzip2 writes no such block since 0.9.5');
  const origin = reader.bits(24);
  const alphabet = readAlphabet(reader);
  const size = fillBlock(reader, alphabet, links);
  if (origin >= size) throw fault('origin', reader.at, origin, `below ${size}`);
  return writeBlock(linkUp(links, size, origin), links, size, out);
}

function readAlphabet(reader: BitReader): Uint8Array {
  const rows = reader.bits(16);
  const used: number[] = [];
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const columns = reader.bits(16);
    for (let column = 0; column < 16; column++) {
      if ((columns & (0x8000 >> column)) !== 0) used.push(row * 16 + column);
    }
  }
  if (used.length === 0) throw fault('alphabet', reader.at, 0, 'at least one byte value');
  return Uint8Array.from(used);
}

function readSelectors(reader: BitReader, tables: number): Uint8Array {
  const count = reader.bits(15);
  if (count === 0) throw fault('selectors', reader.at, 0, 'at least one');
  const order = [...new Array(tables).keys()];
  const selectors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let place = 0;
    while (reader.bits(1) === 1) {
      if (++place >= tables) throw fault('selector', reader.at, place, `below ${tables}`);
    }
    const [chosen = 0] = order.splice(place, 1);
    order.unshift(chosen);
    selectors[i] = chosen;
  }
  return selectors;
}

function readTable(reader: BitReader, symbols: number): HuffmanTable {
  let length = reader.bits(5);
  const lengths: number[] = [];
  for (let i = 0; i < symbols; i++) {
    while (reader.bits(1) === 1) {
      length += reader.bits(1) === 0 ? 1 : -1;
      if (length < 1 || length > MAX_CODE) break;
    }
    if (length < 1 || length > MAX_CODE) throw fault('code.length', reader.at, length, `1 to ${MAX_CODE}`);
    lengths.push(length);
  }
  return new HuffmanTable(lengths);
}

/** Undoes Huffman, run lengths and move-to-front. @returns how many bytes the block has. */
function fillBlock(reader: BitReader, alphabet: Uint8Array, block: Uint32Array): number {
  const tableCount = reader.bits(3);
  if (tableCount < 2 || tableCount > 6) throw fault('tables', reader.at, tableCount, '2 to 6');
  const selectors = readSelectors(reader, tableCount);
  const end = alphabet.length + 1;
  const tables = Array.from({ length: tableCount }, () => readTable(reader, end + 1));
  let size = 0;
  let run = 0;
  let weight = 1;
  const put = (byte: number, count: number): void => {
    if (count > block.length - size)
      throw fault('block', reader.at, size + count, `at most ${block.length} bytes`);
    block.fill(byte, size, size + count);
    size += count;
  };
  for (const selector of selectors) {
    const table = tables[selector];
    for (let i = 0; i < GROUP && table !== undefined; i++) {
      const symbol = table.next(reader);
      if (symbol === RUN_A || symbol === RUN_B) {
        run += weight << symbol;
        weight <<= 1;
        if (run > block.length) throw fault('run', reader.at, run, `at most ${block.length}`);
        continue;
      }
      if (run > 0) put(alphabet[0] ?? 0, run);
      [run, weight] = [0, 1];
      if (symbol === end) return size;
      const byte = alphabet[symbol - 1] ?? 0;
      alphabet.copyWithin(1, 0, symbol - 1);
      alphabet[0] = byte;
      put(byte, 1);
    }
  }
  throw fault('block', reader.at, 'the last selector', 'the end of the block');
}

/** Undoes Burrows-Wheeler: each entry keeps its byte and gains the index of its successor above it. */
function linkUp(links: Uint32Array, size: number, origin: number): number {
  const starts = new Uint32Array(256);
  for (let i = 0; i < size; i++) starts[(links[i] ?? 0) & 0xff] = (starts[(links[i] ?? 0) & 0xff] ?? 0) + 1;
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = starts[byte] ?? 0;
    starts[byte] = sum;
    sum += count;
  }
  for (let i = 0; i < size; i++) {
    const byte = (links[i] ?? 0) & 0xff;
    const place = starts[byte] ?? 0;
    starts[byte] = place + 1;
    links[place] = ((links[place] ?? 0) & 0xff) | (i << 8);
  }
  return (links[origin] ?? 0) >>> 8;
}

/** Walks the links and undoes the first run-length step. @returns the check sum. */
function writeBlock(first: number, links: Uint32Array, size: number, out: Output): number {
  let sum = 0xffffffff;
  let at = first;
  let equal = 0;
  let last = -1;
  const put = (byte: number, count: number): void => {
    out.fill(byte, count);
    for (let i = 0; i < count; i++) sum = (sum << 8) ^ (CRC[(sum >>> 24) ^ byte] ?? 0);
  };
  for (let i = 0; i < size; i++) {
    const link = links[at] ?? 0;
    const byte = link & 0xff;
    at = link >>> 8;
    if (equal === RUN) {
      put(last, byte);
      [equal, last] = [0, -1];
      continue;
    }
    equal = byte === last ? equal + 1 : 1;
    last = byte;
    put(byte, 1);
  }
  return ~sum >>> 0;
}
