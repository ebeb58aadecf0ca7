import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { MnxError } from '../binary/index.ts';
import { type ByteSource, COPY_SIZE, checkRegion } from './source.ts';

/** Up to the largest page. */
const OWN_BUFFER = 128 * 1024;

/** A file as a source; only what is asked for comes into memory. */
export interface FileSource extends ByteSource {
  close(): void;
}

/**
 * Opens a file for reading by regions. The caller closes it.
 * @param options.reuse one buffer for the pieces of what is copied, of all files so opened: each is good until
 *   the next one is asked for. Headers and paddings, which are shorter than any piece but a last one, have their own.
 * @throws the system's error when the file cannot be opened; MnxError `bootimg.range` from `read` when
 * the file became shorter
 */
export function openFileSource(path: string, options: { readonly reuse?: boolean } = {}): FileSource {
  const pieces = options.reuse ? sharedBuffer() : undefined;
  const fd = openSync(path, 'r');
  const { size } = fstatSync(fd);
  return {
    size,
    read: (offset, length) => {
      checkRegion(size, offset, length);
      return readFully(fd, offset, new Uint8Array(length));
    },
    piece: (offset, length) => {
      checkRegion(size, offset, length);
      const shares = pieces !== undefined && length > OWN_BUFFER && length <= COPY_SIZE;
      return readFully(fd, offset, shares ? pieces.subarray(0, length) : new Uint8Array(length));
    },
    close: () => closeSync(fd),
  };
}

let shared: Buffer | undefined;

/** One for all files: a page that is touched the first time costs as much as it does to copy it. */
function sharedBuffer(): Buffer {
  shared ??= Buffer.allocUnsafeSlow(COPY_SIZE);
  return shared;
}

function readFully(fd: number, offset: number, out: Uint8Array): Uint8Array {
  const { length } = out;
  for (let done = 0; done < length; ) {
    const count = readSync(fd, out, done, length - done, offset + done);
    if (count === 0) {
      throw new MnxError('bootimg.range', `the file ended at ${offset + done} while it was read`);
    }
    done += count;
  }
  return out;
}
