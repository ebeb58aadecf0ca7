import { MnxError, utf8 } from '../binary/index.ts';
import {
  byPath,
  type Entry,
  type HardlinkEntry,
  normalPath,
  parentsOf,
  ROOT,
  type Sized,
  TYPE_BITS,
} from './entry.ts';
import { COMPONENT_LIMIT, MAGIC, NAME_LIMIT, type NewcMember, TRAILER } from './newc.ts';

/**
 * Device number of every member. gen_init_cpio of the kernel writes the same; it tells nothing, only
 * hard links compare it.
 */
const DEVICE = { major: 3, minor: 1 } as const;
/** A 32-bit field of eight hex digits. */
const FIELD_LIMIT = 2 ** 32;
/** new_encode_dev: 12 bits of major, 20 bits of minor. */
const RDEV_LIMIT = { major: 2 ** 12, minor: 2 ** 20 } as const;
/** Folders that nobody declared. */
const PARENT_MODE = 0o755;

/**
 * The members of an archive, ready to be written: sorted, parents before children, inodes counted
 * from 1, link counts right, everything within what init/initramfs.c reads.
 * @param isLate of a path that is no folder's: whether it stands behind all others.
 * @throws MnxError `initramfs.conflict`, `initramfs.name`, `initramfs.size`, `initramfs.rdev`, `initramfs.field`.
 */
export function membersOf<D extends Sized = Uint8Array>(
  entries: readonly Entry<D>[],
  isLate: (path: string) => boolean = () => false,
): NewcMember<D | Uint8Array>[] {
  const all = withParents(entries);
  const late = (entry: Entry<D>) => entry.type !== 'directory' && isLate(entry.path);
  const sorted = [...all.filter((entry) => !late(entry)), ...all.filter(late)];
  const groups = linkGroups(sorted);
  const inodes = new Map<string, number>();
  const written = new Set<string>();
  return sorted.map((entry) => {
    const main = mainOf(entry, groups);
    const ino = inodes.get(main.path) ?? inodes.size + 1;
    inodes.set(main.path, ino);
    const first = !written.has(main.path);
    written.add(main.path);
    const nlink = groups.get(main.path)?.names ?? 1;
    return memberOf(main, { path: entry.path, ino, nlink, withData: first });
  });
}

/** The member that ends an archive, as GNU cpio and cpio-stream write it. */
export function trailerMember(): NewcMember {
  return member(utf8(TRAILER), new Uint8Array(), { nlink: 1 });
}

type Main<D extends Sized> = Exclude<Entry<D>, HardlinkEntry>;

interface Group<D extends Sized> {
  readonly main: Main<D>;
  names: number;
}

/** Sorted entries with normal paths; folders that nobody declared are added. */
function withParents<D extends Sized>(entries: readonly Entry<D>[]): Entry<D>[] {
  const byName = new Map<string, Entry<D>>();
  for (const entry of entries) {
    const path = archivePath(entry);
    if (byName.has(path)) {
      throw new MnxError('initramfs.conflict', `${path}: two entries have this path`);
    }
    byName.set(path, entry.path === path ? entry : { ...entry, path });
  }
  for (const path of [...byName.keys()]) {
    for (const parent of parentsOf(path)) addParent(byName, parent, path);
  }
  return [...byName.values()].sort(byPath);
}

function archivePath(entry: Entry<Sized>): string {
  const path = normalPath(entry.path);
  if (path === TRAILER || (path === ROOT && entry.type !== 'directory')) {
    throw new MnxError('initramfs.conflict', `${path}: no ${entry.type} can have this name in an archive`);
  }
  return path;
}

/** The kernel makes no parents: what lies in a missing folder vanishes without a word. */
function addParent<D extends Sized>(byName: Map<string, Entry<D>>, parent: string, child: string): void {
  const there = byName.get(parent);
  if (there === undefined) {
    byName.set(parent, { path: parent, type: 'directory', mode: PARENT_MODE });
  } else if (there.type !== 'directory') {
    throw new MnxError('initramfs.conflict', `${child}: ${parent} is a ${there.type}, not a directory`, {
      hint: `Put the entry where ${parent} leads to; a FileTree does that.`,
    });
  }
}

