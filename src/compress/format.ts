import { concat, type Fact, type Format, FormatError } from '../binary/index.ts';
import { type Codec, detectCodec } from './codec.ts';
import { codecFacts, describeCodec } from './codec-facts.ts';
import { expandMemberSync } from './expand.ts';

/** A compressed file, expanded; its stored bytes are kept, as no packer need make them again. */
export interface MemberFile {
  readonly codec: ReadableCodec;
  /** The compressed bytes; members of one codec that follow each other are one. */
  readonly stored: Uint8Array;
  readonly data: Uint8Array;
  /** What follows: padding, another archive, a device tree. */
  readonly trailing: Uint8Array;
}

/** What can be expanded here. */
export type ReadableCodec = Exclude<Codec, 'none'>;

/** A reader of formats expands no more than this: above phones' kernels and ramdisks, below what fills a machine. */
export const MEMBER_LIMIT = 128 * 1024 * 1024;

/** A `Format` for the files of one codec. */
export function memberFormat(codec: ReadableCodec): Format<MemberFile> {
  return {
    name: codec,
    detect: (bytes) => detectCodec(bytes) === codec,
    read: (bytes) => read(codec, bytes),
    write: ({ stored, trailing }) => concat([stored, trailing]),
    describe,
  };
}

/** All codecs that can be expanded. */
export const memberFormats: readonly Format<MemberFile>[] = (
  ['gzip', 'xz', 'zstd', 'lz4-legacy', 'lz4', 'lzma', 'lzo', 'bzip2'] as const
).map(memberFormat);

function read(codec: ReadableCodec, bytes: Uint8Array): MemberFile {
  if (detectCodec(bytes) !== codec) {
    const got = `bytes ${Buffer.from(bytes.subarray(0, 6)).toString('hex')}`;
    throw new FormatError(`compress.${codec}`, {
      field: `${codec}.magic`,
      offset: 0,
      got,
      wanted: `a ${codec} file`,
    });
  }
  const { data, consumed } = expandMemberSync(bytes, { codec, limit: MEMBER_LIMIT });
  return { codec, stored: bytes.subarray(0, consumed), data, trailing: bytes.subarray(consumed) };
}

/** What was declared, and what came out. */
function describe({ codec, stored, data, trailing }: MemberFile): Fact[] {
  const declared = describeCodec(codecFacts(stored, codec)).filter(({ name }) => name !== 'expanded size');
  return [
    ...declared,
    { name: 'stored', value: `${stored.length} bytes`, offset: 0, size: stored.length },
    { name: 'expanded', value: `${data.length} bytes` },
    { name: 'trailing', value: `${trailing.length} bytes` },
  ];
}
