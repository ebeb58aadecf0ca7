import { layout, u8, u32le, viewOf } from '../binary/index.ts';
import { cutShort } from './fault.ts';
import { overLimit } from './limit.ts';
import type { Expanded } from './member.ts';
import { Output } from './output.ts';
import { xxh64Low } from './xxhash.ts';
import { expandBlock, frameState } from './zstd-block.ts';
import { zstdFault } from './zstd-entropy.ts';

/** RFC 8878 3.1.1: how a frame starts. */
const FrameStart = layout('zstd', { magic: u32le, descriptor: u8 });
/** RFC 8878 3.1.1.1.2: present unless the frame is a single segment. */
const WindowByte = layout('zstd-window', { descriptor: u8 });
/** RFC 8878 3.1.2: a frame of user data, which readers skip. */
const SkippableStart = layout('zstd-skippable', { magic: u32le, size: u32le });
/** RFC 8878 3.1.1.2: three bytes, little endian: last (1 bit), type (2), size (21). */
const BlockStart = layout('zstd-block', { low: u8, middle: u8, high: u8 });
const Checksum = layout('zstd-checksum', { value: u32le });

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Bits of the frame header descriptor (RFC 8878 3.1.1.1.1). */
const FLAG = { dictionary: 3, checksum: 4, reserved: 8, singleSegment: 32 } as const;
/** Block types of RFC 8878 3.1.1.2.2. */
const BLOCK = { raw: 0, rle: 1, compressed: 2, reserved: 3 } as const;
/** Blocks are never larger (RFC 8878 3.1.1.2.3). */
const MOST_PER_BLOCK = 128 * 1024;

/** What the header of one frame says. */
export interface ZstdFrame {
  /** Bytes that a reader must keep; the content size of a single segment. */
  readonly window: number;
  /** Expanded size, where the frame declares it. */
  readonly contentSize: number | undefined;
  /** Whether a check sum of the content follows the blocks. */
  readonly checksum: boolean;
  readonly blocks: number;
}

interface Head extends Omit<ZstdFrame, 'blocks'> {
  /** Where the first block begins. */
  readonly blocksAt: number;
}

/**
 * Expands all frames of a zstd file; skippable frames are passed over, bytes behind the last frame
 * are not read. Content size and check sum are held where a frame has them.
 *
 * The window that a frame asks for costs nothing here: the output itself is what matches reach into.
 *
 * @throws FormatError `compress.zstd` for damage, `compress.limit` when more than `limit` bytes come out
 */
export function expandZstd(input: Uint8Array, limit: number): Expanded {
  const out = new Output('zstd', limit);
  const frames = { found: 0 };
  const consumed = eachFrame(input, (at) => {
    frames.found++;
    return expandFrame(input, at, limit, out);
  });
  if (frames.found === 0) throw noFrame(input);
  return { data: out.finish(), consumed };
}

/**
 * The frames of a file, from their headers alone.
 * @throws FormatError `compress.zstd` when one is cut short
 */
export function zstdFrames(input: Uint8Array): ZstdFrame[] {
  const frames: ZstdFrame[] = [];
  eachFrame(input, (at) => {
    const { blocksAt, ...head } = readHead(input, at);
    let blocks = 0;
    const end = eachBlock(input, blocksAt, () => blocks++);
    frames.push({ ...head, blocks });
    return end + (head.checksum ? Checksum.size : 0);
  });
  if (frames.length === 0) throw noFrame(input);
  return frames;
}

/**
 * The frame at the start of the input, from its headers alone: the kernel reads one at a time.
 * @returns its window in bytes, and where it ends
 * @throws FormatError `compress.zstd` when it is damaged or cut short
 */
export function firstZstdFrame(input: Uint8Array): { readonly window: number; readonly end: number } {
  const { blocksAt, window, checksum } = readHead(input, 0);
  const end = eachBlock(input, blocksAt, () => {}) + (checksum ? Checksum.size : 0);
  if (end > input.length) throw cutShort('zstd', 'frame', input.length);
  return { window, end };
}

function noFrame(input: Uint8Array) {
  return zstdFault('magic', 0, input.length === 0 ? 'end of input' : 'no frame', 'a zstd frame');
}

