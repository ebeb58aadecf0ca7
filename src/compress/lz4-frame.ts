import { concat, layout, toNumber, u8, u32le, u64le } from '../binary/index.ts';
import { cutShort, streamError } from './fault.ts';
import { overLimit } from './limit.ts';
import { expandLz4Block } from './lz4-block.ts';
import { packLz4Block } from './lz4-pack.ts';
import type { Expanded } from './member.ts';
import { Output } from './output.ts';
import { xxh32 } from './xxhash.ts';

/** lz4_Frame_format.md 1.6.4, "General structure". */
const FrameStart = layout('lz4', { magic: u32le, flags: u8, blockDescriptor: u8 });
const ContentSize = layout('lz4-content-size', { value: u64le });
const Word = layout('lz4-word', { value: u32le });

const MAGIC = 0x184d2204;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Bits of the flags byte; the version stands in the upper two. */
const FLAG = {
  dictionary: 1,
  reserved: 2,
  contentSum: 4,
  contentSize: 8,
  blockSum: 16,
  independent: 32,
} as const;
const VERSION = 1 << 6;
const VERSION_MASK = 3 << 6;
/** Upper bit of a block's size: the block is stored as it is. */
const STORED = 0x80000000;
/** Block sizes by the number in bits 4 to 6 of the block descriptor. */
const BLOCK_SIZES: Readonly<Record<number, number>> = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 };

/** What a frame says about itself. */
export interface Lz4FrameHead {
  readonly blockSize: number;
  readonly independent: boolean;
  readonly contentSize: number | undefined;
  readonly contentSum: boolean;
  readonly blockSum: boolean;
  /** Bytes before the first block. */
  readonly size: number;
}

/**
 * Reads a frame's descriptor and its check sum.
 * @throws FormatError `compress.lz4`
 */
export function readLz4Head(input: Uint8Array, start = 0): Lz4FrameHead {
  const { magic, flags, blockDescriptor } = FrameStart.read(input, start);
  const fail = (field: 'magic' | 'flags' | 'blockDescriptor', got: number, wanted: string) =>
    streamError('lz4', { field, offset: start + FrameStart.offsets[field], got, wanted });
  if (magic !== MAGIC) throw fail('magic', magic, '0x184d2204');
  if ((flags & VERSION_MASK) !== VERSION) throw fail('flags', flags, 'version 1');
  if ((flags & FLAG.reserved) !== 0) throw fail('flags', flags, 'no reserved bit');
  if ((flags & FLAG.dictionary) !== 0) throw fail('flags', flags, 'no dictionary');
  const blockSize = BLOCK_SIZES[blockDescriptor >> 4];
  if (blockSize === undefined || (blockDescriptor & LONG_NIBBLE) !== 0) {
    throw fail('blockDescriptor', blockDescriptor, '0x40, 0x50, 0x60 or 0x70');
  }
  let at = start + FrameStart.size;
  let contentSize: number | undefined;
  if ((flags & FLAG.contentSize) !== 0) {
    const { value } = ContentSize.read(input, at);
    contentSize = toNumber(value, { path: 'lz4.contentSize', offset: at });
    at += ContentSize.size;
  }
  const sum = (xxh32(input.subarray(start + Word.size, at)) >>> 8) & 0xff;
  if (at >= input.length) throw cutShort('lz4', 'headerSum', input.length);
  if (input[at] !== sum) {
    throw streamError('lz4', {
      field: 'headerSum',
      offset: at,
      got: input[at] ?? 0,
      wanted: `0x${sum.toString(16)}`,
    });
  }
  return {
    blockSize,
    independent: (flags & FLAG.independent) !== 0,
    contentSize,
    contentSum: (flags & FLAG.contentSum) !== 0,
    blockSum: (flags & FLAG.blockSum) !== 0,
    size: at + 1 - start,
  };
}

const LONG_NIBBLE = 0x8f;

/**
 * Expands all frames of a file; skippable frames are passed over. All check sums are held.
 * @throws FormatError `compress.lz4` for damage, `compress.limit` beyond the cap
 */
