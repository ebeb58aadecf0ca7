import { bytes, expectSize, layout, magic, u16le, u32le } from '../binary/index.ts';

/** First bytes of Sony's ELF: 32 bits, little endian, made by Sony. */
export const IDENT = '\x7fELF\x01\x01\x01\x61';

/** ELF header of Sony's boot images (mkelf.py of sonyxperiadev/device-sony-lt26, write_elf_header). */
export const ElfHeader = expectSize(
  layout('sony-elf', {
    ident: magic(IDENT),
    padding: bytes(8),
    type: u16le,
    machine: u16le,
    version: u32le,
    entry: u32le,
    tableOffset: u32le,
    sectionsOffset: u32le,
    flags: u32le,
    headerSize: u16le,
    rowSize: u16le,
    rowCount: u16le,
    sectionSize: u16le,
    sectionCount: u16le,
    namesIndex: u16le,
  }),
  52,
);

/** A row of the program header table (mkelf.py, write_elf_phdr). */
export const ElfRow = expectSize(
  layout('sony-elf-segment', {
    type: u32le,
    offset: u32le,
    virtualAddress: u32le,
    address: u32le,
    fileSize: u32le,
    memorySize: u32le,
    flags: u32le,
    align: u32le,
  }),
  32,
);

const LOAD = 1;
const NOTE = 4;

/** What a segment is: type and flags (mkelf.py P_FLAGS_*; DualBootPatcher sonyelf_defs.h has appsbl and SIN too). */
export const KINDS = [
  { name: 'kernel', type: LOAD, flags: 0 },
  { name: 'ramdisk', type: LOAD, flags: 0x8000_0000 },
  { name: 'ipl', type: LOAD, flags: 0x4000_0000 },
  { name: 'cmdline', type: NOTE, flags: 0x2000_0000 },
  { name: 'rpm', type: LOAD, flags: 0x0100_0000 },
  { name: 'appsbl', type: LOAD, flags: 0x0200_0000 },
  { name: 'sin', type: 0x214e_4953, flags: undefined },
] as const;
