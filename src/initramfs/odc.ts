import {
  concat,
  expectSize,
  type Fact,
  type Format,
  FormatError,
  type LayoutValue,
  layout,
  magic,
  octal,
  startsWith,
} from '../binary/index.ts';
import { TRAILER } from './newc.ts';

const MAGIC = '070707';

/** Header of one member (cpio(5) "Old Character Format"), all numbers octal; nothing is padded. */
export const OdcHeader = expectSize(
  layout('odc', {
    magic: magic(MAGIC),
    dev: octal(6),
    ino: octal(6),
    mode: octal(6),
    uid: octal(6),
    gid: octal(6),
    nlink: octal(6),
    rdev: octal(6),
    mtime: octal(11),
    nameSize: octal(6),
    fileSize: octal(11),
  }),
  76,
);

/** One member as it stands in the archive. */
export interface OdcMember {
  readonly header: LayoutValue<typeof OdcHeader>;
  /** With its NUL. */
  readonly name: Uint8Array;
  readonly data: Uint8Array;
}

/** An archive in the format before newc. Tools read it, the kernel does not. */
export interface OdcArchive {
  /** The last is the trailer. */
  readonly members: readonly OdcMember[];
  /** What follows the trailer: zeros up to a block. */
  readonly trailing: Uint8Array;
}

/** cpio in the old portable format, of POSIX.1 and `cpio -H odc`; lossless. */
export const odcFormat: Format<OdcArchive> = {
  name: 'cpio-odc',
  detect: isOdc,
  read: readOdc,
  write: ({ members, trailing }) =>
    concat([...members.flatMap(({ header, name, data }) => [OdcHeader.write(header), name, data]), trailing]),
  describe: ({ members }): Fact[] => [
    { name: 'magic', value: MAGIC },
    { name: 'entries', value: String(members.length - 1) },
    { name: 'data', value: `${members.reduce((sum, { data }) => sum + data.length, 0)} bytes` },
  ],
};

/** Whether bytes start as an archive of the old format. */
export function isOdc(bytes: Uint8Array): boolean {
  return startsWith(bytes, MAGIC);
}

/** @throws FormatError when it is damaged or ends before its trailer */
export function readOdc(bytes: Uint8Array): OdcArchive {
  const members: OdcMember[] = [];
  let at = 0;
  for (;;) {
    const member = readMember(bytes, at);
    members.push(member);
    at += OdcHeader.size + member.name.length + member.data.length;
    if (nameOf(member) === TRAILER) return { members, trailing: bytes.subarray(at) };
  }
}

/** A member's name as text of one byte per character, without its NUL. */
export function nameOf({ name }: OdcMember): string {
  return Buffer.from(name.subarray(0, -1)).toString('latin1');
}

function readMember(bytes: Uint8Array, at: number): OdcMember {
  const header = OdcHeader.read(bytes, at);
  const nameAt = at + OdcHeader.size;
  const dataAt = nameAt + header.nameSize;
  const end = dataAt + header.fileSize;
  if (end > bytes.length) {
    const field = dataAt > bytes.length ? 'nameSize' : 'fileSize';
    throw fault(
      `odc.${field}`,
      at + OdcHeader.offsets[field],
      header[field],
      `at most ${bytes.length - nameAt}`,
    );
  }
  const name = bytes.subarray(nameAt, dataAt);
  if (name.length === 0 || name.indexOf(0) !== name.length - 1) {
    throw fault('odc.name', nameAt, 'no NUL at its end', 'a name that ends in its only NUL');
  }
  return { header, name, data: bytes.subarray(dataAt, end) };
}

function fault(field: string, offset: number, got: string | number, wanted: string): FormatError {
  return new FormatError('initramfs.odc', { field, offset, got, wanted });
}
