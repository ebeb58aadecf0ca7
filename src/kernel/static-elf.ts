import { concat } from '../binary/index.ts';
import { ELF_MACHINE } from './elf.ts';
import { CLASS_32, CLASS_64, Header32, Header64, LITTLE_ENDIAN, Segment32, Segment64 } from './elf-layout.ts';

/** A program without libraries. */
export interface StaticProgram {
  readonly arch: keyof typeof ELF_MACHINE;
  /** Instructions; the first one is where it starts. */
  readonly code: Uint8Array;
  /** Where the file is mapped: a multiple of 64 KiB, the largest page. */
  readonly address: number;
  /** Zeroed memory that it may write to; the address is a multiple of 64 KiB. */
  readonly bss: { readonly address: number; readonly size: number };
}

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  /** Bytes of the file, from its start; the rest of the memory is zeroed. */
  readonly filesz: number;
  readonly memsz: number;
}

const EXECUTABLE = 2;
const PT = { load: 1, gnuStack: 0x6474_e551 } as const;
const PF = { execute: 1, write: 2, read: 4 } as const;
const PAGE = 0x1_0000;
/** e_flags of 32-bit ARM: version 5 of the EABI, without which the kernel takes a program for the old ABI. */
const EF_ARM_EABI5 = 0x0500_0000;

/**
 * An executable of one piece of code and one of zeroed memory, neither of them both writable and executable.
 * Fields are those of the System V gABI, "ELF Header" and "Program Header".
 */
export function staticElf({ arch, code, address, bss }: StaticProgram): Uint8Array {
  const narrow = arch === 'armv7';
  const start = (narrow ? Header32 : Header64).size + 3 * (narrow ? Segment32 : Segment64).size;
  const size = start + code.length;
  const segments: Segment[] = [
    { type: PT.load, flags: PF.read | PF.execute, address, filesz: size, memsz: size },
    { type: PT.load, flags: PF.read | PF.write, address: bss.address, filesz: 0, memsz: bss.size },
    { type: PT.gnuStack, flags: PF.read | PF.write, address: 0, filesz: 0, memsz: 0 },
  ];
  const head = narrow ? header32(arch, address + start) : header64(arch, address + start);
  return concat([head, ...segments.map(narrow ? segment32 : segment64), code]);
}

const COMMON = {
  magic: '\x7fELF',
  data: LITTLE_ENDIAN,
  version: 1,
  rest: new Uint8Array(9),
  type: EXECUTABLE,
  elfVersion: 1,
  phnum: 3,
  shentsize: 0,
  shnum: 0,
  shstrndx: 0,
} as const;

function header32(arch: StaticProgram['arch'], entry: number): Uint8Array {
  return Header32.write({
    ...COMMON,
    class: CLASS_32,
    machine: ELF_MACHINE[arch],
    entry,
    phoff: Header32.size,
    shoff: 0,
    flags: EF_ARM_EABI5,
    ehsize: Header32.size,
    phentsize: Segment32.size,
  });
}

function header64(arch: StaticProgram['arch'], entry: number): Uint8Array {
  return Header64.write({
    ...COMMON,
    class: CLASS_64,
    machine: ELF_MACHINE[arch],
    entry: BigInt(entry),
    phoff: BigInt(Header64.size),
    shoff: 0n,
    flags: 0,
    ehsize: Header64.size,
    phentsize: Segment64.size,
  });
}

function segment32({ type, flags, address, filesz, memsz }: Segment): Uint8Array {
  const at = { offset: 0, vaddr: address, paddr: address };
  return Segment32.write({ type, flags, ...at, filesz, memsz, align: PAGE });
}

function segment64({ type, flags, address, filesz, memsz }: Segment): Uint8Array {
  const at = { offset: 0n, vaddr: BigInt(address), paddr: BigInt(address) };
  const sizes = { filesz: BigInt(filesz), memsz: BigInt(memsz) };
  return Segment64.write({ type, flags, ...at, ...sizes, align: BigInt(PAGE) });
}
