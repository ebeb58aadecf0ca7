import {
  bytes,
  cString,
  FormatError,
  layout,
  magic,
  startsWith,
  toNumber,
  u8,
  u16le,
  u32le,
  u64le,
  viewOf,
} from '../binary/index.ts';

/** gABI, "ELF Header"; 64-bit little-endian, what all our targets but armv7 use. */
const Ident = layout('elf', { magic: magic('\x7fELF'), class: u8, data: u8, version: u8, rest: bytes(9) });
const tail = {
  flags: u32le,
  ehsize: u16le,
  phentsize: u16le,
  phnum: u16le,
  shentsize: u16le,
  shnum: u16le,
  shstrndx: u16le,
};
const Header64 = Ident.extend('elf64', {
  type: u16le,
  machine: u16le,
  elfVersion: u32le,
  entry: u64le,
  phoff: u64le,
  shoff: u64le,
  ...tail,
});
const Header32 = Ident.extend('elf32', {
  type: u16le,
  machine: u16le,
  elfVersion: u32le,
  entry: u32le,
  phoff: u32le,
  shoff: u32le,
  ...tail,
});
const Section64 = layout('elf64-section', {
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
const Section32 = layout('elf32-section', {
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
const Segment64 = layout('elf64-segment', {
  type: u32le,
  flags: u32le,
  offset: u64le,
  vaddr: u64le,
  paddr: u64le,
  filesz: u64le,
  memsz: u64le,
  align: u64le,
});
const Segment32 = layout('elf32-segment', {
  type: u32le,
  offset: u32le,
  vaddr: u32le,
  paddr: u32le,
  filesz: u32le,
  memsz: u32le,
  flags: u32le,
  align: u32le,
});

/** e_machine of the architectures that mnx builds for. */
export const ELF_MACHINE = { x86_64: 62, armv7: 40, aarch64: 183 } as const;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const SHT_NOBITS = 8;
const PT = { load: 1, dynamic: 2, interpreter: 3 } as const;
const DT = { needed: 1, strtab: 5, strsz: 10, soname: 14, rpath: 15, runpath: 29 } as const;

export interface ElfSection {
  readonly name: string;
  readonly data: Uint8Array;
}

export interface ElfDynamic {
  readonly needed: readonly string[];
  readonly soname: string | undefined;
  /** DT_RUNPATH, else DT_RPATH; colon-separated as in the file. */
  readonly runpath: string | undefined;
}

export interface Elf {
  readonly bits: 32 | 64;
  readonly machine: number;
  /** 1 relocatable, 2 executable, 3 shared object. */
  readonly type: number;
  readonly sections: readonly ElfSection[];
  readonly interpreter: string | undefined;
  /** Absent in a static program or a module. */
  readonly dynamic: ElfDynamic | undefined;
}

export function isElf(file: Uint8Array): boolean {
  return startsWith(file, '\x7fELF');
}

/** Reads a little-endian ELF file. @throws FormatError when it is damaged. */
export function readElf(file: Uint8Array): Elf {
  const ident = Ident.read(file);
  if (ident.data !== LITTLE_ENDIAN) {
    throw fault('elf.data', Ident.offsets.data, ident.data, 'little-endian (1)');
  }
  const wide = ident.class === CLASS_64;
  const header = (wide ? Header64 : Header32).read(file);
  const segments = readSegments(file, header, wide);
  return {
    bits: wide ? 64 : 32,
    machine: header.machine,
    type: header.type,
    sections: readSections(file, header, wide),
    interpreter: interpreterOf(file, segments),
    dynamic: readDynamic(file, segments, wide),
  };
}

interface Tables {
  readonly phoff: number | bigint;
  readonly phnum: number;
  readonly shoff: number | bigint;
  readonly shnum: number;
  readonly shstrndx: number;
}

function fault(field: string, offset: number, got: number | string, wanted: string): FormatError {
  return new FormatError('kernel.elf', { field, offset, got, wanted });
}

function place(value: number | bigint, field: string): number {
  return typeof value === 'number' ? value : toNumber(value, { path: field, offset: 0 });
}

/** A range of the file, checked. */
function range(file: Uint8Array, offset: number, size: number, field: string): Uint8Array {
  if (offset + size > file.length) {
    throw fault(field, offset, `${size} bytes`, `a range inside the ${file.length} bytes of the file`);
  }
  return file.subarray(offset, offset + size);
}

function readSections(file: Uint8Array, header: Tables, wide: boolean): ElfSection[] {
  const table = wide ? Section64 : Section32;
  const shoff = place(header.shoff, 'elf.shoff');
  if (shoff === 0) return [];
  const raw = Array.from({ length: header.shnum }, (_, i) => table.read(file, shoff + i * table.size));
  const data = raw.map(({ type, offset, size }) =>
    type === SHT_NOBITS || type === 0
      ? new Uint8Array()
      : range(file, place(offset, 'elf.sh_offset'), place(size, 'elf.sh_size'), 'elf.section'),
  );
  const names = data[header.shstrndx] ?? new Uint8Array();
  return raw.map(({ name }, i) => ({
    name: name < names.length ? cString(names, name) : '',
    data: data[i] ?? new Uint8Array(),
  }));
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
}

function readSegments(file: Uint8Array, header: Tables, wide: boolean): Segment[] {
  const table = wide ? Segment64 : Segment32;
  const phoff = place(header.phoff, 'elf.phoff');
  return Array.from({ length: header.phnum }, (_, i) => {
    const { type, offset, vaddr, filesz } = table.read(file, phoff + i * table.size);
    return {
      type,
      offset: place(offset, 'elf.p_offset'),
      vaddr: Number(vaddr),
      filesz: place(filesz, 'elf.p_filesz'),
    };
  });
}

function interpreterOf(file: Uint8Array, segments: readonly Segment[]): string | undefined {
  const segment = segments.find(({ type }) => type === PT.interpreter);
  return segment && cString(range(file, segment.offset, segment.filesz, 'elf.interpreter'));
}

/** Read by segments, not by sections: a library may have been stripped of its section table. */
function readDynamic(file: Uint8Array, segments: readonly Segment[], wide: boolean): ElfDynamic | undefined {
  const segment = segments.find(({ type }) => type === PT.dynamic);
  if (segment === undefined) return undefined;
  const entries = dynamicEntries(range(file, segment.offset, segment.filesz, 'elf.dynamic'), wide);
  const strings = stringTable(file, segments, entries);
  const text = (tag: number): string[] =>
    entries.filter(([found]) => found === tag).map(([, value]) => stringAt(strings, value));
  return {
    needed: text(DT.needed),
    soname: text(DT.soname)[0],
    runpath: text(DT.runpath)[0] ?? text(DT.rpath)[0],
  };
}

function dynamicEntries(data: Uint8Array, wide: boolean): [tag: number, value: number][] {
  const view = viewOf(data);
  const word = wide ? 8 : 4;
  const read = (at: number) => (wide ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true));
  const entries: [number, number][] = [];
  for (let at = 0; at + 2 * word <= data.length; at += 2 * word) {
    const tag = read(at);
    if (tag === 0) break;
    entries.push([tag, read(at + word)]);
  }
  return entries;
}

function stringTable(
  file: Uint8Array,
  segments: readonly Segment[],
  entries: readonly (readonly [number, number])[],
): Uint8Array {
  const value = (tag: number) => entries.find(([found]) => found === tag)?.[1] ?? 0;
  const address = value(DT.strtab);
  const home = segments.find(
    ({ type, vaddr, filesz }) => type === PT.load && address >= vaddr && address < vaddr + filesz,
  );
  if (home === undefined) throw fault('elf.strtab', address, 'no segment there', 'a loaded string table');
  return range(file, address - home.vaddr + home.offset, value(DT.strsz), 'elf.strtab');
}

function stringAt(strings: Uint8Array, offset: number): string {
  if (offset >= strings.length) throw fault('elf.string', offset, 'beyond the table', 'a string offset');
  return cString(strings, offset);
}
