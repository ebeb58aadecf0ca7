import { utf8Text } from '../binary/index.ts';
import { type Entry, TYPE_BITS, TYPE_MASK } from './entry.ts';
import type { NewcHeader } from './newc.ts';

/** An entry that is no further name of another. */
export type Stored = Exclude<Entry, { type: 'hardlink' }>;

/** Type by the type bits of a mode; undefined when no type has these. */
export function typeOf({ mode }: Pick<NewcHeader, 'mode'>): Stored['type'] | undefined {
  const types = Object.keys(TYPE_BITS) as Stored['type'][];
  return types.find((type) => TYPE_BITS[type] === (mode & TYPE_MASK));
}

/**
 * Whether a header says that its inode has further names. init/initramfs.c (maybe_link) looks for
 * them from two links on, for all types but folders and symlinks.
 */
export function isLinked(header: NewcHeader): boolean {
  const type = typeOf(header);
  return header.nlink >= 2 && type !== 'directory' && type !== 'symlink';
}

/** What the names of one file have in common. */
export function inodeKey(header: NewcHeader): string {
  return [header.devMajor, header.devMinor, header.ino, typeOf(header)].join(':');
}

/** The kernel has 16 bits for a mode; what stands above them is nothing. */
const PERMISSION_MASK = 0o7777;

/** The entry that a header and its data describe; undefined when the mode is of no type. */
export function decodeEntry(header: NewcHeader, path: string, data: Uint8Array): Stored | undefined {
  const { uid, gid, mtime, rdevMajor, rdevMinor } = header;
  const base = { path, mode: header.mode & PERMISSION_MASK, uid, gid, mtime };
  const type = typeOf(header);
  switch (type) {
    case undefined:
      return undefined;
    case 'file':
      return { ...base, type, data };
    case 'symlink':
      // gen_init_cpio ends a target with NUL, GNU cpio does not; the kernel reads both.
      return { ...base, type, target: utf8Text(data).replace(/\0.*$/s, '') };
    case 'char':
    case 'block':
      return { ...base, type, rdev: { major: rdevMajor, minor: rdevMinor } };
    default:
      return { ...base, type };
  }
}