function linkGroups<D extends Sized>(entries: readonly Entry<D>[]): Map<string, Group<D>> {
  const groups = new Map<string, Group<D>>();
  for (const entry of entries) {
    if (entry.type !== 'hardlink') groups.set(entry.path, { main: entry, names: 1 });
  }
  for (const entry of entries) {
    if (entry.type !== 'hardlink') continue;
    const group = groups.get(normalPath(entry.target));
    if (group === undefined || group.main.type === 'directory' || group.main.type === 'symlink') {
      throw new MnxError(
        'initramfs.conflict',
        `${entry.path}: hard link to ${entry.target}, which is no file here`,
      );
    }
    group.names++;
  }
  return groups;
}

function mainOf<D extends Sized>(entry: Entry<D>, groups: ReadonlyMap<string, Group<D>>): Main<D> {
  if (entry.type !== 'hardlink') return entry;
  const group = groups.get(normalPath(entry.target));
  if (group === undefined) throw new MnxError('initramfs.conflict', `${entry.path}: link without target`);
  return group.main;
}

interface Place {
  readonly path: string;
  readonly ino: number;
  readonly nlink: number;
  /** Data stands once, on the first name of a file. */
  readonly withData: boolean;
}

function memberOf<D extends Sized>(
  main: Main<D>,
  { path, ino, nlink, withData }: Place,
): NewcMember<D | Uint8Array> {
  const name = nameOf(path);
  const rdev = main.type === 'char' || main.type === 'block' ? main.rdev : { major: 0, minor: 0 };
  expectRange(path, 'rdev', rdev.major, RDEV_LIMIT.major);
  expectRange(path, 'rdev', rdev.minor, RDEV_LIMIT.minor);
  expectRange(path, 'mode', main.mode, 0o10000);
  const { uid = 0, gid = 0, mtime = 0 } = main;
  for (const value of [uid, gid, mtime]) expectRange(path, 'field', value, FIELD_LIMIT);
  const mode = TYPE_BITS[main.type] | main.mode;
  const numbers = { ino, mode, uid, gid, nlink, mtime, rdevMajor: rdev.major, rdevMinor: rdev.minor };
  return member<D | Uint8Array>(name, withData ? contentOf(path, main) : new Uint8Array(), {
    ...numbers,
    devMajor: DEVICE.major,
    devMinor: DEVICE.minor,
  });
}

/** The name in bytes; longer ones the kernel skips without a word. */
function nameOf(path: string): Uint8Array {
  const name = utf8(path);
  const part = path.split('/').find((one) => Buffer.byteLength(one) > COMPONENT_LIMIT);
  if (name.length < NAME_LIMIT && part === undefined) return name;
  const bytes = part === undefined ? name.length : Buffer.byteLength(part);
  const limit = part === undefined ? NAME_LIMIT - 1 : COMPONENT_LIMIT;
  throw new MnxError('initramfs.name', `${path.slice(0, 60)}...: a name of ${bytes} bytes`, {
    hint: `The kernel loses names over ${limit} bytes without a word.`,
  });
}

function contentOf<D extends Sized>(path: string, main: Main<D>): D | Uint8Array {
  if (main.type === 'symlink') return targetBytes(path, main.target);
  if (main.type !== 'file') return new Uint8Array();
  expectRange(path, 'size', main.data.length, FIELD_LIMIT);
  return main.data;
}

function targetBytes(path: string, target: string): Uint8Array {
  const bytes = utf8(target);
  if (bytes.length > 0 && bytes.length < NAME_LIMIT && !target.includes('\0')) return bytes;
  throw new MnxError('initramfs.name', `${path}: a link target of ${bytes.length} bytes or with a NUL`, {
    hint: `The kernel takes 1 to ${NAME_LIMIT - 1} bytes.`,
  });
}

function expectRange(path: string, what: string, value: number, limit: number): void {
  if (Number.isInteger(value) && value >= 0 && value < limit) return;
  throw new MnxError(`initramfs.${what}`, `${path}: ${what} ${value} is not in 0 to ${limit - 1}`);
}

function member<D extends Sized>(
  name: Uint8Array,
  data: D,
  numbers: Partial<NewcMember['header']>,
): NewcMember<D> {
  const header = {
    magic: MAGIC.newc,
    ino: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    nlink: 0,
    mtime: 0,
    fileSize: data.length,
    devMajor: 0,
    devMinor: 0,
    rdevMajor: 0,
    rdevMinor: 0,
    nameSize: name.length + 1,
    check: 0,
    ...numbers,
  };
  return { header, digits: 'upper', name, data, gap: 0 };
}
