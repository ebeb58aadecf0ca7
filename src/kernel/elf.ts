import { cString, FormatError, startsWith, toNumber, viewOf } from '../binary/index.ts';
import {
  CLASS_32,
  CLASS_64,
  Header32,
  Header64,
  Ident,
  LITTLE_ENDIAN,
  Section32,
  Section64,
  Segment32,
  Segment64,
  SHT,
} from './elf-layout.ts';

/** e_machine of the architectures that mnx builds for. */
export const ELF_MACHINE = { x86_64: 62, armv7: 40, aarch64: 183 } as const;
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

/** Whether a file begins as ELF files do. */
export function isElf(file: Uint8Array): boolean {
  return startsWith(file, '\x7fELF');
}

/** Reads a little-endian ELF file. @throws FormatError when it is damaged. */
export function readElf(file: Uint8Array): Elf {
  const ident = Ident.read(file);
  if (ident.data !== LITTLE_ENDIAN) {
    throw fault('elf.data', Ident.offsets.data, ident.data, 'little-endian (1)');
  }
  if (ident.class !== CLASS_32 && ident.class !== CLASS_64) {
    throw fault('elf.class', Ident.offsets.class, ident.class, '1 (32 bit) or 2 (64 bit)');
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

/** Longest name or path taken for real (PATH_MAX); a file of nothing but overlapping names is hostile. */
const NAME_LIMIT = 4096;

function nameAt(strings: Uint8Array, offset: number): string {
  const text = cString(strings.subarray(offset, offset + NAME_LIMIT + 1));
  if (text.length > NAME_LIMIT) throw fault('elf.name', offset, `over ${NAME_LIMIT} bytes`, 'a name');
  return text;
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
    type === SHT.nobits || type === 0
      ? new Uint8Array()
      : range(file, place(offset, 'elf.sh_offset'), place(size, 'elf.sh_size'), 'elf.section'),
  );
  const names = data[header.shstrndx] ?? new Uint8Array();
  return raw.map(({ name }, i) => ({
    name: name < names.length ? nameAt(names, name) : '',
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
  return nameAt(strings, offset);
}
