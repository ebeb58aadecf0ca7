import { FormatError, layout, u8, u32le, viewOf } from '../binary/index.ts';
import { overLimit } from './limit.ts';

/** RFC 8878 3.1.1: how a frame starts. */
const FrameStart = layout('zstd', { magic: u32le, descriptor: u8 });
/** RFC 8878 3.1.1.1.2: present unless the frame is a single segment. */
const WindowByte = layout('zstd-window', { descriptor: u8 });
/** RFC 8878 3.1.2: a frame of user data, which readers skip. */
const SkippableStart = layout('zstd-skippable', { magic: u32le, size: u32le });
/** RFC 8878 3.1.1.2: three bytes, little endian: last (1 bit), type (2), size (21). */
const BlockStart = layout('zstd-block', { low: u8, middle: u8, high: u8 });

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const CHECKSUM_SIZE = 4;
/** Block types of RFC 8878 3.1.1.2.2 whose content is not as long as their size says. */
const RLE = 1;
const RESERVED = 3;

interface Frame {
  readonly start: number;
  readonly end: number;
}

/**
 * Expands all frames of a zstd file; skippable frames are passed over, bytes behind the last frame
 * are not read. The optional content checksum is not verified.
 *
 * @throws FormatError `compress.zstd` for damage, `compress.limit` when more than `limit` bytes come out
 *   or a frame asks for a window beyond `limit`
 */
export async function* zstdChunks(bytes: Uint8Array, limit: number): AsyncGenerator<Uint8Array, void, void> {
  const { Decompress } = await import('fzstd');
  for (const frame of framesOf(bytes, limit)) {
    const ready: Uint8Array[] = [];
    const decoder = new Decompress((chunk) => ready.push(chunk));
    for (let at = frame.start; at < frame.end; at += PUSH) {
      const to = Math.min(at + PUSH, frame.end);
      try {
        decoder.push(bytes.subarray(at, to), to === frame.end);
      } catch (error) {
        throw damaged('data', frame.start, (error as Error).message, 'a sound frame', error);
      }
      yield* ready.splice(0);
    }
  }
}

/** Input per step, so that the cap of the caller is looked at often. */
const PUSH = 64 * 1024;

/** The frames with data, in order. */
function framesOf(bytes: Uint8Array, limit: number): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const magic = at + 4 <= bytes.length ? viewOf(bytes).getUint32(at, true) : 0;
    if (magic === MAGIC) {
      const end = frameEnd(bytes, at, limit);
      frames.push({ start: at, end });
      at = end;
    } else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += SkippableStart.size + SkippableStart.read(bytes, at).size;
    } else {
      break;
    }
  }
  if (frames.length === 0) throw damaged('magic', 0, 'no frame', 'a zstd frame');
  return frames;
}

function frameEnd(bytes: Uint8Array, start: number, limit: number): number {
  const { descriptor } = FrameStart.read(bytes, start);
  let at = start + FrameStart.size;
  const single = (descriptor & 0x20) !== 0;
  if (!single) {
    const window = windowSize(WindowByte.read(bytes, at).descriptor);
    if (window > Math.max(limit, MIN_WINDOW)) throw overLimit('zstd', limit);
    at += WindowByte.size;
  }
  at += [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  if (single && declaredSize(bytes, at, contentSize) > limit) throw overLimit('zstd', limit);
  at += contentSize;
  for (let last = false; !last; ) {
    const { low, middle, high } = BlockStart.read(bytes, at);
    last = (low & 1) === 1;
    const type = (low >> 1) & 3;
    if (type === RESERVED) throw damaged('block.type', at, String(type), 'raw, RLE or compressed');
    at += BlockStart.size + (type === RLE ? 1 : (low >> 3) | (middle << 5) | (high << 13));
  }
  const end = at + ((descriptor & 4) === 0 ? 0 : CHECKSUM_SIZE);
  if (end > bytes.length) throw damaged('frame', start, 'end of input', `${end - start} bytes`);
  return end;
}

/** Every reader accepts a window of 8 MiB (RFC 8878 3.1.1.1.2), however small the output may be. */
const MIN_WINDOW = 8 * 1024 * 1024;

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

function damaged(field: string, offset: number, got: string, wanted: string, cause?: unknown): FormatError {
  return new FormatError(
    'compress.zstd',
    { field: `zstd.${field}`, offset, got, wanted },
    {
      hint: 'The zstd data is damaged; copy or download the file again.',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