/** Calls `visit` for each frame with data; it gives where the frame ends. @returns the end of the last one. */
function eachFrame(input: Uint8Array, visit: (at: number) => number): number {
  const view = viewOf(input);
  let at = 0;
  while (at + 4 <= input.length) {
    const magic = view.getUint32(at, true);
    if (magic === MAGIC) at = visit(at);
    else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += SkippableStart.size + SkippableStart.read(input, at).size;
    } else break;
    if (at > input.length) throw cutShort('zstd', 'frame', input.length);
  }
  return at;
}

interface Block {
  readonly type: number;
  readonly from: number;
  /** Bytes in the input; for RLE, bytes in the output. */
  readonly size: number;
}

/** @returns where the last block ends. */
function eachBlock(input: Uint8Array, start: number, visit: (block: Block) => void): number {
  let at = start;
  for (let last = false; !last; ) {
    const [low, middle, high] = [input[at], input[at + 1], input[at + 2]];
    if (low === undefined || middle === undefined || high === undefined) {
      throw cutShort('zstd', 'block', input.length);
    }
    const type = (low >> 1) & 3;
    if (type === BLOCK.reserved) throw zstdFault('block.type', at, type, 'raw, RLE or compressed');
    last = (low & 1) === 1;
    const size = (low >> 3) | (middle << 5) | (high << 13);
    const from = at + BlockStart.size;
    at = from + (type === BLOCK.rle ? 1 : size);
    if (at > input.length) throw cutShort('zstd', 'block', input.length);
    visit({ type, from, size });
  }
  return at;
}

function expandFrame(input: Uint8Array, start: number, limit: number, out: Output): number {
  const head = readHead(input, start);
  if ((head.contentSize ?? 0) > out.left) {
    throw overLimit('zstd', limit);
  }
  const state = frameState(out.length);
  const most = Math.min(head.window, MOST_PER_BLOCK);
  const end = eachBlock(input, head.blocksAt, ({ type, from, size }) => {
    if (size > most) throw zstdFault('block.size', from, size, `at most ${most}`);
    if (type === BLOCK.raw) out.push(input.subarray(from, from + size));
    else if (type === BLOCK.rle) out.fill(input[from] ?? 0, size);
    else expandBlock(input, { from, to: from + size, most }, state, out);
  });
  const data = out.since(state.start);
  if (head.contentSize !== undefined && head.contentSize !== data.length) {
    throw zstdFault('contentSize', start, head.contentSize, `${data.length}, the expanded size`);
  }
  if (!head.checksum) return end;
  const { value } = Checksum.read(input, end);
  const sum = xxh64Low(data);
  if (value !== sum) throw zstdFault('checksum', end, value, `0x${sum.toString(16)}, the XXH64 of the data`);
  return end + Checksum.size;
}

function readHead(input: Uint8Array, start: number): Head {
  const { descriptor } = FrameStart.read(input, start);
  if ((descriptor & FLAG.reserved) !== 0) throw zstdFault('descriptor', start, descriptor, 'no reserved bit');
  const single = (descriptor & FLAG.singleSegment) !== 0;
  let at = start + FrameStart.size;
  let window = 0;
  if (!single) {
    window = windowSize(WindowByte.read(input, at).descriptor);
    at += WindowByte.size;
  }
  const dictionary = [0, 1, 2, 4][descriptor & FLAG.dictionary] ?? 0;
  if (input.subarray(at, at + dictionary).some((byte) => byte !== 0)) {
    throw zstdFault('dictionary', at, 'a dictionary', 'none');
  }
  at += dictionary;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const contentSize = sizeBytes === 0 ? undefined : declaredSize(input, at, sizeBytes);
  at += sizeBytes;
  if (at > input.length) throw cutShort('zstd', 'header', input.length);
  return {
    window: single ? (contentSize ?? 0) : window,
    contentSize,
    checksum: (descriptor & FLAG.checksum) !== 0,
    blocksAt: at,
  };
}

/** RFC 8878 3.1.1.1.2: exponent in the upper five bits, mantissa in the lower three. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** RFC 8878 3.1.1.1.4; the two-byte form counts from 256. */
function declaredSize(bytes: Uint8Array, at: number, length: number): number {
  const raw = bytes.subarray(at, at + length);
  const value = raw.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
  return length === 2 ? value + 256 : value;
}
