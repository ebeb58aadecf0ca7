import { createHash } from 'node:crypto';

export interface StreamDigest {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes that passed. */
  readonly size: number;
}

/** SHA-256 of what a stream gives; nothing is kept in memory. */
export async function digestStream(source: AsyncIterable<Uint8Array>): Promise<StreamDigest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of source) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}

/** Passes a stream on and tells how many bytes have gone by. */
export async function* tapped(
  source: AsyncIterable<Uint8Array>,
  onBytes: (done: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  let done = 0;
  for await (const chunk of source) {
    done += chunk.length;
    onBytes(done);
    yield chunk;
  }
}
