import {
  concat,
  cString,
  expectSize,
  FormatError,
  hex8,
  type LayoutValue,
  latin1,
  layout,
  padded,
  padding,
  startsWith,
  utf8Text,
} from '../binary/index.ts';
import { type Sized, TYPE_BITS, TYPE_MASK } from './entry.ts';

/** Header of one member, all numbers eight hex digits (cpio(5) "New ASCII", kernel buffer-format.rst). */
export const NewcHeader = expectSize(
  layout('newc', {
    magic: padded(6),
    ino: hex8,
    mode: hex8,
    uid: hex8,
    gid: hex8,
    nlink: hex8,
    mtime: hex8,
    fileSize: hex8,
    devMajor: hex8,
    devMinor: hex8,
    rdevMajor: hex8,
    rdevMinor: hex8,
    nameSize: hex8,
    check: hex8,
  }),
  110,
);
export type NewcHeader = LayoutValue<typeof NewcHeader>;

/** Plain members, and members whose `check` holds the sum of their data bytes, of files only. */
export const MAGIC = { newc: '070701', crc: '070702' } as const;
/** Ends an archive; another one may follow. */
export const TRAILER = 'TRAILER!!!';
/** PATH_MAX: the longest name with its NUL that init/initramfs.c takes; a longer one is skipped silently. */
export const NAME_LIMIT = 4096;
/** NAME_MAX: the longest name between two slashes in ramfs and tmpfs. */
export const COMPONENT_LIMIT = 255;
/** Names and data end on a multiple of this, counted from the archive's start. */
const UNIT = 4;

/** One member as it stands in the archive, nothing interpreted. */
export interface NewcMember<D extends Sized = Uint8Array> {
  readonly header: NewcHeader;
  /** `lower` when the header's hex digits are a-f: mkbootfs writes those, most others A-F. */
  readonly digits: 'upper' | 'lower';
  /** Name without its NULs, as bytes. */
  readonly name: Uint8Array;
  readonly data: D;
  /** NULs before the header: what separates concatenated archives. */
  readonly gap: number;
}

/** A whole archive, or several behind one another. */
export interface CpioArchive {
  readonly members: readonly NewcMember[];
  /** NULs behind the last member. */
  readonly tail: number;
}

/** Whether bytes start as a newc or crc archive. */
export function isNewc(bytes: Uint8Array): boolean {
  return startsWith(bytes, MAGIC.newc) || startsWith(bytes, MAGIC.crc);
}

/** The first six bytes of a header, whatever they are. */
export function magicAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.subarray(at, at + NewcHeader.offsets.ino)).toString('latin1');
}

/** Sum of the data bytes modulo 2^32, which `070702` members carry. */
export function newcSum(data: Uint8Array): number {
  let sum = 0;
  for (const byte of data) sum = (sum + byte) >>> 0;
  return sum;
}

/**
 * Takes an archive apart, strictly: every byte is accounted for, so that {@link writeMembers} gives
 * the same bytes back.
 * @throws FormatError on anything that is not newc, is truncated, or has a wrong sum.
 */
export function readMembers(bytes: Uint8Array): CpioArchive {
  const members: NewcMember[] = [];
  let at = 0;
  for (;;) {
    const start = skipNuls(bytes, at);
    if (start === bytes.length && members.length > 0) return { members, tail: start - at };
    const member = readMember(bytes, start, start - at);
    members.push(member);
    at = start + memberSize(member);
  }
}

/**
 * Where archives that stand at the beginning of `bytes` end: behind the last trailer and its NULs. Members
 * of another kind, compressed ones, may go on from there. All of `bytes` when the last one has no trailer.
 * @throws FormatError for a header that is none
 */
export function archivesEnd(bytes: Uint8Array): number {
  let at = 0;
  let behindTrailer = 0;
  for (;;) {
    const start = skipNuls(bytes, at);
    if (!isNewc(bytes.subarray(start, start + NewcHeader.offsets.ino))) break;
    const { nameSize, fileSize } = NewcHeader.read(bytes, start);
    at = start + padded4(NewcHeader.size + nameSize) + padded4(fileSize);
    if (cString(bytes.subarray(start + NewcHeader.size, at)) === TRAILER) behindTrailer = at;
  }
  return at > 0 && at === behindTrailer ? skipNuls(bytes, at) : bytes.length;
}

/** Puts an archive together again. */
export function writeMembers({ members, tail }: CpioArchive): Uint8Array {
  const parts = members.flatMap((member) => [new Uint8Array(member.gap), ...memberPieces(member)]);
  return concat([...parts, new Uint8Array(tail)]);
}

/** Header, padded name and padded data of one member. */
export function memberPieces({ header, digits, name, data }: NewcMember): Uint8Array[] {
  const written = NewcHeader.write(header);
  const nameRoom = header.nameSize + padding(NewcHeader.size + header.nameSize, UNIT);
  const pieces = [digits === 'lower' ? lowered(written) : written, filled(name, nameRoom), data];
  const rest = padding(data.length, UNIT);
  return rest === 0 ? pieces : [...pieces, new Uint8Array(rest)];
}

