import { concat } from '../binary/index.ts';
import { adler32 } from './adler32.ts';
import { packLzo } from './lzo-pack.ts';
import { LZOP_FLAGS, LZOP_MAGIC, LzopBlock, LzopFile, LzopHead, LzopWord } from './lzop-layout.ts';

/** What lzop itself cuts into; the kernel's reader takes no more. */
const BLOCK_SIZE = 256 * 1024;

export interface LzopOptions {
  /**
   * With a sum at each block. The kernel passes over one, whatever the header says (lib/decompress_unlzo.c), so it
   * reads no file without; a device that expands much is to lose no time on them.
   */
  readonly sums?: boolean;
}

/**
 * Packs bytes into a .lzo file, as busybox's `lzop -d` reads it: larger than gzip's, and expanded in a
 * fraction of the time. The bytes depend on input and options alone.
 */
export function lzop(input: Uint8Array, { sums = false }: LzopOptions = {}): Uint8Array {
  const header = headerOf(sums);
  const pieces: Uint8Array[] = [LZOP_MAGIC, header, LzopWord.write({ value: adler32(header) })];
  for (let at = 0; at < input.length; at += BLOCK_SIZE) {
    const block = input.subarray(at, at + BLOCK_SIZE);
    const packed = packLzo(block);
    const data = packed.length < block.length ? packed : block;
    pieces.push(LzopBlock.write({ expanded: block.length, packed: data.length }));
    if (sums) pieces.push(LzopWord.write({ value: adler32(block) }));
    pieces.push(data);
  }
  return concat([...pieces, LzopWord.write({ value: 0 })]);
}

/** No name and no time. */
function headerOf(sums: boolean): Uint8Array {
  const head = LzopHead.write({
    version: 0x1040,
    library: 0x20a0,
    needed: 0x0940,
    // LZO1X-1 by number: readers take one decoder for all three.
    method: 1,
    level: 5,
    flags: sums ? LZOP_FLAGS.adlerOfData : 0,
  });
  return concat([head, LzopFile.write({ mode: 0o100644, mtime: 0, mtimeHigh: 0, nameLength: 0 })]);
}
