import { crc32 } from 'node:zlib';
import { digest, equal } from '../binary/index.ts';
import { streamError } from './fault.ts';
import { LzmaDecoder } from './lzma-decoder.ts';
import { lzmaProperties } from './lzma-model.ts';
import { Output } from './output.ts';
import { undoFilter, type XzFilter } from './xz-filters.ts';

/** One block of an xz stream, as the walk over it found it. */
export interface XzBlock {
  /** In order of writing; the last is lzma2. */
  readonly filters: readonly XzFilter[];
  readonly dictionary: number;
  /** Where the chunks begin. */
  readonly dataAt: number;
  /** Expanded size. */
  readonly size: number;
  /** The check behind the data, as it is stored. */
  readonly check: Uint8Array;
}

/** Control bits of LZMA2's chunks (XZ Utils, lzma2_decoder.c). */
const CHUNK = {
  end: 0,
  newDictionary: 1,
  packed: 0x80,
  newState: 0xa0,
  newProperties: 0xc0,
  all: 0xe0,
} as const;

/**
 * Expands one block with whatever filters and check it has. Slower than the WebAssembly reader, which
 * knows neither branch filters nor SHA-256; kernels are packed with the former.
 *
 * @throws FormatError `compress.xz`, MnxError `compress.codec` for a filter of other processors
 */
export function expandXzBlock(input: Uint8Array, block: XzBlock): Uint8Array {
  const out = new Output('xz', block.size, block.size);
  expandChunks(input, block, out);
  const data = out.finish();
  for (const filter of block.filters.slice(0, -1).toReversed()) undoFilter(data, filter);
  checkBlock(data, block);
  return data;
}

function expandChunks(input: Uint8Array, block: XzBlock, out: Output): void {
  let decoder: LzmaDecoder | undefined;
  let origin = 0;
  let at = block.dataAt;
  const fail = (got: number, wanted: string) =>
    streamError('xz', { field: 'chunk', offset: at, got, wanted });
  const two = (): number => {
    at += 2;
    return ((input[at - 2] ?? 0) << 8) + (input[at - 1] ?? 0) + 1;
  };
  for (let first = true; ; first = false) {
    const control = input[at++] ?? 0;
    if (control === CHUNK.end) return;
    const resets = control === CHUNK.newDictionary || control >= CHUNK.all;
    if (first && !resets) throw fail(control, 'a new dictionary in the first chunk');
    if (resets) origin = out.length;
    if (control < CHUNK.packed) {
      const size = two();
      out.copy(input, at, size);
      at += size;
      if (resets) decoder = undefined;
      continue;
    }
    const size = ((control & 0x1f) << 16) + two();
    const packed = two();
    if (control >= CHUNK.newProperties) {
      const properties = lzmaProperties(input[at++] ?? 0);
      if (properties === undefined) throw fail(control, 'properties of at most 0xe0');
      decoder = new LzmaDecoder({ properties, dictionary: block.dictionary, size: undefined, origin }, out);
    } else if (decoder === undefined) {
      throw fail(control, 'properties before the first packed chunk');
    } else if (control >= CHUNK.newState) {
      decoder = decoder.renewed();
    }
    decoder.runChunk(input.subarray(0, at + packed), at, size);
    at += packed;
  }
}

function checkBlock(data: Uint8Array, { check, dataAt }: XzBlock): void {
  const sum = sumOf(data, check.length);
  if (sum === undefined || equal(sum, check)) return;
  const [got, wanted] = [check, sum].map((bytes) => Buffer.from(bytes).toString('hex'));
  throw streamError('xz', {
    field: 'block.check',
    offset: dataAt,
    got: got ?? '',
    wanted: `${wanted}, the sum of the data`,
  });
}

/** The kinds of check differ in length; undefined: there is none, or one that is reserved. */
function sumOf(data: Uint8Array, length: number): Uint8Array | undefined {
  if (length === 32) return digest('sha256', data);
  if (length !== 4 && length !== 8) return undefined;
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  if (length === 4) {
    view.setUint32(0, crc32(data), true);
  } else {
    const { low, high } = crc64(data);
    view.setUint32(0, low, true);
    view.setUint32(4, high, true);
  }
  return out;
}

/** ECMA-182, reflected (xz-file-format.txt 6), in two halves. */
const POLYNOMIAL = { low: 0xd7870f42, high: 0xc96c5795 } as const;
const TABLE_LOW = new Uint32Array(256);
const TABLE_HIGH = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let [low, high] = [byte, 0];
  for (let bit = 0; bit < 8; bit++) {
    const odd = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd === 0) continue;
    low ^= POLYNOMIAL.low;
    high ^= POLYNOMIAL.high;
  }
  TABLE_LOW[byte] = low;
  TABLE_HIGH[byte] = high;
}

function crc64(data: Uint8Array): { readonly low: number; readonly high: number } {
  let [low, high] = [-1, -1];
  for (const byte of data) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (TABLE_LOW[index] ?? 0);
    high = (high >>> 8) ^ (TABLE_HIGH[index] ?? 0);
  }
  return { low: ~low >>> 0, high: ~high >>> 0 };
}
