import { isUtf8 } from 'node:buffer';
import { type Fact, type Format, FormatError, startsWith, utf8Text } from '../binary/index.ts';
import { decodeEntry, inodeKey, isLinked } from './decode.ts';
import { type Entry, normalPath, TYPE_BITS, TYPE_MASK } from './entry.ts';
import {
  type CpioArchive,
  isNewc,
  MAGIC,
  memberSize,
  NewcHeader,
  type NewcMember,
  readMembers,
  TRAILER,
  writeMembers,
} from './newc.ts';
import { isOdc, type OdcMember, readOdc } from './odc.ts';

/**
 * The entries of an archive, or of several behind one another, in their order. A file with several
 * names is one file and hard links to it.
 *
 * @param bytes not compressed; newc, crc or odc.
 * @throws FormatError when the archive is damaged, or a name is not UTF-8 or leaves the root.
 */
export function readCpio(bytes: Uint8Array): Entry[] {
  const members = isOdc(bytes) ? readOdc(bytes).members.map(asNewc) : readMembers(bytes).members;
  const offsets = isOdc(bytes) ? new Map<NewcMember, number>() : offsetsOf(members);
  return archivesOf(members).flatMap((archive) => entriesOf(archive, offsets));
}

/** The old format has one number for both halves of a device: `major << 8 | minor`. */
function asNewc(member: OdcMember): NewcMember {
  const { header, data } = member;
  const { dev, rdev } = header;
  return {
    header: {
      ...header,
      magic: MAGIC.newc,
      devMajor: dev >> 8,
      devMinor: dev & 0xff,
      rdevMajor: rdev >> 8,
      rdevMinor: rdev & 0xff,
      check: 0,
    },
    digits: 'upper',
    name: member.name.subarray(0, -1),
    data,
    gap: 0,
  };
}

/** Where each member's name stands, for errors. */
function offsetsOf(members: readonly NewcMember[]): ReadonlyMap<NewcMember, number> {
  let at = 0;
  return new Map(
    members.map((member) => {
      const start = at + member.gap;
      at = start + memberSize(member);
      return [member, start];
    }),
  );
}

/**
 * cpio newc and crc as every format is offered: nothing interpreted, every byte kept. An archive without
 * its trailer is taken for cut off, though the kernel would read it.
 */
export const cpioFormat: Format<CpioArchive> = {
  name: 'cpio',
  detect: isNewc,
  read: readWhole,
  write: writeMembers,
  describe: describeArchive,
};

function readWhole(bytes: Uint8Array): CpioArchive {
  const archive = readMembers(bytes);
  const last = archive.members.at(-1);
  if (last !== undefined && isTrailer(last.name)) return archive;
  throw new FormatError(
    'initramfs.truncated',
    { field: 'newc.trailer', offset: bytes.length, got: 'end of input', wanted: TRAILER },
    { hint: 'The archive is cut off; copy or pack it again.' },
  );
}

function describeArchive({ members, tail }: CpioArchive): Fact[] {
  const files = members.filter(({ name }) => !isTrailer(name));
  const bytes = members.reduce((sum, { data }) => sum + data.length, 0);
  const facts = [
    { name: 'magic', value: [...new Set(members.map(({ header }) => header.magic))].join(', ') },
    { name: 'archives', value: String(archivesOf(members).length) },
    { name: 'entries', value: String(files.length) },
    { name: 'data', value: `${bytes} bytes` },
    { name: 'tail', value: `${tail} bytes` },
  ];
  const kinds = Object.entries(TYPE_BITS).flatMap(([type, bits]) => {
    const count = files.filter(({ header }) => (header.mode & TYPE_MASK) === bits).length;
    return count === 0 ? [] : [{ name: type, value: String(count) }];
  });
  return [...facts, ...kinds];
}

function isTrailer(name: Uint8Array): boolean {
  return name.length === TRAILER.length && startsWith(name, TRAILER);
}

/** A trailer ends an archive and forgets its hard links; it may also be missing. */
function archivesOf(members: readonly NewcMember[]): NewcMember[][] {
  const archives: NewcMember[][] = [[]];
  for (const member of members) {
    if (isTrailer(member.name)) archives.push([]);
    else archives.at(-1)?.push(member);
  }
  return archives.filter((archive) => archive.length > 0);
}

function entriesOf(archive: readonly NewcMember[], offsets: ReadonlyMap<NewcMember, number>): Entry[] {
  const firstOf = new Map<string, string>();
  const contents = new Map<string, Uint8Array>();
  for (const { header, data } of archive) {
    if (data.length > 0) contents.set(inodeKey(header), data);
  }
  return archive.map((member) => {
    const { header, data } = member;
    const offset = offsets.get(member) ?? 0;
    const path = pathOf(member.name, offset + NewcHeader.size);
    if (!isLinked(header)) return storedOf(member, path, offset);
    const key = inodeKey(header);
    const target = firstOf.get(key);
    if (target !== undefined) return { type: 'hardlink', path, target };
    firstOf.set(key, path);
    return storedOf({ header, data: contents.get(key) ?? data }, path, offset);
  });
}

function pathOf(name: Uint8Array, offset: number): string {
  const text = utf8Text(name);
  if (isUtf8(name) && text !== '' && !text.split('/').includes('..')) return normalPath(text);
  throw new FormatError('initramfs.name', {
    field: 'newc.name',
    offset,
    got: JSON.stringify(text),
    wanted: 'UTF-8 without `..`',
  });
}

function storedOf({ header, data }: Pick<NewcMember, 'header' | 'data'>, path: string, at: number): Entry {
  const entry = decodeEntry(header, path, data);
  if (entry !== undefined) return entry;
  const offset = at + NewcHeader.offsets.mode;
  throw new FormatError('initramfs.mode', {
    field: 'newc.mode',
    offset,
    got: header.mode,
    wanted: 'a file type',
  });
}
