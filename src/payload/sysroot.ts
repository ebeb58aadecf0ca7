import { lstatSync, type Stats } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** Several unpacked packages seen as one root file system; the first root that has a name wins. */
export interface Sysroot {
  readonly roots: readonly string[];
  /**
   * Finds a file by its path on the device (`/usr/lib/aarch64-linux-gnu/libc.so.6`). Symbolic links are
   * followed as if the roots were mounted at `/`, never to this machine's own files. `/bin`, `/lib*` and
   * `/sbin` are the folders of that name below `/usr`, as Debian has them.
   *
   * @returns path on this machine, or undefined
   */
  find(path: string): Promise<string | undefined>;
  /** Paths on the device of all files and links below a folder, sorted; folders are not named. */
  list(folder: string): Promise<string[]>;
}

/** Linux gives up after as many links (MAXSYMLINKS). */
const MOST_LINKS = 40;

/** A root file system of folders that lie over one another; the first that has a path counts. */
export function sysroot(roots: readonly string[]): Sysroot {
  return {
    roots,
    find: (path) => findIn(roots, path),
    list: async (folder) => {
      const found = new Set<string>();
      for (const root of roots) {
        for (const way of waysTo(merged(folder))) await collect(join(root, way), way, found);
      }
      return [...found].sort((a, b) => (a < b ? -1 : 1));
    },
  };
}

/** The path without `.` and `..`, with the merged /usr. */
function merged(path: string): string {
  return posix.join('/', path).replace(/^\/(bin|sbin|lib[0-9a-z]*)(?=\/|$)/, '/usr/$1');
}

/** Packages of Debian 12 and older still have files in /lib and /bin. */
function waysTo(path: string): string[] {
  return /^\/usr\/(bin|sbin|lib[0-9a-z]*)(\/|$)/.test(path) ? [path, path.slice('/usr'.length)] : [path];
}

async function findIn(roots: readonly string[], wanted: string): Promise<string | undefined> {
  let rest = namesOf(merged(wanted));
  let at = '/';
  for (let links = 0; links <= MOST_LINKS; ) {
    const [name, ...after] = rest;
    const entry = entryAt(roots, name === undefined ? at : posix.join(at, name));
    if (entry === undefined || name === undefined) return entry?.file;
    if (!entry.stat.isSymbolicLink()) {
      at = posix.join(at, name);
      rest = after;
      continue;
    }
    links += 1;
    const target = posix.resolve(at, await readlink(entry.file));
    rest = [...namesOf(merged(target)), ...after];
    at = '/';
  }
  return undefined;
}

function namesOf(path: string): string[] {
  return path.split('/').filter(Boolean);
}

interface Found {
  readonly file: string;
  readonly stat: Stats;
}

function entryAt(roots: readonly string[], path: string): Found | undefined {
  for (const root of roots) {
    for (const way of waysTo(path)) {
      const stat = statInside(root, way);
      if (stat !== undefined) return { file: join(root, way), stat };
    }
  }
  return undefined;
}

/** lstat that passes through folders of this root only: a link on the way is another root's business. */
function statInside(root: string, path: string): Stats | undefined {
  const names = namesOf(path);
  let at = root;
  let stat = statOf(at);
  for (const name of names) {
    if (stat?.isDirectory() !== true) return undefined;
    at = join(at, name);
    stat = statOf(at);
  }
  return stat;
}

/** At once: a search asks thousands of times, and each trip through the thread pool takes as long as twenty of these. */
function statOf(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

async function collect(folder: string, path: string, into: Set<string>): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const below = posix.join(path, entry.name);
    if (entry.isDirectory()) await collect(join(folder, entry.name), below, into);
    else into.add(merged(below));
  }
}
