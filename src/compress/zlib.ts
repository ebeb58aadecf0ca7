import { constants, inflateSync } from 'node:zlib';
import { concat, FormatError } from '../binary/index.ts';
import { adler32 } from './adler32.ts';
import { deflateWithPako } from './deflate-engine.ts';
import { damaged, overLimit } from './limit.ts';
import type { Expanded } from './member.ts';

/** RFC 1950 2.2: deflate with a window of 32 KiB, usual level, no dictionary. */
const HEAD = Uint8Array.of(0x78, 0x9c);
const LEVEL = 6;

/** Packs parts, taken as one stream, into a zlib stream (RFC 1950); the bytes depend on the input alone. */
export function zlib(parts: readonly Uint8Array[]): Uint8Array {
  const data = concat(parts);
  const body = deflateWithPako({ data, dictionary: new Uint8Array(0), last: true }, LEVEL);
  const sum = new Uint8Array(4);
  new DataView(sum.buffer).setUint32(0, adler32(data));
  return concat([HEAD, body, sum]);
}

/**
 * Expands a zlib stream (RFC 1950), as dt_table entries carry it.
 * @throws FormatError `compress.damaged`, `compress.limit`
 */
export function unzlib(input: Uint8Array, options: { readonly limit: number }): Expanded {
  const { limit } = options;
  try {
    const settings = { info: true, maxOutputLength: Math.max(limit, 1), finishFlush: constants.Z_FINISH };
    const { buffer, engine } = inflateSync(input, settings) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    if (buffer.length > limit) throw overLimit('zlib', limit);
    const data = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    return { data, consumed: engine.bytesWritten };
  } catch (error) {
    if (error instanceof FormatError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw overLimit('zlib', limit);
    throw damaged('zlib', 0, error);
  }
}
