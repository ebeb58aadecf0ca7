import { BackwardBits, type HuffmanTable, readHuffman, zstdFault } from './zstd-entropy.ts';

/** Where a compressed block lies and how much it may hold. */
export interface BlockSpan {
  readonly from: number;
  readonly to: number;
  /** Block_Maximum_Size of the frame (RFC 8878 3.1.1.2.3). */
  readonly most: number;
}

/** The literals of a block. */
export interface Literals {
  readonly data: Uint8Array;
  /** The tree that they were packed with, for a later block to use again. */
  readonly tree: HuffmanTable | undefined;
  /** Where the section ends. */
  readonly end: number;
}

const TYPE = { raw: 0, rle: 1, compressed: 2 } as const;

/** Bits of the sizes and bytes of the header, by size format (RFC 8878 3.1.1.3.1.1). */
const PLAIN = [
  { skip: 3, bits: 5, bytes: 1 },
  { skip: 4, bits: 12, bytes: 2 },
  { skip: 3, bits: 5, bytes: 1 },
  { skip: 4, bits: 20, bytes: 3 },
] as const;
const PACKED = [
  { bits: 10, bytes: 3, streams: 1 },
  { bits: 10, bytes: 3, streams: 4 },
  { bits: 14, bytes: 4, streams: 4 },
  { bits: 18, bytes: 5, streams: 4 },
] as const;

/** A little-endian number of up to five bytes. */
function numberAt(input: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (input[at + i] ?? 0);
  return value;
}

/** Bits `low` to `low + count` of a number below 2^53. */
function bitsOf(value: number, low: number, count: number): number {
  return Math.floor(value / 2 ** low) % 2 ** count;
}

/**
 * Reads the literals section of a block (RFC 8878 3.1.1.3.1).
 * @param tree what the block before left, for literals that use it again
 */
export function readLiterals(input: Uint8Array, span: BlockSpan, tree: HuffmanTable | undefined): Literals {
  const first = input[span.from] ?? 0;
  const type = first & 3;
  const format = (first >> 2) & 3;
  if (type === TYPE.raw || type === TYPE.rle) return plainLiterals(input, span, tree);
  const { bits, bytes, streams } = PACKED[format] ?? PACKED[0];
  const head = numberAt(input, span.from, bytes);
  const size = bitsOf(head, 4, bits);
  const packed = bitsOf(head, 4 + bits, bits);
  let at = span.from + bytes;
  const end = at + packed;
  if (end > span.to || size > span.most) throw tooBig(span, size, packed);
  let table = tree;
  if (type === TYPE.compressed) ({ table, end: at } = readHuffman(input, at, end));
  if (table === undefined) throw zstdFault('literals', at, 'no tree before', 'a tree of its own');
  const data = new Uint8Array(size);
  if (streams === 1) huffmanStream(input, { from: at, to: end }, table, data);
  else fourStreams(input, { from: at, to: end }, table, data);
  return { data, tree: table, end };
}

function tooBig(span: BlockSpan, size: number, packed: number) {
  return zstdFault(
    'literals.size',
    span.from,
    `${size} bytes from ${packed}`,
    `at most ${span.most} bytes from ${Math.max(0, span.to - span.from)}`,
  );
}

function plainLiterals(input: Uint8Array, span: BlockSpan, tree: HuffmanTable | undefined): Literals {
  const first = input[span.from] ?? 0;
  const { skip, bits, bytes } = PLAIN[(first >> 2) & 3] ?? PLAIN[0];
  const size = bitsOf(numberAt(input, span.from, bytes), skip, bits);
  const at = span.from + bytes;
  const isRle = (first & 3) === TYPE.rle;
  const end = at + (isRle ? 1 : size);
  if (end > span.to || size > span.most) throw tooBig(span, size, end - at);
  const data = isRle ? new Uint8Array(size).fill(input[at] ?? 0) : input.subarray(at, end);
  return { data, tree, end };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function huffmanStream(input: Uint8Array, range: Range, table: HuffmanTable, data: Uint8Array): void {
  const stream = new BackwardBits(input, range.from, range.to);
  const { log, symbols, bits } = table;
  for (let i = 0; i < data.length; i++) {
    const code = stream.peek(log);
    data[i] = symbols[code] ?? 0;
    stream.left -= bits[code] ?? 0;
  }
  if (stream.left !== 0) throw zstdFault('literals', range.from, `${stream.left} bits left`, 'none');
}

/** RFC 8878 3.1.1.3.1.6: three sizes of two bytes, then four streams of a quarter each. */
function fourStreams(input: Uint8Array, range: Range, table: HuffmanTable, data: Uint8Array): void {
  const [entry, count] = [2, 3];
  const quarter = Math.ceil(data.length / 4);
  let from = range.from + entry * count;
  for (let i = 0; i <= count; i++) {
    const to = i === count ? range.to : from + numberAt(input, range.from + entry * i, entry);
    if (from > to || to > range.to)
      throw zstdFault('literals.streams', range.from, to, `at most ${range.to}`);
    const part = data.subarray(
      Math.min(i * quarter, data.length),
      i === count ? data.length : (i + 1) * quarter,
    );
    huffmanStream(input, { from, to }, table, part);
    from = to;
  }
}
