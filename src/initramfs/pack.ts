import { createRequire } from 'node:module';
import { concat, MnxError, utf8Text } from '../binary/index.ts';
import type { Entry, StoredData } from './entry.ts';
import { memberPieces, memberSize, type NewcHeader, type NewcMember } from './newc.ts';
import { membersOf, trailerMember } from './record.ts';

/**
 * Packs an initramfs archive: cpio newc, parents before children, sorted by path, inodes counted
 * from 1, right link counts, times and owners 0 unless given, TRAILER!!! at the end. The same entries
 * in any order give the same bytes.
 *
 * @param isLate of the path of a file or link: whether it stands behind all others, where a change moves nothing else.
 * @throws MnxError `initramfs.*` for what the kernel would lose or misread.
 */
export function packCpio(entries: readonly Entry[], isLate?: (path: string) => boolean): Uint8Array {
  const members = membersOf(entries, isLate);
  return isPlain(members) ? streamedArchive(members) : encodedArchive(members);
}

/**
 * {@link packCpio} as a stream: the same bytes in pieces, and of files that are stored elsewhere one at a
 * time in memory.
 *
 * @throws as {@link packCpio}, before the first piece; MnxError `initramfs.changed` where a file is no longer as long
 */
export function cpioPieces(entries: readonly Entry<Uint8Array | StoredData>[]): Iterable<Uint8Array> {
  return piecesOf([...membersOf(entries), trailerMember()]);
}

function* piecesOf(members: readonly NewcMember<Uint8Array | StoredData>[]): Generator<Uint8Array> {
  for (const member of members) yield* memberPieces({ ...member, data: contentOf(member) });
}

function contentOf({ data, name }: NewcMember<Uint8Array | StoredData>): Uint8Array {
  if (data instanceof Uint8Array) return data;
  const bytes = data.read();
  if (bytes.length === data.length) return bytes;
  throw new MnxError(
    'initramfs.changed',
    `${utf8Text(name)} had ${data.length} bytes and now has ${bytes.length}: it changes while it is packed`,
    { hint: 'Pack the folder again when nothing writes into it.' },
  );
}

/** Packs with our own encoder, whatever the names are. */
export function encodedArchive(members: readonly NewcMember[]): Uint8Array {
  return concat([...members, trailerMember()].flatMap(memberPieces));
}

/**
 * Packs through cpio-stream, which writes each member from the numbers of our record. Explicit values
 * keep its defaults out (time 0 as a Date, a device other than 0, mode with type bits, data as a
 * buffer); the length of our own members ends the result, since its block padding depends on where
 * the 512th byte falls. Its stream is filled at once and read in one go, so that packing stays a
 * function of bytes.
 */
export function streamedArchive(members: readonly NewcMember[]): Uint8Array {
  const { pack } = createRequire(import.meta.url)('cpio-stream') as typeof import('cpio-stream');
  const stream = pack({ format: 'newc' });
  for (const { header, name, data } of members) {
    const buffer = Buffer.from(data.buffer, data.byteOffset, data.length);
    stream.entry(packHeader(header, name), buffer);
  }
  stream.finalize();
  const size = [...members, trailerMember()].reduce((sum, member) => sum + memberSize(member), 0);
  const packed = stream.read() as Buffer;
  return new Uint8Array(packed.buffer, packed.byteOffset, size);
}

/**
 * Where cpio-stream 1.4.3 is proven to write the bytes that our encoder writes: names of ASCII (it
 * counts UTF-16 units and drops the NUL of others) that are not its own trailer. Sizes of 4 GiB, which
 * it clamps, have been refused by then. The plain path runs through it; the rest goes to our encoder.
 */
function isPlain(members: readonly NewcMember[]): boolean {
  return members.every(({ name }) => name.every((byte) => byte < 0x80));
}

function packHeader(header: NewcHeader, name: Uint8Array): import('cpio-stream').PackHeader {
  return {
    name: Buffer.from(name).toString('latin1'),
    mode: header.mode,
    mtime: new Date(header.mtime * 1000),
    ino: header.ino,
    nlink: header.nlink,
    uid: header.uid,
    gid: header.gid,
    dev: header.devMinor,
    devmajor: header.devMajor,
    devminor: header.devMinor,
    rdevmajor: header.rdevMajor,
    rdevminor: header.rdevMinor,
  };
}
