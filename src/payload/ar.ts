import type { FileHandle } from 'node:fs/promises';
import { decimal, expectSize, FormatError, layout, magic, padded } from '../binary/index.ts';

/** The start of every ar archive (deb(5), ar(5)). */
export const ArMagic = layout('ar', { magic: magic('!<arch>\n') });

/** Before each member; numbers are ASCII. Members start on even offsets. */
export const ArMember = expectSize(
  layout('ar-member', {
    name: padded(16),
    mtime: padded(12),
    uid: padded(6),
    gid: padded(6),
    mode: padded(8),
    size: decimal(10),
    end: magic('`\n'),
  }),
  60,
);

/** One member of an ar archive, as a range of the file. */
export interface ArRange {
  readonly name: string;
  /** First byte of the content. */
  readonly offset: number;
  readonly size: number;
}

/**
 * Lists the members of an ar archive without reading their content.
 *
 * @throws FormatError for another file, or one that is cut short
 */
export async function readAr(file: FileHandle): Promise<ArRange[]> {
  const { size: end } = await file.stat();
  ArMagic.read(await readAt(file, 0, ArMagic.size));
  const members: ArRange[] = [];
  for (let at = ArMagic.size; at < end; ) {
    const header = ArMember.read(await readAt(file, at, ArMember.size));
    const offset = at + ArMember.size;
    if (offset + header.size > end) {
      throw new FormatError('payload.deb', {
        field: `ar-member ${header.name}`,
        offset: at,
        got: `end of file at ${end}`,
        wanted: `${header.size} bytes from ${offset}`,
      });
    }
    members.push({ name: header.name.replace(/\/$/, ''), offset, size: header.size });
    at = offset + header.size + (header.size % 2);
  }
  return members;
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
