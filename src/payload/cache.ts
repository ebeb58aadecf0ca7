import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { type Content, syncTree, writeFailure, writeWhole } from './atomic.ts';
import { parseResolvedText } from './package.ts';

/** One thing in the cache, for `mnx cache list`. */
export interface CacheEntry {
  readonly kind: CacheKind;
  readonly name: string;
  /** Bytes on disk. */
  readonly size: number;
  /** What it holds, where that is known: package and version. */
  readonly label: string | undefined;
}

/** The folder of everything that was fetched, safe under concurrent processes. */
export interface Cache {
  readonly root: string;
  /** Path inside the cache; the folder above it is made. */
  path(kind: CacheKind, ...names: readonly string[]): Promise<string>;
  /** A new folder for unfinished work, on the same file system. The caller removes it. */
  temporary(): Promise<string>;
  /** Reads a cached text, or undefined. */
  read(kind: CacheKind, name: string): Promise<string | undefined>;
  /** Writes whole or not at all. */
  write(kind: CacheKind, name: string, content: Content): Promise<void>;
  /**
   * The folder `kind/name`, made by `fill` when it is not there: `fill` gets a temporary folder that is
   * renamed when it returns. Of two processes one wins, the other takes what the winner made.
   */
  folder(kind: CacheKind, name: string, fill: (folder: string) => Promise<void>): Promise<string>;
  list(): Promise<CacheEntry[]>;
  /** Removes what the cache made, or only some kinds; bytes freed. Nothing else in the folder is touched. */
  clean(kinds?: readonly CacheKind[]): Promise<number>;
}

/** Subfolders of the cache. */
export const CACHE_KINDS = [
  'apt',
  'builds',
  'debs',
  'drivers',
  'index',
  'keys',
  'lists',
  'parts',
  'resolved',
  'tmp',
  'unpacked',
] as const;
/** Which subfolder: what kind of thing is kept. */
export type CacheKind = (typeof CACHE_KINDS)[number];

/** Who reads these compares a digest first: what a power cut has damaged counts as nothing. */
const CHECKED: ReadonlySet<CacheKind> = new Set(['builds', 'parts']);

/** The cache in MNX_CACHE, else XDG_CACHE_HOME/mnx, else ~/.cache/mnx. Nothing is made before it is needed. */
export function openCache(options: { readonly root?: string } = {}): Cache {
  return new FolderCache(resolve(options.root ?? defaultRoot()));
}

function defaultRoot(): string {
  const own = process.env['MNX_CACHE'];
  if (own !== undefined && own !== '') return own;
  const xdg = process.env['XDG_CACHE_HOME'] ?? '';
  // The XDG specification ignores relative paths.
  return join(isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'mnx');
}

class FolderCache implements Cache {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async path(kind: CacheKind, ...names: readonly string[]): Promise<string> {
    const path = join(this.root, kind, ...names);
    await makeFolder(dirname(path));
    return path;
  }

  async temporary(): Promise<string> {
    await this.#sweep();
    const name = `${hostname()}_${process.pid}_${randomBytes(6).toString('hex')}`;
    const folder = join(this.root, 'tmp', name);
    await makeFolder(folder);
    return folder;
  }

  async read(kind: CacheKind, name: string): Promise<string | undefined> {
    return readFile(join(this.root, kind, name), 'utf8').catch(() => undefined);
  }

  async write(kind: CacheKind, name: string, content: Content): Promise<void> {
    await writeWhole(await this.path(kind, name), content, !CHECKED.has(kind));
  }

  async folder(kind: CacheKind, name: string, fill: (folder: string) => Promise<void>): Promise<string> {
    const path = await this.path(kind, name);
    if (await exists(path)) return path;
    const work = await this.temporary();
    try {
      const fresh = join(work, 'new');
      await makeFolder(fresh);
      await fill(fresh);
      await syncTree(fresh);
      await rename(fresh, path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
      return path;
    } catch (error) {
      throw writeFailure(error, path);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  async list(): Promise<CacheEntry[]> {
    const labels = await this.#labels();
    const entries: CacheEntry[] = [];
    const seen = new Set<string>();
    for (const kind of CACHE_KINDS) {
      for (const name of await names(join(this.root, kind))) {
        const size = await sizeOf(join(this.root, kind, name), seen);
        entries.push({ kind, name, size, label: labels.get(name.replace(/\.deb$/, '')) });
      }
    }
    return entries;
  }

  async clean(kinds: readonly CacheKind[] = CACHE_KINDS): Promise<number> {
    let freed = 0;
    const seen = new Set<string>();
    for (const kind of kinds) {
      const folder = join(this.root, kind);
      freed += await sizeOf(folder, seen);
      await rm(folder, { recursive: true, force: true });
    }
    return freed;
  }

  /** Package, version and architecture by hash, from what was resolved. */
  async #labels(): Promise<Map<string, string>> {
    const labels = new Map<string, string>();
    for (const name of await names(join(this.root, 'resolved'))) {
      const found = parseResolvedText(await this.read('resolved', name));
      if (found !== undefined) labels.set(found.sha256, `${found.name} ${found.version} ${found.arch}`);
    }
    return labels;
  }

  /** Removes what killed processes of this machine left behind more than an hour ago. */
  async #sweep(): Promise<void> {
    const folder = join(this.root, 'tmp');
    for (const name of await names(folder)) {
      const [host, pid] = name.split('_');
      if (host !== hostname() || isAlive(Number(pid))) continue;
      const stat = await lstat(join(folder, name)).catch(() => undefined);
      if (stat === undefined || Date.now() - stat.mtimeMs < 3_600_000) continue;
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw writeFailure(error, path);
  });
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function names(folder: string): Promise<string[]> {
  const found = await readdir(folder).catch(() => []);
  return found.sort((a, b) => (a < b ? -1 : 1));
}

/** Bytes below a path; a file with several names counts once for a `seen`. */
async function sizeOf(path: string, seen: Set<string>): Promise<number> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) {
    const inode = `${stat.dev} ${stat.ino}`;
    if (stat.nlink > 1 && seen.has(inode)) return 0;
    if (stat.nlink > 1) seen.add(inode);
    return stat.size;
  }
  let size = 0;
  for (const name of await names(path)) size += await sizeOf(join(path, name), seen);
  return size;
}
