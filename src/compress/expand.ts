import { concat, MnxError } from '../binary/index.ts';
import { type Codec, detectCodec } from './codec.ts';
import { gunzip } from './gunzip.ts';
import { overLimit } from './limit.ts';
import { xzStream } from './xz.ts';
import { zstdChunks } from './zstd.ts';

export interface ExpandOptions {
  /** Most bytes to expand; input that holds more is taken for hostile. */
  readonly limit: number;
  /** What the bytes are, where the caller knows better than the magic. */
  readonly codec?: Codec;
}

/**
 * Expands a whole file in memory: gzip (all members), xz, zstd; bytes without a known magic come
 * back as they are.
 *
 * @throws FormatError for damage, `compress.limit` beyond the cap; MnxError `compress.codec` for a codec
 *   that cannot be expanded here
 */
export async function expand(bytes: Uint8Array, options: ExpandOptions): Promise<Uint8Array> {
  const codec = options.codec ?? detectCodec(bytes);
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzipAll(bytes, options.limit);
    case 'xz':
      return collect(xzStream(once(bytes)), 'xz', options.limit);
    case 'zstd':
      return collect(zstdChunks(bytes, options.limit), 'zstd', options.limit);
    default:
      throw new MnxError('compress.codec', `mnx cannot expand ${codec}`, {
        hint: `Expand the file first with the ${codec} tool, then give the expanded file.`,
      });
  }
}

/** All members, as gzip(1) reads them; what follows the last member is left alone. */
function gunzipAll(bytes: Uint8Array, limit: number): Uint8Array {
  const first = gunzip(bytes, { limit });
  const members = [first.data];
  let at = first.consumed;
  let left = limit - first.data.length;
  while (detectCodec(bytes.subarray(at)) === 'gzip') {
    const { data, consumed } = gunzip(bytes.subarray(at), { limit: left });
    members.push(data);
    at += consumed;
    left -= data.length;
  }
  return members.length === 1 ? first.data : concat(members);
}

async function collect(chunks: AsyncIterable<Uint8Array>, codec: Codec, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw overLimit(codec, limit);
    parts.push(chunk);
  }
  return concat(parts);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
