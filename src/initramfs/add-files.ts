import { MnxError, utf8Text } from '../binary/index.ts';
import { codecFacts, compress, detectCodec, expandMember } from '../compress/index.ts';
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

/** Most bytes that a ramdisk may expand to. */
const LIMIT = 1024 * 1024 * 1024;
const MODE = 0o644;

/**
 * Adds or replaces files of a ramdisk and packs it again in its own codec; all other members stay byte
 * for byte. Folders that are missing are made.
 * @throws FormatError for a damaged ramdisk; MnxError `compress.codec` for a codec that is read only,
 *   `initramfs.conflict` where a path is no plain file
 */
export async function addToRamdisk(ramdisk: Uint8Array, files: readonly AddedFile[]): Promise<Uint8Array> {
  const codec = detectCodec(ramdisk);
  const { data, consumed } = await expandMember(ramdisk, { limit: LIMIT, codec });
  // LG's lz4 closes with the expanded size; what the ramdisk was filled up with does not count.
  const { totalSize } = codecFacts(ramdisk.subarray(0, consumed), codec);
  return compress(codec, [addToArchive(data, files)], { totalSize });
}

/**
 * {@link addToRamdisk} for an archive that is not compressed.
 * @throws FormatError, MnxError `initramfs.conflict`
 */
export function addToArchive(bytes: Uint8Array, files: readonly AddedFile[]): Uint8Array {
  const archive = readMembers(bytes);
  let members = [...archive.members];
  for (const file of files) members = withFile(members, { ...file, path: normalPath(file.path) });
  return writeMembers({ members, tail: archive.tail });
}

function withFile(members: readonly NewcMember[], file: AddedFile): NewcMember[] {
  // Of two members with one name the kernel keeps the later one.
  const at = members.findLastIndex((member) => pathOf(member) === file.path);
  const old = members[at];
  if (old !== undefined) return members.with(at, replaced(old, file));
  const there = new Set(members.map(pathOf));
  const entry: FileEntry = { type: 'file', path: file.path, mode: file.mode ?? MODE, data: file.data };
  const fresh = membersOf([entry]).filter((member) => !there.has(pathOf(member)));
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
