import { concat, layout, u32le, viewOf } from '../binary/index.ts';
import { cutShort, streamError } from './fault.ts';
import { expandLz4Block } from './lz4-block.ts';
import { lz4Bound, packLz4Block } from './lz4-pack.ts';
import type { Expanded } from './member.ts';
import { Output } from './output.ts';

/** lz4_Frame_format.md, "Legacy frame": a magic, then blocks behind their size, up to the end of the file. */
const Word = layout('lz4-legacy', { value: u32le });
const MAGIC = 0x184c2102;
/** Where a block would state its size: larger than any, and how a device tree behind a kernel begins (d0 0d fe ed). */
const TREE = 0xedfe0dd0;
/** Each block but the last holds this much. */
const BLOCK = 8 * 1024 * 1024;

/** Where a legacy stream ends and how it does. */
export interface Lz4Legacy extends Expanded {
  /** LG's phones close the stream with its expanded size (Magisk calls it `lz4_lg`). */
  readonly totalSize: boolean;
  readonly blocks: number;
}

/**
 * Expands a legacy stream. A further magic between blocks is passed over, as lib/decompress_unlz4.c
 * does; a size of zero (padding) ends the stream, as does a device tree. The format has no end mark of its own, so a file
 * cut between two blocks is not told from a whole one.
 *
 * @throws FormatError `compress.lz4-legacy` for damage, `compress.limit` beyond the cap
 */
export function expandLz4Legacy(input: Uint8Array, limit: number): Lz4Legacy {
  const { value } = Word.read(input);
  if (value !== MAGIC)
    throw streamError('lz4-legacy', { field: 'magic', offset: 0, got: value, wanted: '0x184c2102' });
  const out = new Output('lz4-legacy', limit);
  const view = viewOf(input);
  let at = Word.size;
  let blocks = 0;
  for (; at + Word.size <= input.length; ) {
    const size = view.getUint32(at, true);
    const from = at + Word.size;
    if (size === 0) break;
    if (size === TREE) return { data: out.finish(), consumed: at, totalSize: false, blocks };
    if (size === MAGIC) {
      at = from;
    } else if (size === out.length && isLast(input, from, size)) {
      return { data: out.finish(), consumed: from, totalSize: true, blocks };
    } else {
      const to = blockEnd(input, at, size);
      expandBlock(input, { from, to }, out);
      at = to;
      blocks++;
    }
  }
  if (at < input.length && input.subarray(at).some((byte, i) => i < Word.size && byte !== 0)) {
    throw cutShort('lz4-legacy', 'block.size', input.length);
  }
  return { data: out.finish(), consumed: at, totalSize: false, blocks };
}

/** Bytes of the least sequence with a match: token and offset. */
const LEAST_MATCH = 3;

/**
 * Whether a size is not that of a block: the file ends before such a block would, or has only the zeros there that
 * it was filled up with, which are no block, for an offset of zero is none.
 */
function isLast(input: Uint8Array, from: number, size: number): boolean {
  if (from + size > input.length) return true;
  return size >= LEAST_MATCH && input.subarray(from, from + size).every((byte) => byte === 0);
}

function blockEnd(input: Uint8Array, at: number, size: number): number {
  const most = Math.min(lz4Bound(BLOCK), input.length - at - Word.size);
  if (size <= most) return at + Word.size + size;
  throw streamError('lz4-legacy', {
    field: 'block.size',
    offset: at,
    got: size,
    wanted: `at most ${most} bytes`,
  });
}

function expandBlock(
  input: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  out: Output,
): void {
  const window = out.length;
  expandLz4Block(input, { codec: 'lz4-legacy', from, to, window }, out);
  const size = out.length - window;
  if (size > BLOCK) {
    throw streamError('lz4-legacy', {
      field: 'block',
      offset: from,
      got: size,
      wanted: `at most ${BLOCK} bytes expanded`,
    });
  }
}

/** Blocks of a legacy stream, and the expanded size where LG's variant closes with it; nothing is expanded. */
export function lz4LegacyBlocks(input: Uint8Array): {
  readonly blocks: number;
  readonly size: number | undefined;
} {
  const view = viewOf(input);
  let blocks = 0;
  for (let at = Word.size; at + Word.size <= input.length; ) {
    const size = view.getUint32(at, true);
    at += Word.size;
    if (size === 0 || size === TREE) break;
    if (size === MAGIC) continue;
    if (at === input.length) return { blocks, size };
    at += size;
    blocks++;
  }
  return { blocks, size: undefined };
}

/**
 * Packs parts, taken as one stream, in the legacy format that the kernel reads.
 * @param options.totalSize ends the stream with the expanded size, as LG's phones want it
 */
export function packLz4Legacy(
  parts: readonly Uint8Array[],
  options: { readonly totalSize?: boolean } = {},
): Uint8Array {
  const [only] = parts;
  const data = only !== undefined && parts.length === 1 ? only : concat(parts);
  const out: Uint8Array[] = [Word.write({ value: MAGIC })];
  for (let from = 0; from < data.length; from += BLOCK) {
    const block = packLz4Block(data.subarray(from, from + BLOCK));
    out.push(Word.write({ value: block.length }), block);
  }
  if (options.totalSize === true) out.push(Word.write({ value: data.length % 2 ** 32 }));
  return concat(out);
}
