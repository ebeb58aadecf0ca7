import { MnxError } from '../binary/index.ts';
import { type Codec, detectCodec } from './codec.ts';
import { gunzip } from './gunzip.ts';
import { damaged, overLimit } from './limit.ts';
import { unxz } from './xz.ts';

export interface ExpandOptions {
  /** Largest expanded size in bytes; more is a FormatError, so that a bomb ends early. */
  readonly limit: number;
  /** Overrides what the magic says. */
  readonly codec?: Codec;
}

/**
 * Expands a whole file by its magic; bytes without one come back as they are.
 *
 * @throws FormatError when the stream is damaged or too large; MnxError `compress.codec` when mnx
 * cannot expand this codec.
 */
export async function expand(bytes: Uint8Array, { limit, codec }: ExpandOptions): Promise<Uint8Array> {
  const found = codec ?? detectCodec(bytes);
  switch (found) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzip(bytes, { limit }).data;
    case 'xz':
      return unxz(bytes, limit);
    case 'zstd':
      return unzstd(bytes, limit);
    default:
      throw new MnxError('compress.codec', `mnx cannot expand ${found}`, {
        hint: 'Expand the file with its own tool first.',
      });
  }
}

async function unzstd(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const { Decompress } = await import('fzstd');
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream = new Decompress((chunk) => {
    size += chunk.length;
    if (size > limit) throw overLimit('zstd', limit);
    chunks.push(chunk);
  });
  try {
    stream.push(bytes, true);
  } catch (error) {
    if (error instanceof MnxError) throw error;
    throw damaged('zstd', 0, error);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
