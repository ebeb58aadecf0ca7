import { layout, u8, u16be, u32be } from '../binary/index.ts';

/** First bytes of a .lzo file. */
export const LZOP_MAGIC = new Uint8Array([0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a]);

/** lzop 1.04, src/lzop.c, write_header: the header's beginning, behind the magic. */
export const LzopHead = layout('lzop header', {
  version: u16be,
  library: u16be,
  needed: u16be,
  method: u8,
  level: u8,
  flags: u32be,
});

/** What follows, behind the number of a filter where the flags say that there is one; then name and checksum. */
export const LzopFile = layout('lzop file', { mode: u32be, mtime: u32be, mtimeHigh: u32be, nameLength: u8 });

/** In front of each block; then its sums, as the flags say. */
export const LzopBlock = layout('lzop block', { expanded: u32be, packed: u32be });

export const LzopWord = layout('lzop word', { value: u32be });

/** lzop 1.04, src/conf.h, F_*: what of the flags says how a file is read. */
export const LZOP_FLAGS = {
  adlerOfData: 0x1,
  adlerOfPacked: 0x2,
  extra: 0x40,
  crcOfData: 0x100,
  crcOfPacked: 0x200,
  multipart: 0x400,
  filter: 0x800,
  crcOfHeader: 0x1000,
} as const;
