import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { damaged, overLimit } from './limit.ts';

/**
 * Expands an .xz stream as it arrives (any check type; several streams in a row are not joined,
 * Debian's packages have one).
 *
 * @throws FormatError when the stream is damaged or ends early.
 */
export async function* xzStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { default: library } = await import('xz-decompress');
  const input = Readable.toWeb(Readable.from(source)) as ReadableStream<Uint8Array>;
  const expanded = new library.XzReadableStream(input as never) as unknown as ReadableStream<Uint8Array>;
  try {
    for await (const chunk of expanded) yield chunk;
  } catch (error) {
    throw damaged('xz', 0, error);
  }
}

/** Expands a whole .xz file up to `limit` bytes. */
export async function unxz(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of xzStream(once(bytes))) {
    size += chunk.length;
    if (size > limit) throw overLimit('xz', limit);
    chunks.push(Uint8Array.from(chunk));
  }
  return new Uint8Array(Buffer.concat(chunks));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
