import { concat, MnxError, utf8Text } from '../binary/index.ts';
import { compress } from '../compress/index.ts';
import { archivesOf, isFiller } from './archives.ts';
import { type FileEntry, normalPath, TYPE_BITS, TYPE_MASK } from './entry.ts';
import { MAGIC, type NewcMember, newcSum, readMembers, TRAILER, writeMembers } from './newc.ts';
import { membersOf } from './record.ts';

/** A file for an archive that is there already. */
export interface AddedFile {
  readonly path: string;
  readonly data: Uint8Array;
  /** Permission bits; default: those of the file that it replaces, else 0644. */
  readonly mode?: number;
}

const MODE = 0o644;

/**
 * Adds or replaces files of a ramdisk: in the last of its archives, which is packed again in its own codec, because
 * the kernel unpacks one over the other. The archives before it and all other members stay byte for byte. Folders
 * that are missing are made.
 * @throws FormatError for a damaged ramdisk; MnxError `initramfs.conflict` where a path is no plain file
 */
export async function addToRamdisk(ramdisk: Uint8Array, files: readonly AddedFile[]): Promise<Uint8Array> {
  const { archives, rest } = await archivesOf(ramdisk);
  const last = archives.at(-1);
  const before = new Map<string, NewcMember>();
  for (const { data } of archives.slice(0, -1)) {
    for (const member of readMembers(data).members) before.set(pathOf(member), member);
  }
  const data = addTo(last?.data ?? new Uint8Array(0), files, before);
  const { codec = 'none', totalSize = false, start = 0 } = last ?? {};
  const packed = await compress(codec, [data], { totalSize });
  // What the ramdisk was filled up with does not count; a boot configuration does.
  return concat([ramdisk.subarray(0, start), packed, isFiller(rest) ? new Uint8Array(0) : rest]);
}

/**
 * {@link addToRamdisk} for an archive that is not compressed.
 * @throws FormatError, MnxError `initramfs.conflict`
 */
export function addToArchive(bytes: Uint8Array, files: readonly AddedFile[]): Uint8Array {
  return addTo(bytes, files, new Map());
}

type Known = ReadonlyMap<string, NewcMember>;

/** @param before members of the archives in front of this one, by path */
function addTo(bytes: Uint8Array, files: readonly AddedFile[], before: Known): Uint8Array {
  const archive = readMembers(bytes);
  let members = [...archive.members];
  for (const file of files) members = withFile(members, { ...file, path: normalPath(file.path) }, before);
  return writeMembers({ members, tail: archive.tail });
}

function withFile(members: readonly NewcMember[], file: AddedFile, before: Known): NewcMember[] {
  // Of two members with one name the kernel keeps the later one.
  const at = members.findLastIndex((member) => pathOf(member) === file.path);
  const old = members[at];
  if (old !== undefined) return members.with(at, replaced(old, file));
  const covered = before.get(file.path);
  // What is covered may be a link as little as what is replaced.
  const bits = covered === undefined ? undefined : replaced(covered, file).header.mode & ~TYPE_MASK;
  const mode = file.mode ?? bits ?? MODE;
  const there = new Set(members.map(pathOf));
  const entry: FileEntry = { type: 'file', path: file.path, mode, data: file.data };
  // A folder that comes again would take the mode of the one that is there.
  const fresh = membersOf([entry]).filter((member) => {
    const path = pathOf(member);
    return path === file.path || !(there.has(path) || before.has(path));
  });
  const last = members.findLastIndex(isTrailer);
  const place = last < 0 ? members.length : last;
  return members.toSpliced(place, 0, ...numbered(fresh, members));
}

function replaced(old: NewcMember, { path, data, mode }: AddedFile): NewcMember {
  const { header } = old;
  if ((header.mode & TYPE_MASK) !== TYPE_BITS.file || header.nlink > 1) {
    const what = header.nlink > 1 ? 'has several names (hard links)' : 'is no plain file';
    throw new MnxError('initramfs.conflict', `${path} in the ramdisk ${what}`, {
      hint: 'Name another path, or take the ramdisk apart and pack it again.',
    });
  }
  const bits = mode === undefined ? header.mode : TYPE_BITS.file | mode;
  const check = header.magic === MAGIC.crc ? newcSum(data) : header.check;
  return { ...old, header: { ...header, mode: bits, fileSize: data.length, check }, data };
}

/** Inodes that the archive does not have, its magic and its digits. */
function numbered(fresh: readonly NewcMember[], members: readonly NewcMember[]): NewcMember[] {
  const next = 1 + members.reduce((most, { header }) => Math.max(most, header.ino), 0);
  const [model] = members;
  const magic = model?.header.magic ?? MAGIC.newc;
  return fresh.map((member, i) => ({
    ...member,
    digits: model?.digits ?? member.digits,
    header: {
      ...member.header,
      magic,
      ino: next + i,
      check: magic === MAGIC.crc ? newcSum(member.data) : 0,
    },
  }));
}

function isTrailer(member: NewcMember): boolean {
  return utf8Text(member.name) === TRAILER;
}

/** Archives name a file `init`, `./init` or `/init`. */
function pathOf({ name }: NewcMember): string {
  return utf8Text(name).replace(/^(?:\.?\/+)+/, '');
}
