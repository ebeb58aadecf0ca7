import { concat, type Fact, type Format, FormatError, startsWith } from '../binary/index.ts';
import { ArMagic, ArMember } from './ar.ts';

/** One member of an ar archive in memory. */
export interface ArFileMember {
  readonly name: string;
  /** As it stands in the file: the numbers are text, which could be written in many ways. */
  readonly header: Uint8Array;
  readonly data: Uint8Array;
  /** The byte that brings an odd member to an even end; empty otherwise. */
  readonly pad: Uint8Array;
}

/** An ar archive, as Debian packages are (deb(5)). */
export interface ArFile {
  readonly members: readonly ArFileMember[];
}

const MAGIC = '!<arch>\n';

/** ar archives and .deb packages; lossless. */
export const arFormat: Format<ArFile> = {
  name: 'ar',
  detect: (bytes) => startsWith(bytes, MAGIC),
  read,
  write: ({ members }) =>
    concat([
      ArMagic.write({ magic: MAGIC }),
      ...members.flatMap(({ header, data, pad }) => [header, data, pad]),
    ]),
  describe,
};

/** Whether an archive is a Debian package: its first member says so. */
export function isDeb({ members }: ArFile): boolean {
  return members[0]?.name === 'debian-binary';
}

function read(bytes: Uint8Array): ArFile {
  ArMagic.read(bytes);
  const members: ArFileMember[] = [];
  for (let at = ArMagic.size; at < bytes.length; ) {
    const { name, size } = ArMember.read(bytes, at);
    const start = at + ArMember.size;
    const end = start + size;
    const next = end + (size % 2);
    if (next > bytes.length) {
      throw new FormatError('payload.ar', {
        field: 'ar-member.size',
        offset: at + ArMember.offsets.size,
        got: size,
        wanted: `at most the ${bytes.length - start} bytes left, on an even end`,
      });
    }
    members.push({
      name: name.replace(/\/$/, ''),
      header: bytes.subarray(at, start),
      data: bytes.subarray(start, end),
      pad: bytes.subarray(end, next),
    });
    at = next;
  }
  const archive = { members };
  if (isDeb(archive) && !members.some(({ name }) => name.startsWith('data.tar'))) {
    throw new FormatError('payload.ar', {
      field: 'ar-member',
      offset: bytes.length,
      got: 'end of input',
      wanted: 'data.tar, which every package has',
    });
  }
  return archive;
}

function describe({ members }: ArFile): Fact[] {
  let at = ArMagic.size;
  return members.map(({ name, data, pad }) => {
    const offset = at + ArMember.size;
    at = offset + data.length + pad.length;
    return { name, value: `${data.length} bytes`, offset, size: data.length };
  });
}
