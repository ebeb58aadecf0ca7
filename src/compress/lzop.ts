import { concat, layout, u8, u16be, u32be } from '../binary/index.ts';
import { packLzo } from './lzo-pack.ts';

/** lzop 1.04, src/lzop.c, write_header: everything in front of the checksum, behind the magic. */
const Header = layout('lzop header', {
  version: u16be,
  library: u16be,
  needed: u16be,
  method: u8,
  level: u8,
  flags: u32be,
  mode: u32be,
  mtime: u32be,
  mtimeHigh: u32be,
  nameLength: u8,
});

const Block = layout('lzop block', { expanded: u32be, packed: u32be });
const Word = layout('lzop word', { value: u32be });

const MAGIC = new Uint8Array([0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a]);

/** No name, no time, no checksums but the header's: the device is to lose no time on them. */
const HEADER = Header.write({
  version: 0x1040,
  library: 0x20a0,
  needed: 0x0940,
  // LZO1X-1 by number: readers take one decoder for all three.
  method: 1,
  level: 5,
  flags: 0,
  mode: 0o100644,
  mtime: 0,
  mtimeHigh: 0,
  nameLength: 0,
});

/** What lzop itself cuts into; the kernel's reader takes no more. */
const BLOCK_SIZE = 256 * 1024;

/**
 * Packs bytes into a .lzo file, as busybox's `lzop -d` reads it: larger than gzip's, and expanded in a
 * fraction of the time. The bytes depend on the input alone.
 */
export function lzop(input: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [MAGIC, HEADER, Word.write({ value: adler32(HEADER) })];
  for (let at = 0; at < input.length; at += BLOCK_SIZE) {
    const block = input.subarray(at, at + BLOCK_SIZE);
    const packed = packLzo(block);
    const data = packed.length < block.length ? packed : block;
    pieces.push(Block.write({ expanded: block.length, packed: data.length }), data);
  }
  return concat([...pieces, Word.write({ value: 0 })]);
}

/** RFC 1950, section 9. */
function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return ((high << 16) | low) >>> 0;
}
