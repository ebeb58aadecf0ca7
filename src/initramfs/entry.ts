import { MnxError, UsageError } from '../binary/index.ts';

interface EntryBase {
  /** Path inside the archive: no leading or trailing `/`, no `.` or `..` component; `.` alone is the root. */
  readonly path: string;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  /** 0 when absent. */
  readonly uid?: number;
  /** 0 when absent. */
  readonly gid?: number;
  /** Seconds since 1970; 0 when absent, so that no clock leaks into an archive. */
  readonly mtime?: number;
}

/** Content, or what stands for it until it is read. */
export interface Sized {
  /** Bytes. */
  readonly length: number;
}

/** Content that stays where it is until an archive is written. */
export interface StoredData extends Sized {
  /** All of it; whoever reads it does not keep it. */
  read(): Uint8Array;
}

export interface FileEntry<D extends Sized = Uint8Array> extends EntryBase {
  readonly type: 'file';
  readonly data: D;
}

export interface DirectoryEntry extends EntryBase {
  readonly type: 'directory';
}

export interface SymlinkEntry extends EntryBase {
  readonly type: 'symlink';
  /** What the link says, relative or absolute. */
  readonly target: string;
}

/** Another name of a file, device or fifo of the same archive. Owner, mode and time are the target's. */
export interface HardlinkEntry {
  readonly type: 'hardlink';
  readonly path: string;
  /** Path of the entry that carries the content; never itself a hard link. */
  readonly target: string;
}

export interface DeviceEntry extends EntryBase {
  readonly type: 'char' | 'block';
  readonly rdev: { readonly major: number; readonly minor: number };
}

export interface SpecialEntry extends EntryBase {
  readonly type: 'fifo' | 'socket';
}

/** One name in an initramfs. */
export type Entry<D extends Sized = Uint8Array> =
  | FileEntry<D>
  | DirectoryEntry
  | SymlinkEntry
  | HardlinkEntry
  | DeviceEntry
  | SpecialEntry;

export type EntryType = Entry['type'];

/** Bits of a mode that tell the type (inode(7)). */
export const TYPE_MASK = 0o170000;

/** Type bits by type; a hard link has those of its target. */
export const TYPE_BITS = {
  fifo: 0o010000,
  char: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
} as const;

/** Plain string order: the same on every machine, and a parent before its children. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** The folder that holds a path; empty for the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** All folders above a path, outermost first: `a/b/c` has `a` and `a/b`. */
export function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** The root folder's own entry, which `find . | cpio -o` puts into archives. */
export const ROOT = '.';

/**
 * A path as archives carry it: `/init`, `./init` and `init/` are `init`; the root itself is `.`.
 * @throws UsageError `initramfs.path` when it is empty, leaves the root or holds a NUL.
 */
export function normalPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 && path !== '') return ROOT;
  if (parts.length === 0 || parts.includes('..') || path.includes('\0')) {
    throw new UsageError('initramfs.path', `${JSON.stringify(path)} is no path inside an initramfs`, {
      hint: 'Name the file by its place below /, without `..`.',
    });
  }
  return parts.join('/');
}

/** The error for a combination of entries that no archive can express. */
export function conflict(path: string, message: string, hint: string): MnxError {
  return new MnxError('initramfs.conflict', `${path}: ${message}`, { hint });
}
