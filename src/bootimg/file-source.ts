import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { MnxError } from '../binary/index.ts';
import { type ByteSource, checkRegion } from './source.ts';

/** A file as a source; only what is asked for comes into memory. */
export interface FileSource extends ByteSource {
  close(): void;
}

/**
 * Opens a file for reading by regions. The caller closes it.
 * @throws the system's error when the file cannot be opened; MnxError `bootimg.range` from `read` when
 * the file became shorter
 */
export function openFileSource(path: string): FileSource {
  const fd = openSync(path, 'r');
  const { size } = fstatSync(fd);
  return {
    size,
    read: (offset, length) => {
      checkRegion(size, offset, length);
      return readFully(fd, offset, length);
    },
    close: () => closeSync(fd),
  };
}

function readFully(fd: number, offset: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = readSync(fd, out, done, length - done, offset + done);
    if (count === 0) {
      throw new MnxError('bootimg.range', `the file ended at ${offset + done} while it was read`);
    }
    done += count;
  }
  return out;
}
