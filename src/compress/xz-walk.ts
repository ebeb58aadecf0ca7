import { crc32 } from 'node:zlib';
import { alignUp, bytes, layout, u8, u32le } from '../binary/index.ts';
import { cutShort, streamError } from './fault.ts';
import type { XzBlock } from './xz-block.ts';
import type { XzFilter } from './xz-filters.ts';

/** xz-file-format.txt 2.1.1 and 2.1.2. */
const StreamHead = layout('xz', { magic: bytes(6), reserved: u8, check: u8, crc32: u32le });
const StreamFoot = layout('xz-footer', {
  crc32: u32le,
  backwardSize: u32le,
  reserved: u8,
  check: u8,
  magic: bytes(2),
});
const Word = layout('xz-word', { value: u32le });

const HEAD_MAGIC = 'fd377a585a00';
const FOOT_MAGIC = '595a';
const ALIGN = 4;
/** 3.1.2: bits of a block's flags. */
const FLAG = { filters: 3, reserved: 0x3c, packedSize: 0x40, size: 0x80 } as const;
/** A number takes at most nine bytes (1.2); all beyond 2^53 is no size of a file. */
const MAX_NUMBER_BYTES = 8;

/** 2.1.1.2: kinds of check by their number; the others are reserved. */
const CHECKS: Readonly<Record<number, XzCheck>> = { 0: 'none', 1: 'crc32', 4: 'crc64', 10: 'sha256' };
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64] as const;
/** 5.3: filters by their number. */
const FILTERS: Readonly<Record<number, string>> = {
  3: 'delta',
  4: 'x86',
  5: 'powerpc',
  6: 'ia64',
  7: 'arm',
  8: 'armthumb',
  9: 'sparc',
  10: 'arm64',
  11: 'riscv',
  33: 'lzma2',
};
const LZMA2 = 33;

/** How a stream protects its data. */
export type XzCheck = 'none' | 'crc32' | 'crc64' | 'sha256' | 'reserved';

/** What one xz stream says about itself. */
export interface XzFacts {
  readonly check: XzCheck;
  /** Filters of the blocks, in order of writing: `x86`, `lzma2`. */
  readonly filters: readonly string[];
  /** Largest dictionary of the blocks, in bytes. */
  readonly dictionary: number;
  readonly blocks: readonly XzBlock[];
  /** Expanded size. */
  readonly size: number;
  /** Where the stream ends in the input. */
  readonly end: number;
}

/**
 * Walks one xz stream from its header to its footer without expanding it: the chunks of LZMA2 say
 * how long they are. Headers, index and footer are held against their sums and against each other.
 *
 * @throws FormatError `compress.xz` for damage outside the compressed data
 */
export function walkXz(input: Uint8Array, start = 0): XzFacts {
  const walk = new Walk(input, start);
  const head = StreamHead.read(input, start);
  const flags = input.subarray(start + StreamHead.offsets.reserved, start + StreamHead.offsets.crc32);
  if (Buffer.from(head.magic).toString('hex') !== HEAD_MAGIC)
    throw walk.fault('magic', start, 'fd 37 7a 58 5a 00');
  if (crc32(flags) !== head.crc32)
    throw walk.fault('crc32', start + StreamHead.offsets.crc32, 'the CRC of the flags');
  if (head.reserved !== 0 || head.check > 15)
    throw walk.fault('flags', start + StreamHead.offsets.reserved, 'no reserved bits');
  walk.at += StreamHead.size;
  const blocks: Block[] = [];
  while (walk.peek() !== 0) blocks.push(readBlock(walk, CHECK_SIZES[head.check] ?? 0));
  const indexSize = readIndex(walk, blocks);
  readFoot(walk, { check: head.check, indexSize });
  return {
    check: CHECKS[head.check] ?? 'reserved',
    filters: [...new Set(blocks.flatMap((block) => block.filters.map(({ name }) => name)))],
    dictionary: Math.max(0, ...blocks.map((block) => block.dictionary)),
    blocks,
    size: blocks.reduce((sum, block) => sum + block.size, 0),
    end: walk.at,
  };
}

