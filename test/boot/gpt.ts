import { readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { bytes, expectSize, layout, u32le, u64le } from '../../src/binary/index.ts';
import { onDesk } from './desk.ts';

const MIB = 1024 * 1024;
const ENTRIES = 128;

/** UEFI 2.10, table 5.5. */
const Header = expectSize(
  layout('gpt-header', {
    signature: u64le,
    revision: u32le,
    headerSize: u32le,
    headerCrc: u32le,
    reserved: u32le,
    own: u64le,
    other: u64le,
    firstUsable: u64le,
    lastUsable: u64le,
    disk: bytes(16),
    entries: u64le,
    entryCount: u32le,
    entrySize: u32le,
    entriesCrc: u32le,
  }),
  92,
);

/** UEFI 2.10, table 5.6. */
const Entry = expectSize(
  layout('gpt-entry', {
    type: bytes(16),
    unique: bytes(16),
    first: u64le,
    last: u64le,
    attributes: u64le,
    name: bytes(72),
  }),
  128,
);

/** A protective MBR has one partition of type 0xee over the whole disk (UEFI 2.10, 5.2.3). */
const Protective = expectSize(
  layout('protective-mbr', {
    code: bytes(446),
    start: u32le,
    typeAndEnd: u32le,
    first: u32le,
    count: u32le,
    empty: bytes(48),
    signature: bytes(2),
  }),
  512,
);

const SIGNATURE = Buffer.from('EFI PART').readBigUInt64LE();
/** Linux file system data, 0fc63daf-8483-4772-8e79-3d69d8477de4. */
const LINUX = Buffer.from('af3dc60f838472478e793d69d8477de4', 'hex');

export interface GptPartition {
  readonly name: string;
  /** File with its content. */
  readonly file: string;
  /** PARTUUID, lower case with dashes. */
  readonly uuid: string;
}

/** A disk with a partition table and partitions, each on a MiB; UFS storage has sectors of 4096 bytes. */
export function gptDisk(name: string, partitions: readonly GptPartition[], sector: 512 | 4096 = 512): string {
  const contents = partitions.map(({ file }) => readFileSync(file));
  const starts: number[] = [];
  let end = MIB;
  for (const content of contents) {
    starts.push(end);
    end += Math.ceil(content.length / MIB) * MIB;
  }
  const disk = Buffer.alloc(end + MIB);
  for (const [index, content] of contents.entries()) content.copy(disk, starts[index]);
  const entries = Buffer.alloc(ENTRIES * Entry.size);
  for (const [index, { name: label, uuid }] of partitions.entries()) {
    const start = starts[index] ?? 0;
    const length = contents[index]?.length ?? 0;
    const sectors = { first: start / sector, last: (start + length) / sector - 1 };
    entries.set(entryOf(label, uuid, sectors), index * Entry.size);
  }
  writeTables(disk, entries, sector);
  const file = onDesk(name);
  writeFileSync(file, disk);
  return file;
}

function entryOf(
  name: string,
  uuid: string,
  { first, last }: { readonly first: number; readonly last: number },
): Uint8Array {
  const label = Buffer.alloc(72);
  label.write(name, 'utf16le');
  return Entry.write({
    type: LINUX,
    unique: guid(uuid),
    first: BigInt(first),
    last: BigInt(last),
    attributes: 0n,
    name: label,
  });
}

/** The first three groups of a GUID are little-endian. */
function guid(text: string): Uint8Array {
  const hex = text.replaceAll('-', '');
  const swapped = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16)].map((group) =>
    Buffer.from(group, 'hex').reverse(),
  );
  return Buffer.concat([...swapped, Buffer.from(hex.slice(16), 'hex')]);
}

/** The table stands at both ends of a disk. */
function writeTables(disk: Buffer, entries: Buffer, sector: number): void {
  const last = disk.length / sector - 1;
  const tableSectors = entries.length / sector;
  disk.set(
    Protective.write({
      code: new Uint8Array(446),
      start: 0x0002_0000,
      typeAndEnd: 0xffff_ffee,
      first: 1,
      count: last,
      empty: new Uint8Array(48),
      signature: Uint8Array.of(0x55, 0xaa),
    }),
  );
  for (const [own, other, table] of [
    [1, last, 2],
    [last, 1, last - tableSectors],
  ] as const) {
    disk.set(entries, table * sector);
    disk.set(headerOf({ own, other, table, last, tableSectors }, entries), own * sector);
  }
}

interface Place {
  readonly own: number;
  readonly other: number;
  readonly table: number;
  readonly last: number;
  readonly tableSectors: number;
}

function headerOf({ own, other, table, last, tableSectors }: Place, entries: Buffer): Uint8Array {
  const header = {
    signature: SIGNATURE,
    revision: 0x0001_0000,
    headerSize: Header.size,
    headerCrc: 0,
    reserved: 0,
    own: BigInt(own),
    other: BigInt(other),
    firstUsable: BigInt(2 + tableSectors),
    lastUsable: BigInt(last - tableSectors - 1),
    disk: guid('6d6e7864-6973-4b00-8000-000000000001'),
    entries: BigInt(table),
    entryCount: ENTRIES,
    entrySize: Entry.size,
    entriesCrc: crc32(entries),
  };
  return Header.write({ ...header, headerCrc: crc32(Header.write(header)) });
}
