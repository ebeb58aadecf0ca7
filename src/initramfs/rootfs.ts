import type { Stored } from './decode.ts';
import { byPath, type DirectoryEntry, type Entry, parentOf } from './entry.ts';
import { COMPONENT_LIMIT } from './newc.ts';

/** MAXSYMLINKS: as many as the kernel follows on the way of one path. */
const LINK_LIMIT = 40;

/** A file apart from its names. */
interface Inode {
  entry: Stored;
}

interface Folder extends Inode {
  entry: DirectoryEntry;
  readonly names: Map<string, Inode>;
  readonly parent: Folder;
}

/** Where a path leads: a name in a folder that is there, or that folder itself (`.`, `..`, `/`). */
interface Place {
  readonly folder: Folder;
  readonly name: string | undefined;
  /** The path ends in a slash, which only the path of a folder may. */
  readonly slash: boolean;
}

/**
 * The kernel's root file system while it unpacks archives: each call does what the calls of
 * init/initramfs.c do, and answers why something was lost where the kernel says nothing. It starts
 * empty: what the kernel's own built-in archive holds (/dev, /dev/console, /root) is not counted on.
 */
export class Rootfs {
  readonly #root = newRoot();

  /** All names sorted; each with what lies behind it. */
  entries(): Entry[] {
    const found: Entry[] = [];
    const waiting: [string, Folder][] = [['', this.#root]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [above, folder] = next;
      for (const [name, inode] of folder.names) {
        const path = above === '' ? name : `${above}/${name}`;
        found.push({ ...inode.entry, path });
        if (isFolder(inode)) waiting.push([path, inode]);
      }
    }
    return found.sort(byPath);
  }

  /** Makes an entry, as do_name and do_symlink do. @returns why it was lost, or undefined. */
  put(entry: Stored): string | undefined {
    const place = this.#place(entry.path);
    if (place === undefined) return whyNoPlace(entry.path);
    const kept = clean(place, entry.type === 'symlink' ? undefined : entry.type);
    if (kept !== undefined) return kept;
    if (entry.type === 'directory') return this.#makeFolder(place, entry);
    const { folder, name, slash } = place;
    if (name === undefined || slash) return `${JSON.stringify(entry.path)} can be the name of a folder only`;
    const there = folder.names.get(name);
    if (there === undefined) folder.names.set(name, { entry });
    else if (isOtherDevice(entry, there.entry)) return `a ${entry.type} of this path is there already`;
    else there.entry = entry;
    return undefined;
  }

  /** Makes another name for a file that is there, as maybe_link does: what is called so goes first. */
  link(target: string, name: string): string | undefined {
    const place = this.#place(name);
    if (place === undefined) return whyNoPlace(name);
    const kept = clean(place, undefined);
    if (kept !== undefined) return kept;
    const inode = this.#find(target);
    if (inode === undefined && target === name)
      return 'a second name of a file that is called so: the kernel takes that away first';
    if (inode === undefined || isFolder(inode)) return `the file ${target} that it is a name of is not there`;
    if (place.name === undefined || place.slash)
      return `${JSON.stringify(name)} can be the name of a folder only`;
    place.folder.names.set(place.name, inode);
    return undefined;
  }

  /** Gives a file owner, mode and time of its latest header, and content, under all its names. */
  fill(file: Stored & { readonly type: 'file' }, withData: boolean): void {
    const inode = this.#find(file.path);
    if (inode?.entry.type === 'file') inode.entry = withData ? file : { ...file, data: inode.entry.data };
  }

  /** clean_path for an entry that nothing is made of: what is called so goes all the same. */
  remove(path: string): void {
    const place = this.#place(path);
    if (place !== undefined) clean(place, undefined);
  }

  /** init_mkdir, and the owner and mode that a folder gets which is there already. */
  #makeFolder({ folder, name, slash }: Place, entry: DirectoryEntry): string | undefined {
    if (name === undefined) {
      folder.entry = entry;
      return undefined;
    }
    const there = folder.names.get(name);
    if (there === undefined) {
      folder.names.set(name, { entry, names: new Map(), parent: folder } as Folder);
      return undefined;
    }
    const behind = isFolder(there) || !slash ? there : this.#walk([name], { left: LINK_LIMIT }, folder);
    if (behind === undefined || !isFolder(behind)) return 'something that is no folder is in its place';
    behind.entry = entry;
    return undefined;
  }

  #find(path: string): Inode | undefined {
    const place = this.#place(path);
    return place?.name === undefined ? undefined : place.folder.names.get(place.name);
  }

  /** The path with the links of its folders followed; undefined when a folder is missing. */
  #place(path: string): Place | undefined {
    const parts = path.split('/').filter((part) => part !== '');
    if (path === '' || parts.some((part) => Buffer.byteLength(part) > COMPONENT_LIMIT)) return undefined;
    const last = parts.at(-1);
    const named = last !== undefined && last !== '.' && last !== '..';
    const folder = this.#walk(named ? parts.slice(0, -1) : parts, { left: LINK_LIMIT }, this.#root);
    return folder && { folder, name: named ? last : undefined, slash: path.endsWith('/') };
  }

  #walk(parts: readonly string[], links: { left: number }, from: Folder): Folder | undefined {
    let here: Folder | undefined = from;
    for (const part of parts) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        here = here.parent;
        continue;
      }
      here = this.#step(here, here.names.get(part), links);
      if (here === undefined) return undefined;
    }
    return here;
  }

  #step(here: Folder, next: Inode | undefined, links: { left: number }): Folder | undefined {
    if (next === undefined || isFolder(next)) return next;
    if (next.entry.type !== 'symlink' || links.left === 0) return undefined;
    links.left -= 1;
    const { target } = next.entry;
    return this.#walk(target.split('/'), links, target.startsWith('/') ? this.#root : here);
  }
}

function newRoot(): Folder {
  const entry: DirectoryEntry = { type: 'directory', path: '', mode: 0o755 };
  const root = { entry, names: new Map<string, Inode>() } as unknown as Folder & { parent: Folder };
  return Object.assign(root, { parent: root });
}

function isFolder(inode: Inode): inode is Folder {
  return inode.entry.type === 'directory';
}

/** clean_path: what has another type goes, a folder only when it is empty. @returns why it stays */
function clean({ folder, name, slash }: Place, type: Stored['type'] | undefined): string | undefined {
  const there = name === undefined ? undefined : folder.names.get(name);
  if (name === undefined || there === undefined || there.entry.type === type) return undefined;
  if (isFolder(there) && there.names.size > 0) return 'a folder with content is in its place';
  // With a slash behind it, only a folder is found by that path.
  if (isFolder(there) || !slash) folder.names.delete(name);
  return undefined;
}

/** init_mknod makes nothing where something is; that is a loss only when it is another device. */
function isOtherDevice(entry: Stored, there: Stored): boolean {
  if (!('rdev' in entry) || !('rdev' in there)) return false;
  return entry.rdev.major !== there.rdev.major || entry.rdev.minor !== there.rdev.minor;
}

function whyNoPlace(path: string): string {
  if (path === '') return 'an empty name';
  const long = path.split('/').find((part) => Buffer.byteLength(part) > COMPONENT_LIMIT);
  if (long !== undefined)
    return `a name of ${Buffer.byteLength(long)} bytes; file systems take ${COMPONENT_LIMIT}`;
  return `its folder ${parentOf(path)} is not there: the kernel makes no parents`;
}