/** A place in the input that moves on. */
class Walk {
  readonly input: Uint8Array;
  at: number;

  constructor(input: Uint8Array, at: number) {
    this.input = input;
    this.at = at;
  }

  fault(field: string, offset: number, wanted: string) {
    if (offset >= this.input.length) return cutShort('xz', field, this.input.length);
    return streamError('xz', { field, offset, got: this.input[offset] ?? 0, wanted });
  }

  peek(): number {
    const byte = this.input[this.at];
    if (byte === undefined) throw cutShort('xz', 'stream', this.input.length);
    return byte;
  }

  byte(): number {
    const byte = this.peek();
    this.at++;
    return byte;
  }

  /** 1.2: seven bits a byte, lowest first. */
  number(field: string): number {
    const start = this.at;
    let value = 0;
    for (let i = 0; i < MAX_NUMBER_BYTES; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      if (byte === 0 && i > 0) break;
      if (Number.isSafeInteger(value)) return value;
    }
    throw this.fault(field, start, 'a number of fewer bytes');
  }

  skip(count: number, field: string): void {
    this.at += count;
    if (this.at > this.input.length) throw cutShort('xz', field, this.input.length);
  }

  /** NULs up to a multiple of four from `start`. */
  pad(start: number): void {
    const end = start + alignUp(this.at - start, ALIGN);
    while (this.at < end) if (this.byte() !== 0) throw this.fault('padding', this.at - 1, 'zero');
  }

  /** The CRC32 over everything since `start`. */
  sum(start: number, field: string): void {
    const sum = crc32(this.input.subarray(start, this.at));
    if (Word.read(this.input, this.at).value !== sum) {
      throw this.fault(field, this.at, `0x${sum.toString(16)}, the CRC of the fields before`);
    }
    this.at += Word.size;
  }
}

interface Block extends XzBlock {
  /** 3: header, data and check, without the padding. */
  readonly unpadded: number;
}

function readBlock(walk: Walk, checkSize: number): Block {
  const start = walk.at;
  const headSize = (walk.byte() + 1) * ALIGN;
  const flags = walk.byte();
  if ((flags & FLAG.reserved) !== 0) throw walk.fault('block.flags', walk.at - 1, 'no reserved bits');
  const packedSize = (flags & FLAG.packedSize) === 0 ? undefined : walk.number('block.packedSize');
  const wantedSize = (flags & FLAG.size) === 0 ? undefined : walk.number('block.size');
  const filters: XzFilter[] = [];
  let dictionary = 0;
  let last = 0;
  for (let left = (flags & FLAG.filters) + 1; left > 0; left--) {
    last = walk.number('block.filter');
    const properties = walk.number('block.filter.size');
    if (last === LZMA2 && properties === 1) dictionary = dictionarySize(walk.peek());
    const from = walk.at;
    walk.skip(properties, 'block.filter');
    filters.push({ name: FILTERS[last] ?? `number ${last}`, properties: walk.input.subarray(from, walk.at) });
  }
  if (last !== LZMA2) throw walk.fault('block.filter', start, 'lzma2 as the last filter');
  const sumAt = start + headSize - Word.size;
  if (walk.at > sumAt) throw walk.fault('block.headerSize', start, 'room for its fields');
  while (walk.at < sumAt) if (walk.byte() !== 0) throw walk.fault('block.padding', walk.at - 1, 'zero');
  walk.sum(start, 'block.crc32');
  const dataAt = walk.at;
  const size = walkChunks(walk);
  const packed = walk.at - dataAt;
  if ((packedSize ?? packed) !== packed || (wantedSize ?? size) !== size) {
    throw walk.fault('block.size', start, `${packed} bytes that expand to ${size}`);
  }
  walk.pad(start);
  walk.skip(checkSize, 'block.check');
  const check = walk.input.subarray(walk.at - checkSize, walk.at);
  return { filters, dictionary, dataAt, size, check, unpadded: headSize + packed + checkSize };
}

