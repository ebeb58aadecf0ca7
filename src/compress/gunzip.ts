import { constants, crc32, inflateRawSync } from 'node:zlib';
import { bytes, cString, FormatError, type FormatFault, layout, u8, u16le, u32le } from '../binary/index.ts';
import { overLimit } from './limit.ts';

/** RFC 1952 section 2.3: the fixed head of a member. */
export const GzipHead = layout('gzip', {
  magic: u16le,
  method: u8,
  flags: u8,
  mtime: u32le,
  extraFlags: u8,
  os: u8,
});

/** RFC 1952 section 2.3: what closes a member. */
export const GzipTail = layout('gzip-tail', { crc32: u32le, size: u32le });

const GzipExtra = layout('gzip-extra', { length: u16le });
const GzipHeadCrc = layout('gzip-head-crc', { crc16: bytes(2) });

/** First two bytes of a member, little endian. */
export const GZIP_MAGIC = 0x8b1f;
export const DEFLATE = 8;

/** Flag bits of RFC 1952 section 2.3.1; FTEXT (1) says nothing that matters here. */
const FLAG = { headCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

/** One expanded gzip member. */
export interface Gunzipped {
  readonly data: Uint8Array;
  /** Bytes of the input that the member took; what follows it may be an appended DTB. */
  readonly consumed: number;
}

/**
 * Expands the first gzip member of `input` and says where it ends. CRC and length are checked here,
 * because the kernel and boot loaders check neither.
 *
 * @param options.limit - most bytes to expand
 * @throws FormatError `compress.gzip` for damage, `compress.limit` when more than `limit` bytes come out
 */
export function gunzip(input: Uint8Array, options: { readonly limit: number }): Gunzipped {
  const start = headSize(input);
  const { data, used } = inflate(input.subarray(start), start, options.limit);
  const tail = GzipTail.read(input, start + used);
  const at = start + used;
  const sum = crc32(data);
  if (sum !== tail.crc32) {
    throw damaged({
      field: 'gzip-tail.crc32',
      offset: at + GzipTail.offsets.crc32,
      got: tail.crc32,
      wanted: `0x${sum.toString(16)}, the CRC of the expanded data`,
    });
  }
  if (data.length % 2 ** 32 !== tail.size) {
    throw damaged({
      field: 'gzip-tail.size',
      offset: at + GzipTail.offsets.size,
      got: tail.size,
      wanted: `0x${data.length.toString(16)}, the length of the expanded data`,
    });
  }
  return { data, consumed: at + GzipTail.size };
}

/**
 * What comes out of a member that ends too early, for who must know what a reader has that hands on as it goes.
 *
 * @throws FormatError as {@link gunzip} for a stream that is damaged in itself
 */
export function gunzipCut(input: Uint8Array, options: { readonly limit: number }): Uint8Array {
  const start = headSize(input);
  return inflate(input.subarray(start), start, options.limit, constants.Z_SYNC_FLUSH).data;
}

/** Bytes before the deflate data. */
function headSize(input: Uint8Array): number {
  const head = GzipHead.read(input);
  const wrong = (field: keyof typeof GzipHead.offsets, wanted: string): FormatError =>
    damaged({ field: `gzip.${field}`, offset: GzipHead.offsets[field], got: head[field], wanted });
  if (head.magic !== GZIP_MAGIC) throw wrong('magic', '0x8b1f');
  if (head.method !== DEFLATE) throw wrong('method', '8 (deflate)');
  if ((head.flags & FLAG.reserved) !== 0) throw wrong('flags', 'no reserved flag bits');
  let at = GzipHead.size;
  if (head.flags & FLAG.extra) at += GzipExtra.size + GzipExtra.read(input, at).length;
  if (head.flags & FLAG.name) at = afterString(input, at, 'name');
  if (head.flags & FLAG.comment) at = afterString(input, at, 'comment');
  if (head.flags & FLAG.headCrc) at += GzipHeadCrc.read(input, at).crc16.length;
  return at;
}

function afterString(input: Uint8Array, at: number, field: string): number {
  const end = at + cString(input, at).length;
  if (end >= input.length) {
    throw damaged({ field: `gzip.${field}`, offset: at, got: 'end of input', wanted: 'a NUL' });
  }
  return end + 1;
}

/** What inflateRawSync gives with `info: true`; its typings know only the plain result. */
interface InflateInfo {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** Room for what comes out, piece by piece, where its size is not known before. */
const PIECE = 256 * 1024;
/** No byte of deflate data gives more (zlib's technical details: 1032 to 1). */
const MOST = 1032;

/**
 * What the file says that a member expands to, when it is the last: then all comes out into one room, and is not
 * joined from pieces, which would take twice the memory. Behind another member stands something else, which is
 * believed only as far as it may be.
 */
function statedSize(input: Uint8Array, limit: number): number {
  if (input.length < GzipTail.size) return 0;
  const { size } = GzipTail.read(input, input.length - GzipTail.size);
  return size <= Math.min(limit, input.length * MOST) ? size + 1 : 0;
}

function inflate(
  input: Uint8Array,
  offset: number,
  limit: number,
  finishFlush: number = constants.Z_FINISH,
): { readonly data: Uint8Array; readonly used: number } {
  try {
    const options = {
      info: true,
      maxOutputLength: Math.max(limit, 1),
      finishFlush,
      chunkSize: Math.max(PIECE, statedSize(input, limit)),
    };
    const { buffer, engine } = inflateRawSync(input, options) as unknown as InflateInfo;
    if (buffer.length > limit) throw overLimit('gzip', limit);
    const data = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    return { data, used: engine.bytesWritten };
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw overLimit('gzip', limit);
    throw damaged({ field: 'gzip.data', offset, got: message, wanted: 'a sound deflate stream' }, error);
  }
}

function damaged(fault: FormatFault, cause?: unknown): FormatError {
  return new FormatError('compress.gzip', fault, {
    hint: 'The gzip data is damaged; copy or download the file again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
