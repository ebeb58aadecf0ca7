import { MnxError } from '../binary/index.ts';

/** Bytes that need not be in memory: an array, or a file of which regions are read when wanted. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`; the caller does not write into them. */
  read(offset: number, length: number): Uint8Array;
  /** {@link read} for what is copied on at once: the bytes are good until the next piece of any source is read. */
  piece?(offset: number, length: number): Uint8Array;
}

/** A region of a source. */
export interface ByteRange {
  readonly source: ByteSource;
  readonly offset: number;
  readonly size: number;
}

/** Most bytes that are in memory at once while a range is copied. */
export const COPY_SIZE = 1024 * 1024;

/** An array as a source; what is read are views. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => {
      checkRegion(bytes.length, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/**
 * The bytes of a range, one mebibyte after the other.
 * @param place where they go in the file that is written: pieces end on its whole mebibytes, which the
 *   system's cache takes in one go
 */
export function* readRange({ source, offset, size }: ByteRange, place = 0): Generator<Uint8Array> {
  for (let done = 0; done < size; ) {
    const length = Math.min(COPY_SIZE - ((place + done) % COPY_SIZE), size - done);
    yield source.piece?.(offset + done, length) ?? source.read(offset + done, length);
    done += length;
  }
}

/** All bytes of a range at once; a view where the source is an array. */
export function rangeBytes({ source, offset, size }: ByteRange): Uint8Array {
  return source.read(offset, size);
}

/** An array as a range. */
export function rangeOfBytes(bytes: Uint8Array): ByteRange {
  return { source: sourceOf(bytes), offset: 0, size: bytes.length };
}

/** @throws MnxError `bootimg.range` for a region that is not within the source */
export function checkRegion(size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new MnxError('bootimg.range', `bytes ${offset} to ${offset + length} of ${size} were asked for`);
}
