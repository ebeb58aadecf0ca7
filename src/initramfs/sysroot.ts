import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { normalPath, type SymlinkEntry } from './entry.ts';
import { linkTarget } from './tree.ts';

/** Folders at the root that Debian has moved below `usr/`; packages of before still name the old ones. */
const MERGED = /^(bin|sbin|lib|lib32|lib64|libx32)(?=\/|$)/;
/** As deep as the kernel follows symlinks. */
const LINK_LIMIT = 40;

/** A file that a path leads to, and the links on the way, which must come along. */
export interface Located {
  /** Path with no link in it, in the merged layout. */
  readonly path: string;
  /** Where the file lies on this machine. */
  readonly file: string;
  readonly links: readonly SymlinkEntry[];
}

/** The place of a path when everything lives below `usr/`: `lib/x` is `usr/lib/x`. */
export function mergedPath(path: string): string {
  return normalPath(path).replace(MERGED, 'usr/$1');
}

/**
 * Several folders, each an unpacked package or a whole root, seen as one root; an earlier one hides
 * the same path of a later one. Links are followed inside, never on this machine: an absolute one
 * counts from the common root.
 */
export class Sysroot {
  readonly #folders: readonly string[];

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** Follows a path to a regular file; undefined when it leads to none. */
  async locate(path: string): Promise<Located | undefined> {
    const links: SymlinkEntry[] = [];
    let rest = mergedPath(linkTarget('', path));
    while (links.length <= LINK_LIMIT) {
      const step = this.#walk(rest);
      if (step === undefined) return undefined;
      if (step.link === undefined) return { path: rest, file: step.file, links };
      links.push(step.link);
      rest = step.rest;
    }
    return undefined;
  }

  /** Walks a path up to its end or the first link in it. */
  #walk(path: string): Step | undefined {
    const parts = path.split('/');
    let found: Found | undefined;
    for (let i = 1; i <= parts.length; i++) {
      const here = parts.slice(0, i).join('/');
      found = this.#find(here);
      if (found === undefined) return undefined;
      if (found.target === undefined) continue;
      const behind = mergedPath(linkTarget(found.path, found.target));
      const link = linkEntry(here, found.target, behind);
      return { file: found.file, link, rest: [behind, ...parts.slice(i)].join('/') };
    }
    return found?.isFile ? { file: found.file, link: undefined, rest: '' } : undefined;
  }

  #find(path: string): Found | undefined {
    const old = path.replace(/^usr\//, '');
    const names = old !== path && MERGED.test(old) ? [path, old] : [path];
    for (const folder of this.#folders) {
      for (const name of names) {
        const file = join(folder, name);
        const stat = statOf(file);
        if (stat === undefined) continue;
        const target = stat.isSymbolicLink() ? readlinkSync(file) : undefined;
        return { path: name, file, target, isFile: stat.isFile() };
      }
    }
    return undefined;
  }
}

/** At once: a search asks thousands of times, and each trip through the thread pool takes as long as twenty of these. */
function statOf(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

interface Found {
  /** Path in its folder, where relative links count from. */
  readonly path: string;
  readonly file: string;
  readonly target: string | undefined;
  readonly isFile: boolean;
}

interface Step {
  readonly file: string;
  readonly link: SymlinkEntry | undefined;
  readonly rest: string;
}

/** The link as it stands in the merged layout: unchanged when it still leads to the same place. */
function linkEntry(path: string, target: string, behind: string): SymlinkEntry {
  const same = mergedPath(linkTarget(path, target)) === behind;
  return { type: 'symlink', path, mode: 0o777, target: same ? target : `/${behind}` };
}
