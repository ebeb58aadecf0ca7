import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MnxError } from '../binary/index.ts';

/**
 * Writes a file so that under its name there is either the old content or the new, whole:
 * temporary name in the same folder, fsync, rename. The mode follows the umask, as a person expects
 * of an output; the bytes do not.
 */
export async function writeAtomically(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const target = resolve(path);
  await refuseFolder(target);
  const folder = dirname(target);
  const temporary = join(folder, `.mnx-${basename(target)}-${randomBytes(6).toString('hex')}`);
  try {
    await writeWhole(temporary, pieces);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function refuseFolder(target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory()) {
    throw new MnxError('recipe.output-is-folder', `${target} is a folder`, {
      hint: 'Name a file with -o.',
      exitCode: 2,
    });
  }
}

async function writeWhole(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const piece of pieces) await writePiece(file, piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A write may be short; what is missing is written again until the disk says no. */
async function writePiece(file: Awaited<ReturnType<typeof open>>, piece: Uint8Array): Promise<void> {
  let at = 0;
  while (at < piece.length) {
    const { bytesWritten } = await file.write(piece, at, piece.length - at);
    at += bytesWritten;
  }
}

/** Makes the rename itself durable; file systems that cannot sync a folder are left alone. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
