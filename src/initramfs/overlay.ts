import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingError, UsageError, unreadable } from '../binary/index.ts';
import type { Entry, StoredData } from './entry.ts';

/**
 * Reads a folder to be laid over an archive: {@link listFolder} with all content in memory. Hard links are
 * separate files, as two checkouts may differ in them.
 *
 * @param skip names to leave out wherever they stand.
 * @throws as {@link listFolder}
 */
export async function readOverlay(
  folder: string,
  skip: (name: string) => boolean = () => false,
): Promise<Entry[]> {
  const entries = await listFolder(folder, { skip });
  return entries.map((entry) => (entry.type === 'file' ? { ...entry, data: entry.data.read() } : entry));
}

/** How a folder becomes entries. */
export interface FolderOptions {
  /** Names to leave out wherever they stand. */
  readonly skip?: (name: string) => boolean;
  /** Names of one file stay names of one file; else each is a file of its own. */
  readonly hardLinks?: boolean;
}

/**
 * The entries that an archive of a folder has; files are read when they are wanted. Owner is root, times are
 * 0, and of the modes only "executable by its owner" counts (0755 or 0644): a checkout under another umask
 * gives the same bytes. Symbolic links are taken as they are.
 *
 * @param folder path on this machine.
 * @throws MissingError `initramfs.overlay` when the folder is not there; UsageError
 * `initramfs.overlay-special` for devices, pipes and sockets, `initramfs.path` for names that are not UTF-8.
 */
export async function listFolder(
  folder: string,
  { skip = () => false, hardLinks = false }: FolderOptions = {},
): Promise<Entry<StoredData>[]> {
  const first = new Map<string, string>();
  const entries: Entry<StoredData>[] = [];
  const look = async (below: string): Promise<void> => {
    for (const name of await namesIn(join(folder, below))) {
      if (skip(name)) continue;
      const path = below === '' ? name : `${below}/${name}`;
      const { entry, inode } = await entryAt(folder, path);
      const target = hardLinks ? first.get(inode) : undefined;
      if (target === undefined) first.set(inode, path);
      entries.push(
        target === undefined || entry.type !== 'file' ? entry : { type: 'hardlink', path, target },
      );
      if (entry.type === 'directory') await look(path);
    }
  };
  await look('');
  return entries;
}

async function namesIn(folder: string): Promise<string[]> {
  const raw = await readdir(folder, { encoding: 'buffer' }).catch((cause: unknown) => {
    throw new MissingError('initramfs.overlay', `cannot read the folder ${folder}${unreadable(cause)}`, {
      hint: 'Name a folder; its files become files of the ramdisk.',
      cause,
    });
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

/** An entry, and which file of this machine it is. */
async function entryAt(
  root: string,
  path: string,
): Promise<{ readonly entry: Entry<StoredData>; readonly inode: string }> {
  const file = join(root, path);
  const stat = await lstat(file, { bigint: true });
  const inode = `${stat.dev}:${stat.ino}`;
  if (stat.isDirectory()) return { entry: { type: 'directory', path, mode: 0o755 }, inode };
  if (stat.isSymbolicLink()) {
    return { entry: { type: 'symlink', path, mode: 0o777, target: await readlink(file) }, inode };
  }
  if (!stat.isFile()) {
    throw new UsageError('initramfs.overlay-special', `${file} is a device, pipe or socket`, {
      hint: 'A folder gives files, folders and links; stage-1 makes devices at boot.',
    });
  }
  const mode = stat.mode & 0o100n ? 0o755 : 0o644;
  const data = { length: Number(stat.size), read: () => contentOf(file) };
  return { entry: { type: 'file', path, mode, data }, inode };
}

/** A view of what was read: no second copy of a large file. */
function contentOf(file: string): Uint8Array {
  const { buffer, byteOffset, length } = readFileSync(file);
  return new Uint8Array(buffer, byteOffset, length);
}
