import { byPath, conflict, type Entry, normalPath, parentOf, ROOT } from './entry.ts';

/** What one contributor brought into an archive: where its bytes went, the largest files first. */
export interface Contribution {
  readonly name: string;
  readonly entries: number;
  /** Bytes of file data, before compression; a file with several names counts once. */
  readonly bytes: number;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/** Who brings an entry (`busybox`, `modules`), and its permission bits where the default will not do. */
export interface Origin {
  readonly from: string;
  readonly mode?: number;
}

interface Node {
  readonly entry: Exclude<Entry, { type: 'hardlink' }>;
  readonly from: string;
  /** Names of one file share this. */
  readonly inode: object;
}

/** As deep as the kernel follows symlinks (MAXSYMLINKS). */
const LINK_LIMIT = 40;

/**
 * The files of an initramfs while it is put together.
 *
 * A path goes where the links in the tree lead: with `lib -> usr/lib` inside, `lib/x` is `usr/lib/x`.
 * The last one who brings a path wins, with three exceptions. A folder that is already there stays
 * with its mode, and so does a link to a folder: an overlay's `root/` must not open what is closed,
 * its `lib/` must not tear the layout apart. And a folder that holds something is replaced by nothing: the kernel
 * would keep the folder and lose the file without a word, so it is an error.
 */
export class FileTree {
  readonly #nodes = new Map<string, Node>();

  addFile(path: string, data: Uint8Array, { from, mode = 0o644 }: Origin): void {
    this.add({ type: 'file', path, mode, data }, from);
  }

  addDirectory(path: string, { from, mode = 0o755 }: Origin): void {
    this.add({ type: 'directory', path, mode }, from);
  }

  addSymlink(path: string, target: string, { from }: Origin): void {
    this.add({ type: 'symlink', path, mode: 0o777, target }, from);
  }

  addNode(path: string, type: 'char' | 'block', device: Origin & { major: number; minor: number }): void {
    const { from, mode = 0o600, major, minor } = device;
    this.add({ type, path, mode, rdev: { major, minor } }, from);
  }

  /** Adds entries in their order, as from an archive or a folder. */
  merge(entries: readonly Entry[], from: string): void {
    for (const entry of entries) this.add(entry, from);
  }

  /**
   * Adds one entry.
   * @throws UsageError `initramfs.path`; MnxError `initramfs.conflict` when it cannot stand where it should.
   */
  add(entry: Entry, from: string): void {
    const path = this.#place(entry.path, from);
    const node = this.#nodeOf(entry, path, from);
    const there = this.#nodes.get(path);
    if (
      node.entry.type === 'directory' &&
      (there?.entry.type === 'directory' || there?.entry.type === 'symlink')
    ) {
      this.#folder(path, from, 0);
      return;
    }
    if (there?.entry.type === 'directory' && this.#isInUse(path)) {
      throw conflict(
        path,
        `${from} brings a ${entry.type} where a folder of ${there.from} holds files`,
        'Give it another name: a folder with content cannot be replaced.',
      );
    }
    this.#nodes.set(path, node);
  }

  /** The entry at a path, links followed up to it; undefined when there is none. */
  get(path: string): Entry | undefined {
    const folder = this.resolve(parentOf(normalPath(path)));
    return folder === undefined ? undefined : this.#nodes.get(joined(folder, nameOf(path)))?.entry;
  }

  /** The path behind all links, the last one included; undefined when a part of it is missing. */
  resolve(path: string): string | undefined {
    return this.#walk(path, 0);
  }

  /** All entries sorted by path; further names of one file are hard links. */
  entries(): Entry[] {
    const first = new Map<object, string>();
    return this.#sorted().map(({ entry, inode }) => {
      const target = first.get(inode);
      if (target === undefined) first.set(inode, entry.path);
      return target === undefined ? entry : { type: 'hardlink', path: entry.path, target };
    });
  }

  /** Who brought each path. */
  origins(): Map<string, string> {
    return new Map(this.#sorted().map(({ entry, from }) => [entry.path, from]));
  }

  /** Who brought how much, the most first. */
  contributions(): Contribution[] {
    const names = [...new Set(this.#sorted().map(({ from }) => from))];
    const list = names.map((name) => this.#contributionOf(name));
    return list.sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
  }

  #sorted(): Node[] {
    return [...this.#nodes.values()].sort((a, b) => byPath(a.entry, b.entry));
  }

  #contributionOf(name: string): Contribution {
    const own = this.#sorted().filter(({ from }) => from === name);
    const firsts = own.filter(({ inode }, i) => own.findIndex((other) => other.inode === inode) === i);
    const files = firsts.flatMap(({ entry }) =>
      entry.type === 'file' ? [{ path: entry.path, bytes: entry.data.length }] : [],
    );
    files.sort((a, b) => b.bytes - a.bytes || byPath(a, b));
    return { name, entries: own.length, bytes: files.reduce((sum, file) => sum + file.bytes, 0), files };
  }

  #nodeOf(entry: Entry, path: string, from: string): Node {
    if (entry.type !== 'hardlink') return { entry: { ...entry, path }, from, inode: {} };
    const target = this.#nodes.get(this.resolve(entry.target) ?? '');
    if (target === undefined || target.entry.type === 'directory') {
      throw conflict(path, `hard link to ${entry.target}, which is no file here`, 'Add the file first.');
    }
    return { entry: { ...target.entry, path }, from, inode: target.inode };
  }

  /** Where a path really goes; folders on the way are made. */
  #place(path: string, from: string, depth = 0): string {
    const above = parentOf(normalPath(path));
    return joined(above === '' ? '' : this.#folder(above, from, depth), nameOf(path));
  }

  /** The folder behind a path, made where it is missing, also behind links that lead to nothing yet. */
  #folder(path: string, from: string, depth: number): string {
    const place = this.#place(path, from, depth);
    const there = this.#nodes.get(place);
    if (there === undefined) {
      this.#nodes.set(place, { entry: { type: 'directory', path: place, mode: 0o755 }, from, inode: {} });
      return place;
    }
    if (there.entry.type === 'directory') return place;
    if (there.entry.type === 'symlink' && depth < LINK_LIMIT) {
      const target = linkTarget(place, there.entry.target);
      return target === '' ? '' : this.#folder(target, from, depth + 1);
    }
    throw conflict(
      place,
      `${from} puts files below it, but it is a ${there.entry.type} of ${there.from}`,
      'Give the folder another name.',
    );
  }

  #walk(path: string, depth: number): string | undefined {
    if (path === '' || path === ROOT) return '';
    if (depth > LINK_LIMIT) return undefined;
    const above = this.#walk(parentOf(path), depth);
    if (above === undefined) return undefined;
    const place = joined(above, nameOf(path));
    const there = this.#nodes.get(place);
    if (there?.entry.type !== 'symlink') return there === undefined ? undefined : place;
    return this.#walk(linkTarget(place, there.entry.target), depth + 1);
  }

  #isInUse(path: string): boolean {
    const prefix = `${path}/`;
    return [...this.#nodes.keys()].some((other) => other.startsWith(prefix));
  }
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Last component of a path. */
function nameOf(path: string): string {
  return normalPath(path).split('/').at(-1) ?? '';
}

/** The path that a link at `path` names, from the root; above the root there is only the root. */
export function linkTarget(path: string, target: string): string {
  const parts = target.startsWith('/') ? [] : parentOf(path).split('/').filter(Boolean);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
