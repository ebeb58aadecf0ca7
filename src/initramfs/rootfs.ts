import type { Stored } from './decode.ts';
import { byPath, type Entry, parentOf } from './entry.ts';
import { COMPONENT_LIMIT } from './newc.ts';
import { linkTarget } from './tree.ts';

const LINK_LIMIT = 40;

/** A file apart from its names. */
interface Inode {
  entry: Stored;
}

/**
 * The kernel's root file system while it unpacks archives: each call does what the calls of
 * init/initramfs.c do, and answers why something was lost where the kernel says nothing. It starts
 * empty: what the kernel's own built-in archive holds (/dev, /dev/console, /root) is not counted on.
 */
export class Rootfs {
  readonly #nodes = new Map<string, Inode>();

  /** All names sorted; each with what lies behind it. */
  entries(): Entry[] {
    const entries = [...this.#nodes].map(([path, { entry }]) => ({ ...entry, path }));
    return entries.sort(byPath);
  }

  /** Makes an entry, as do_name and do_symlink do. @returns why it was lost, or undefined. */
  put(entry: Stored): string | undefined {
    const path = this.#place(entry.path);
    if (path === undefined) return this.#whyNoPlace(entry.path);
    if (path === '') return undefined;
    const kept = this.#clean(path, entry.type);
    if (kept !== undefined) return kept;
    const there = this.#nodes.get(path);
    if (there === undefined) this.#nodes.set(path, { entry });
    else if (entry.type === 'file' || entry.type === 'directory') there.entry = entry;
    else return `a ${entry.type} of this path is there already`;
    return undefined;
  }

  /** Makes another name for a file that is there, as maybe_link does. */
  link(target: string, name: string): string | undefined {
    const path = this.#place(name);
    if (path === undefined) return this.#whyNoPlace(name);
    const inode = this.#nodes.get(this.#place(target) ?? '');
    if (inode === undefined) return `the file ${target} that it is a name of is not there`;
    const kept = this.#clean(path, undefined);
    if (kept === undefined) this.#nodes.set(path, inode);
    return kept;
  }

  /** Gives a file content, under all its names. */
  fill(name: string, data: Uint8Array): void {
    const inode = this.#nodes.get(this.#place(name) ?? '');
    if (inode?.entry.type === 'file') inode.entry = { ...inode.entry, data };
  }

  /** clean_path: what has another type goes, a folder only when it is empty. */
  #clean(path: string, type: Stored['type'] | undefined): string | undefined {
    const there = this.#nodes.get(path)?.entry;
    if (there === undefined || (there.type === type && type !== 'symlink')) return undefined;
    if (there.type === 'directory' && this.#isInUse(path)) return 'a folder with content is in its place';
    this.#nodes.delete(path);
    return undefined;
  }

  /** The path with the links of its folders followed; undefined when a folder is missing. */
  #place(path: string): string | undefined {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.some((part) => Buffer.byteLength(part) > COMPONENT_LIMIT)) return undefined;
    const name = parts.pop();
    const folder = this.#folder(parts, 0);
    if (name === undefined || folder === undefined) return folder;
    if (name === '..') return parentOf(folder);
    return folder === '' ? name : `${folder}/${name}`;
  }

  #folder(parts: readonly string[], depth: number): string | undefined {
    let here = '';
    for (const part of parts) {
      if (part === '..') {
        here = parentOf(here);
        continue;
      }
      const next = here === '' ? part : `${here}/${part}`;
      const node = this.#nodes.get(next)?.entry;
      if (node?.type === 'directory') here = next;
      else if (node?.type === 'symlink' && depth < LINK_LIMIT) {
        const target = linkTarget(next, node.target).split('/').filter(Boolean);
        const behind = this.#folder(target, depth + 1);
        if (behind === undefined) return undefined;
        here = behind;
      } else return undefined;
    }
    return here;
  }

  #whyNoPlace(path: string): string {
    const long = path.split('/').find((part) => Buffer.byteLength(part) > COMPONENT_LIMIT);
    if (long !== undefined)
      return `a name of ${Buffer.byteLength(long)} bytes; file systems take ${COMPONENT_LIMIT}`;
    return `its folder ${parentOf(path)} is not there: the kernel makes no parents`;
  }

  #isInUse(path: string): boolean {
    const prefix = `${path}/`;
    return [...this.#nodes.keys()].some((other) => other.startsWith(prefix));
  }
}