export function expandLz4Frames(input: Uint8Array, limit: number): Expanded {
  const out = new Output('lz4', limit);
  let at = expandFrame(input, 0, limit, out);
  for (; at + Word.size <= input.length; ) {
    const { value } = Word.read(input, at);
    if (value === MAGIC) at = expandFrame(input, at, limit, out);
    else if ((value & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) at = afterSkippable(input, at);
    else break;
  }
  return { data: out.finish(), consumed: at };
}

function afterSkippable(input: Uint8Array, at: number): number {
  const end = at + 2 * Word.size + Word.read(input, at + Word.size).value;
  if (end > input.length) throw cutShort('lz4', 'skippable', input.length);
  return end;
}

function expandFrame(input: Uint8Array, start: number, limit: number, out: Output): number {
  const head = readLz4Head(input, start);
  const window = out.length;
  if ((head.contentSize ?? 0) > out.left) throw overLimit('lz4', limit);
  let at = expandBlocks(input, start + head.size, head, out);
  const size = out.length - window;
  if (head.contentSize !== undefined && size !== head.contentSize) {
    throw streamError('lz4', {
      field: 'contentSize',
      offset: start + FrameStart.size,
      got: head.contentSize,
      wanted: `0x${size.toString(16)}, the expanded size`,
    });
  }
  if (head.contentSum) {
    checkSum(input, at, out.since(window), 'contentSum');
    at += Word.size;
  }
  return at;
}

/** @returns where the end mark ends. */
function expandBlocks(input: Uint8Array, from: number, head: Lz4FrameHead, out: Output): number {
  const frame = out.length;
  for (let at = from; ; ) {
    const { value } = Word.read(input, at);
    at += Word.size;
    if (value === 0) return at;
    const size = value % STORED;
    const end = at + size;
    if (size > head.blockSize || end > input.length) {
      const wanted = `at most ${Math.min(head.blockSize, input.length - at)} bytes`;
      throw streamError('lz4', { field: 'block.size', offset: at - Word.size, got: value, wanted });
    }
    const before = out.length;
    const window = head.independent ? before : frame;
    if (value >= STORED) out.push(input.subarray(at, end));
    else expandLz4Block(input, { codec: 'lz4', from: at, to: end, window }, out);
    if (out.length - before > head.blockSize) {
      throw streamError('lz4', {
        field: 'block',
        offset: at,
        got: out.length - before,
        wanted: `at most ${head.blockSize}`,
      });
    }
    if (head.blockSum) checkSum(input, end, input.subarray(at, end), 'block.sum');
    at = end + (head.blockSum ? Word.size : 0);
  }
}

function checkSum(input: Uint8Array, at: number, data: Uint8Array, field: string): void {
  const { value } = Word.read(input, at);
  const sum = xxh32(data);
  if (value !== sum) {
    throw streamError('lz4', {
      field,
      offset: at,
      got: value,
      wanted: `0x${sum.toString(16)}, the XXH32 of the data`,
    });
  }
}

/** Independent blocks of 4 MiB and a content sum: what `lz4` writes for a file. */
const WRITTEN = { flags: VERSION | FLAG.independent | FLAG.contentSum, blockDescriptor: 7 << 4 } as const;

/** Packs parts, taken as one stream, into one lz4 frame. */
export function packLz4Frame(parts: readonly Uint8Array[]): Uint8Array {
  const data = concat(parts);
  const start = FrameStart.write({ magic: MAGIC, ...WRITTEN });
  const headSum = (xxh32(start.subarray(Word.size)) >>> 8) & 0xff;
  const out: Uint8Array[] = [start, Uint8Array.of(headSum)];
  const step = BLOCK_SIZES[WRITTEN.blockDescriptor >> 4] ?? data.length;
  for (let from = 0; from < data.length; from += step) {
    const raw = data.subarray(from, from + step);
    const packed = packLz4Block(raw);
    const stored = packed.length >= raw.length;
    out.push(Word.write({ value: stored ? STORED + raw.length : packed.length }), stored ? raw : packed);
  }
  out.push(Word.write({ value: 0 }), Word.write({ value: xxh32(data) }));
  return concat(out);
}
