import { isUtf8 } from 'node:buffer';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingError, UsageError } from '../binary/index.ts';
import type { Entry } from './entry.ts';

/**
 * Reads a folder to be laid over an archive. Owner is root, times are 0, and of the modes only
 * "executable by its owner" counts (0755 or 0644): a checkout under another umask gives the same bytes.
 * Links are taken as they are; hard links are separate files, as two checkouts may differ in them.
 *
 * @param folder path on this machine.
 * @param skip names to leave out wherever they stand.
 * @throws MissingError `initramfs.overlay` when the folder is not there; UsageError
 * `initramfs.overlay-special` for devices, pipes and sockets, `initramfs.path` for names that are not UTF-8.
 */
export async function readOverlay(
  folder: string,
  skip: (name: string) => boolean = () => false,
): Promise<Entry[]> {
  return readFolder(folder, '', skip);
}

async function readFolder(root: string, below: string, skip: (name: string) => boolean): Promise<Entry[]> {
  const names = await namesIn(join(root, below));
  const entries: Entry[] = [];
  for (const name of names.filter((one) => !skip(one))) {
    const path = below === '' ? name : `${below}/${name}`;
    const entry = await entryAt(root, path);
    entries.push(entry);
    if (entry.type === 'directory') entries.push(...(await readFolder(root, path, skip)));
  }
  return entries;
}

async function namesIn(folder: string): Promise<string[]> {
  const raw = await readdir(folder, { encoding: 'buffer' }).catch((cause: unknown) => {
    throw new MissingError('initramfs.overlay', `cannot read the folder ${folder}`, { cause });
  });
  const foreign = raw.find((name) => !isUtf8(name));
  if (foreign !== undefined) {
    throw new UsageError(
      'initramfs.path',
      `${folder}: the name ${JSON.stringify(foreign.toString())} is not UTF-8`,
    );
  }
  return raw.map((name) => name.toString()).sort();
}

async function entryAt(root: string, path: string): Promise<Entry> {
  const file = join(root, path);
  const stat = await lstat(file);
  if (stat.isDirectory()) return { type: 'directory', path, mode: 0o755 };
  if (stat.isSymbolicLink()) return { type: 'symlink', path, mode: 0o777, target: await readlink(file) };
  if (stat.isFile()) {
    return {
      type: 'file',
      path,
      mode: stat.mode & 0o100 ? 0o755 : 0o644,
      data: new Uint8Array(await readFile(file)),
    };
  }
  throw new UsageError('initramfs.overlay-special', `${file} is a device, pipe or socket`, {
    hint: 'An overlay holds files, folders and links; stage-1 makes devices at boot.',
  });
}