/** 5.3.1: mantissa and exponent; 40 stands for 4 GiB less one. */
function dictionarySize(bits: number): number {
  return bits >= 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** (Math.floor(bits / 2) + 11);
}

/** Control bytes of LZMA2 (XZ Utils, lzma2_decoder.c): end, stored with or without a new dictionary, packed. */
const CHUNK = { end: 0, stored: 1, storedOn: 2, packed: 0x80, withProperties: 0xc0 } as const;

/** Passes over the chunks of a block. @returns their expanded size. */
function walkChunks(walk: Walk): number {
  let size = 0;
  for (;;) {
    const control = walk.byte();
    if (control === CHUNK.end) return size;
    if (control < CHUNK.packed && control > CHUNK.storedOn)
      throw walk.fault('chunk', walk.at - 1, '0 to 2 or 0x80 and above');
    const low = (walk.byte() << 8) + walk.byte() + 1;
    if (control < CHUNK.packed) {
      size += low;
      walk.skip(low, 'chunk');
    } else {
      size += ((control & 0x1f) << 16) + low;
      const packed = (walk.byte() << 8) + walk.byte() + 1;
      walk.skip(packed + (control >= CHUNK.withProperties ? 1 : 0), 'chunk');
    }
  }
}

/** 4: the index repeats the sizes of all blocks. @returns its size. */
function readIndex(walk: Walk, blocks: readonly Block[]): number {
  const start = walk.at;
  walk.byte();
  const count = walk.number('index.records');
  if (count !== blocks.length)
    throw walk.fault('index.records', start, `${blocks.length}, the blocks before`);
  for (const { unpadded, size } of blocks) {
    const at = walk.at;
    if (walk.number('index.unpadded') !== unpadded || walk.number('index.size') !== size) {
      throw walk.fault('index.record', at, `a block of ${unpadded} bytes that expands to ${size}`);
    }
  }
  walk.pad(start);
  walk.sum(start, 'index.crc32');
  return walk.at - start;
}

function readFoot(walk: Walk, wanted: { readonly check: number; readonly indexSize: number }): void {
  const { input, at } = walk;
  const { offsets } = StreamFoot;
  const foot = StreamFoot.read(input, at);
  const sum = crc32(input.subarray(at + offsets.backwardSize, at + offsets.magic));
  if (foot.crc32 !== sum) throw walk.fault('footer.crc32', at, `0x${sum.toString(16)}`);
  if ((foot.backwardSize + 1) * ALIGN !== wanted.indexSize) {
    throw walk.fault(
      'footer.backwardSize',
      at + offsets.backwardSize,
      `the ${wanted.indexSize} bytes of the index`,
    );
  }
  if (foot.reserved !== 0 || foot.check !== wanted.check)
    throw walk.fault('footer.check', at + offsets.reserved, 'the flags of the header');
  if (Buffer.from(foot.magic).toString('hex') !== FOOT_MAGIC)
    throw walk.fault('footer.magic', at + offsets.magic, '59 5a');
  walk.at = at + StreamFoot.size;
}

/** 2.2: streams may follow each other with NULs between, in multiples of four. */
export function xzStreams(input: Uint8Array): { readonly facts: XzFacts; readonly start: number }[] {
  const streams: { facts: XzFacts; start: number }[] = [];
  for (let start = 0; ; ) {
    const facts = walkXz(input, start);
    streams.push({ facts, start });
    let next = facts.end;
    while (next + ALIGN <= input.length && Word.read(input, next).value === 0) next += ALIGN;
    if (Buffer.from(input.subarray(next, next + HEAD_MAGIC.length / 2)).toString('hex') !== HEAD_MAGIC)
      return streams;
    start = next;
  }
}
