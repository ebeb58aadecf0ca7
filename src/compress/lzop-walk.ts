import { crc32 } from 'node:zlib';
import { startsWith } from '../binary/index.ts';
import { adler32 } from './adler32.ts';
import { cutShort, type StreamFault, streamError } from './fault.ts';
import { LZOP_FLAGS, LZOP_MAGIC, LzopBlock, LzopFile, LzopHead, LzopWord } from './lzop-layout.ts';

/** A sum that stands at each block. */
export type LzopSum = 'adler32' | 'crc32' | 'adler32 of packed' | 'crc32 of packed';

/** A block of a .lzo file: sizes, sums, data. */
export interface LzopPlace {
  /** Where its data is, in the file. */
  readonly from: number;
  readonly to: number;
  /** Bytes expanded; as many as are packed when they are stored as they are. */
  readonly size: number;
  readonly sums: Readonly<Partial<Record<LzopSum, number>>>;
}

/** What one .lzo file says of itself. */
export interface LzopWalk {
  /** What the header announces at each block. */
  readonly sums: readonly LzopSum[];
  /** Where it ends. */
  readonly end: number;
}

/** lzop 0.94, whose header the ones before do not have, and the highest that a reader of 1.04 must know. */
const VERSION = { least: 0x0940, most: 0x1040 };
/** LZO1X-1, LZO1X-1(15), LZO1X-999: one decoder reads all. */
const METHODS = [1, 2, 3];
/** src/lzop.c, MAX_BLOCK_SIZE. */
const LARGEST_BLOCK = 64 * 1024 * 1024;

/** In the order in which they stand, and whether a block that is stored as it is has them. */
const SUMS: readonly { readonly flag: number; readonly name: LzopSum; readonly stored: boolean }[] = [
  { flag: LZOP_FLAGS.adlerOfData, name: 'adler32', stored: true },
  { flag: LZOP_FLAGS.crcOfData, name: 'crc32', stored: true },
  { flag: LZOP_FLAGS.adlerOfPacked, name: 'adler32 of packed', stored: false },
  { flag: LZOP_FLAGS.crcOfPacked, name: 'crc32 of packed', stored: false },
];

/**
 * Goes through the blocks of one .lzo file; nothing is expanded, and none is kept: a file may be nothing but blocks
 * of one byte.
 * @throws FormatError `compress.lzo` for a damaged header, blocks that do not lie in the file, and settings of lzop
 *   that neither the kernel nor this reader has (filters, several parts)
 */
export function walkLzop(input: Uint8Array, start: number, visit: (block: LzopPlace) => void): LzopWalk {
  const { flags, end: headerEnd } = headerAt(input, start);
  const announced = SUMS.filter(({ flag }) => (flags & flag) !== 0);
  let at = headerEnd;
  for (;;) {
    const size = wordAt(input, at);
    at += LzopWord.size;
    if (size === 0) return { sums: announced.map(({ name }) => name), end: at };
    const block = blockAt(input, at, { size, announced });
    visit(block);
    at = block.to;
  }
}

function headerAt(input: Uint8Array, start: number): { readonly flags: number; readonly end: number } {
  if (!startsWith(input, LZOP_MAGIC, start))
    throw fault({ field: 'magic', offset: start, got: 'another', wanted: '89 4c 5a 4f 00 0d 0a 1a 0a' });
  const from = start + LZOP_MAGIC.length;
  if (from + LzopHead.size > input.length) throw cutShort('lzo', 'header', input.length);
  const { needed, version, method, flags } = LzopHead.read(input, from);
  const wrong = (field: keyof typeof LzopHead.offsets, got: number, wanted: string) =>
    fault({ field: `header.${field}`, offset: from + LzopHead.offsets[field], got, wanted });
  if (version < VERSION.least) throw wrong('version', version, `${VERSION.least} or later`);
  if (needed > VERSION.most) throw wrong('needed', needed, `at most ${VERSION.most}`);
  if (!METHODS.includes(method)) throw wrong('method', method, `${METHODS.join(', ')} (LZO1X)`);
  if (flags & (LZOP_FLAGS.multipart | LZOP_FLAGS.filter))
    throw wrong('flags', flags, 'one part and no filter');
  const file = from + LzopHead.size;
  if (file + LzopFile.size > input.length) throw cutShort('lzo', 'header', input.length);
  const end = file + LzopFile.size + LzopFile.read(input, file).nameLength;
  expectSum(input, { from, end, crc: (flags & LZOP_FLAGS.crcOfHeader) !== 0 });
  return { flags, end: afterExtra(input, end + LzopWord.size, flags) };
}

function expectSum(
  input: Uint8Array,
  { from, end, crc }: { readonly from: number; readonly end: number; readonly crc: boolean },
): void {
  const got = wordAt(input, end);
  const sum = (crc ? crc32 : adler32)(input.subarray(from, end));
  if (got !== sum) throw fault({ field: 'header.checksum', offset: end, got, wanted: `${sum}` });
}

/** A field of unknown use behind the header, with a sum of its own. */
function afterExtra(input: Uint8Array, at: number, flags: number): number {
  if ((flags & LZOP_FLAGS.extra) === 0) return at;
  return at + LzopWord.size + wordAt(input, at) + LzopWord.size;
}

function blockAt(
  input: Uint8Array,
  at: number,
  { size, announced }: { readonly size: number; readonly announced: typeof SUMS },
): LzopPlace {
  const packed = wordAt(input, at);
  const field = at - LzopBlock.offsets.packed;
  if (size > LARGEST_BLOCK)
    throw fault({
      field: 'block.expanded',
      offset: field,
      got: size,
      wanted: `at most ${LARGEST_BLOCK} bytes`,
    });
  const own = announced.filter(({ stored }) => stored || packed < size);
  const sumsAt = at + LzopWord.size;
  const from = sumsAt + own.length * LzopWord.size;
  const most = Math.max(0, Math.min(size, input.length - from));
  if (packed === 0 || packed > most)
    throw fault({ field: 'block.packed', offset: at, got: packed, wanted: `1 to ${most} bytes` });
  const sums = Object.fromEntries(
    own.map(({ name }, i) => [name, wordAt(input, sumsAt + i * LzopWord.size)]),
  );
  return { from, to: from + packed, size, sums };
}

function wordAt(input: Uint8Array, at: number): number {
  if (at + LzopWord.size > input.length) throw cutShort('lzo', 'word', input.length);
  return LzopWord.read(input, at).value;
}

function fault(what: StreamFault) {
  return streamError('lzo', what);
}
