import { bytes, expectSize, layout, magic, u8, u16le, u32le, u64le } from '../binary/index.ts';

/** gABI, "ELF Header": the sixteen bytes that say how the rest is to be read. */
export const Ident = layout('elf', {
  magic: magic('\x7fELF'),
  class: u8,
  data: u8,
  version: u8,
  rest: bytes(9),
});
const tail = {
  flags: u32le,
  ehsize: u16le,
  phentsize: u16le,
  phnum: u16le,
  shentsize: u16le,
  shnum: u16le,
  shstrndx: u16le,
};
export const Header64 = Ident.extend('elf64', {
  type: u16le,
  machine: u16le,
  elfVersion: u32le,
  entry: u64le,
  phoff: u64le,
  shoff: u64le,
  ...tail,
});
export const Header32 = Ident.extend('elf32', {
  type: u16le,
  machine: u16le,
  elfVersion: u32le,
  entry: u32le,
  phoff: u32le,
  shoff: u32le,
  ...tail,
});
export const Section64 = layout('elf64-section', {
  name: u32le,
  type: u32le,
  flags: u64le,
  addr: u64le,
  offset: u64le,
  size: u64le,
  link: u32le,
  info: u32le,
  align: u64le,
  entrySize: u64le,
});
export const Section32 = layout('elf32-section', {
  name: u32le,
  type: u32le,
  flags: u32le,
  addr: u32le,
  offset: u32le,
  size: u32le,
  link: u32le,
  info: u32le,
  align: u32le,
  entrySize: u32le,
});
export const Segment64 = layout('elf64-segment', {
  type: u32le,
  flags: u32le,
  offset: u64le,
  vaddr: u64le,
  paddr: u64le,
  filesz: u64le,
  memsz: u64le,
  align: u64le,
});
export const Segment32 = layout('elf32-segment', {
  type: u32le,
  offset: u32le,
  vaddr: u32le,
  paddr: u32le,
  filesz: u32le,
  memsz: u32le,
  flags: u32le,
  align: u32le,
});

/** gABI, "Symbol Table Entry"; the two classes order the fields differently. */
export const Symbol64 = expectSize(
  layout('elf64-symbol', { name: u32le, info: u8, other: u8, section: u16le, value: u64le, size: u64le }),
  24,
);
export const Symbol32 = expectSize(
  layout('elf32-symbol', { name: u32le, value: u32le, size: u32le, info: u8, other: u8, section: u16le }),
  16,
);

/** gABI, "Section Groups": a flag word, then section indexes. */
export const GroupWord = layout('elf-group', { word: u32le });

/** e_ident values. */
export const CLASS_32 = 1;
export const CLASS_64 = 2;
export const LITTLE_ENDIAN = 1;

/** sh_type values that are treated specially. */
export const SHT = { symtab: 2, rela: 4, nobits: 8, rel: 9, group: 17, symtabShndx: 18 } as const;
