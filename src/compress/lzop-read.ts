import { crc32 } from 'node:zlib';
import { startsWith } from '../binary/index.ts';
import { adler32 } from './adler32.ts';
import { streamError } from './fault.ts';
import { expandLzoBlock } from './lzo-block.ts';
import { LZOP_MAGIC } from './lzop-layout.ts';
import { type LzopPlace, type LzopSum, type LzopWalk, walkLzop } from './lzop-walk.ts';
import type { Expanded } from './member.ts';
import { Output } from './output.ts';

/**
 * Goes through the .lzo files at the beginning of some bytes, as lzop reads them: one, or several behind one another.
 * @throws FormatError as {@link walkLzop}
 */
export function walkLzopFiles(input: Uint8Array, visit: (block: LzopPlace) => void): readonly LzopWalk[] {
  const files = [walkLzop(input, 0, visit)];
  for (let at = files[0]?.end ?? 0; startsWith(input, LZOP_MAGIC, at); ) {
    const file = walkLzop(input, at, visit);
    files.push(file);
    at = file.end;
  }
  return files;
}

/**
 * Expands .lzo files that follow each other; the sums that they carry are checked.
 * @throws FormatError `compress.lzo` for damage, `compress.limit` beyond the cap
 */
export function expandLzop(input: Uint8Array, limit: number): Expanded {
  const out = new Output('lzo', limit);
  const files = walkLzopFiles(input, (block) => expandBlock(input, block, out));
  return { data: out.finish(), consumed: files.at(-1)?.end ?? 0 };
}

/** lib/decompress_unlzo.c, LZO_BLOCK_SIZE. */
const KERNEL_BLOCK = 256 * 1024;
const KERNEL_SUMS: readonly LzopSum[] = ['adler32', 'crc32'];

/**
 * Settings of lzop that the kernel's reader does not have: it passes over one word at each block whatever the header
 * says, and has room for one block of lzop's usual size.
 * @returns undefined for what it reads
 * @throws FormatError as {@link walkLzop}
 */
export function lzopRefusal(input: Uint8Array): string | undefined {
  let largest = 0;
  const { sums } = walkLzop(input, 0, ({ size }) => {
    largest = Math.max(largest, size);
  });
  const [first] = sums;
  if (first === undefined) return 'blocks without a sum';
  if (sums.length > 1 || !KERNEL_SUMS.includes(first)) return `blocks with ${sums.join(', ')}`;
  return largest > KERNEL_BLOCK ? `blocks of ${largest} bytes` : undefined;
}

function expandBlock(input: Uint8Array, block: LzopPlace, out: Output): void {
  const { from, to, size, sums } = block;
  const start = out.length;
  if (to - from === size) out.copy(input, from, size);
  else expandLzoBlock(input, block, out);
  const data = out.since(start);
  const packed = input.subarray(from, to);
  for (const [name, wanted] of Object.entries(sums) as [LzopSum, number][]) {
    const sum = (name.startsWith('adler32') ? adler32 : crc32)(name.endsWith('packed') ? packed : data);
    if (sum !== wanted)
      throw streamError('lzo', { field: `block.${name}`, offset: from, got: sum, wanted: `${wanted}` });
  }
}
