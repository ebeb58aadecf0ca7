import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MnxError } from '../binary/index.ts';
import { diskFull } from './archive-failure.ts';

/** What a file is to hold; pieces one after the other. */
export type Content = string | Uint8Array | readonly Uint8Array[];

/**
 * Writes a file so that its name shows the old content or the new one, whole, also after a power cut:
 * temporary name beside it, fsync, rename.
 *
 * @param flush whether it must be whole after a power cut as well: not where the reader sees that it is not
 * @throws MnxError `payload.disk-full` and `payload.write`, naming the file
 */
export async function writeWhole(path: string, content: Content, flush = true): Promise<void> {
  const temporary = join(dirname(path), `.mnx-${basename(path)}-${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx');
    try {
      for (const piece of Array.isArray(content) ? content : [content]) await file.writeFile(piece);
      if (flush) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeFailure(error, path);
  }
}

/** Flushes a file that another program wrote. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

const SYNCS_AT_ONCE = 8;

/**
 * Flushes every file below a folder, so that the folder can be renamed into place and be whole after a power
 * cut. Flushed together they share the disk's commits: 4400 files take 0.8 s.
 */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  let next = 0;
  const work = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) await syncFile(file);
  };
  await Promise.all(Array.from({ length: SYNCS_AT_ONCE }, work));
}

/** Puts a failure of the file system into words; anything else passes through. */
export function writeFailure(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (error instanceof MnxError || code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return diskFull(path, error);
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR') {
    return new MnxError('payload.write', `cannot write ${path} (${code})`, {
      hint: 'Name a cache folder that you may write to with MNX_CACHE.',
      cause: error,
    });
  }
  return error;
}
