import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MnxError } from '../binary/index.ts';
import { type Entry, parentsOf, ROOT } from './entry.ts';

/** What of an archive did not become a file, and why. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** The bits that ls shows; set-user-id and its like are not given to files on somebody's computer. */
const PERMISSIONS = 0o777;
/** So that what is inside a folder can be written. */
const OWNER = 0o700;

/**
 * Writes entries below a folder, and nothing outside it: the paths are those of {@link Entry}, all folders
 * are made here, and links come last, so that nothing is ever written through one. Owners are whoever runs this.
 *
 * @param folder an empty folder that nobody else writes to
 * @returns devices, pipes and sockets, which need root or make no sense here, and names that this file
 *   system refuses
 * @throws MnxError `initramfs.extract` for a path that is none of {@link Entry}
 */
export function extractEntries(entries: readonly Entry[], folder: string): LeftOut[] {
  const left: LeftOut[] = [];
  const attempt = (path: string, make: (place: string) => void): void => {
    const place = placeOf(path, folder);
    const reason = tried(() => make(place));
    if (reason !== undefined) left.push({ path, reason });
  };
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (const parent of parentsOf(path)) makeFolder(parent, folders, attempt);
  }
  for (const entry of entries) {
    if (entry.type === 'directory') makeFolder(entry.path, folders, attempt);
    else if (entry.type === 'file')
      attempt(entry.path, (place) => writeFileSync(place, entry.data, { flag: 'wx' }));
    else if (entry.type !== 'symlink' && entry.type !== 'hardlink')
      left.push({ path: entry.path, reason: `a ${entry.type}: the kernel makes it, not this computer` });
  }
  for (const entry of entries) {
    if (entry.type !== 'hardlink') continue;
    const target = placeOf(entry.target, folder);
    attempt(entry.path, (place) => linkSync(target, place));
  }
  for (const entry of entries) {
    if (entry.type === 'symlink') attempt(entry.path, (place) => symlinkSync(entry.target, place));
  }
  // Innermost first: a folder's time is its own when all in it is done.
  const refused = new Set(left.map(({ path }) => path));
  for (const entry of entries.toReversed()) {
    if ((entry.type !== 'file' && entry.type !== 'directory') || refused.has(entry.path)) continue;
    const owner = entry.type === 'directory' ? OWNER : 0;
    chmodSync(placeOf(entry.path, folder), (entry.mode & PERMISSIONS) | owner);
    utimesSync(placeOf(entry.path, folder), entry.mtime ?? 0, entry.mtime ?? 0);
  }
  return left;
}

type Attempt = (path: string, make: (place: string) => void) => void;

function makeFolder(path: string, made: Set<string>, attempt: Attempt): void {
  if (path === ROOT || made.has(path)) return;
  made.add(path);
  attempt(path, (place) => mkdirSync(place));
}

/** Entries are clean by their type; this is the last thing between a hostile name and the disk. */
function placeOf(path: string, folder: string): string {
  const parts = path.split('/');
  if (
    path !== ROOT &&
    parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))
  ) {
    throw new MnxError('initramfs.extract', `${JSON.stringify(path)} is no path inside a folder`);
  }
  return join(folder, ...parts);
}

/** Names that a file system cannot have: too long, of characters that it lacks, equal to another in its eyes. */
const REFUSALS = ['EEXIST', 'EILSEQ', 'EINVAL', 'ENAMETOOLONG', 'ENOENT'];

/** Why the file system refused a name; anything else that goes wrong ends the work. */
function tried(make: () => void): string | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !REFUSALS.includes(code)) throw error;
    return `this file system refuses it (${code})`;
  }
}