/** Bytes that a member takes in the archive. */
export function memberSize({ header, data }: Pick<NewcMember<Sized>, 'header' | 'data'>): number {
  return padded4(NewcHeader.size + header.nameSize) + padded4(data.length);
}

function padded4(size: number): number {
  return size + padding(size, UNIT);
}

function readMember(bytes: Uint8Array, at: number, gap: number): NewcMember {
  expectMagic(magicAt(bytes, at), at);
  const header = NewcHeader.read(bytes, at);
  const nameAt = at + NewcHeader.size;
  const dataAt = at + padded4(NewcHeader.size + header.nameSize);
  const name = nameOf(bytes, nameAt, dataAt, header.nameSize);
  const end = dataAt + header.fileSize;
  const paddedEnd = dataAt + padded4(header.fileSize);
  expectInside(bytes, dataAt, paddedEnd - dataAt, 'newc.fileSize', at + NewcHeader.offsets.fileSize);
  expectNuls(bytes, end, paddedEnd);
  const data = bytes.subarray(dataAt, end);
  if (header.magic === MAGIC.crc && isFile(header))
    expectSum(header.check, data, at + NewcHeader.offsets.check);
  return { header, digits: digitsOf(bytes, at), name, data, gap };
}

/** Only files carry sums: GNU cpio writes 0 for links, and the kernel compares in do_copy alone. */
function isFile({ mode }: NewcHeader): boolean {
  return (mode & TYPE_MASK) === TYPE_BITS.file;
}

function expectMagic(magic: string, offset: number): void {
  if (magic === MAGIC.newc || magic === MAGIC.crc) return;
  throw new FormatError(
    'initramfs.magic',
    {
      field: 'newc.magic',
      offset,
      got: JSON.stringify(magic),
      wanted: `${JSON.stringify(MAGIC.newc)} or ${JSON.stringify(MAGIC.crc)}`,
    },
    magic === '070707' ? { hint: 'This is the old odc format: pack it with `cpio -H newc`.' } : {},
  );
}

function nameOf(bytes: Uint8Array, at: number, end: number, nameSize: number): Uint8Array {
  if (nameSize === 0) throw nameFault(at, 'an empty field', 'a name and its NUL');
  expectInside(bytes, at, end - at, 'newc.nameSize', at);
  const field = bytes.subarray(at, at + nameSize);
  const nul = field.indexOf(0);
  if (nul < 0)
    throw nameFault(at, JSON.stringify(utf8Text(field.subarray(0, 40))), 'a name that ends in NUL');
  expectNuls(bytes, at + nul, end);
  return field.subarray(0, nul);
}

function nameFault(offset: number, got: string, wanted: string): FormatError {
  return new FormatError('initramfs.name', { field: 'newc.name', offset, got, wanted });
}

function expectInside(bytes: Uint8Array, at: number, size: number, field: string, offset: number): void {
  if (at + size <= bytes.length) return;
  throw new FormatError('initramfs.truncated', {
    field,
    offset,
    got: `${bytes.length - at} bytes left`,
    wanted: `${size} bytes`,
  });
}

/** Between names, data and the next member only NULs may stand, else a rewrite would lose bytes. */
function expectNuls(bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== 0) {
      throw new FormatError('initramfs.padding', {
        field: 'newc.padding',
        offset: at,
        got: byte,
        wanted: 'NUL',
      });
    }
  }
}

function expectSum(check: number, data: Uint8Array, offset: number): void {
  const sum = newcSum(data);
  if (sum === check) return;
  throw new FormatError('initramfs.checksum', {
    field: 'newc.check',
    offset,
    got: check,
    wanted: `${sum.toString(16)}, the sum of the data`,
  });
}

/** @throws FormatError when one header mixes both cases: no writer does, and it could not be written back. */
function digitsOf(bytes: Uint8Array, at: number): 'upper' | 'lower' {
  const text = Buffer.from(bytes.subarray(at, at + NewcHeader.size)).toString('latin1');
  const lower = /[a-f]/.test(text);
  if (lower && /[A-F]/.test(text)) {
    throw new FormatError('initramfs.digits', {
      field: 'newc',
      offset: at,
      got: 'hex digits of both cases',
      wanted: 'one case',
    });
  }
  return lower ? 'lower' : 'upper';
}

/** Where a run of NULs ends. Whole blocks are compared at once: a bomb is made of nothing else. */
export function skipNuls(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at + ZEROS.length <= bytes.length && ZEROS.compare(bytes, at, at + ZEROS.length) === 0) {
    at += ZEROS.length;
  }
  while (at < bytes.length && bytes[at] === 0) at++;
  return at;
}

const ZEROS = Buffer.alloc(64 * 1024);

function lowered(header: Uint8Array): Uint8Array {
  return latin1(Buffer.from(header).toString('latin1').toLowerCase());
}

function filled(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  out.set(data);
  return out;
}
