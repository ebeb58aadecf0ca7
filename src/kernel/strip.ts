import { alignUp, concat, FormatError, toNumber, viewOf } from '../binary/index.ts';
import { readElf } from './elf.ts';
import {
  GroupWord,
  Header32,
  Header64,
  Section32,
  Section64,
  SHT,
  Symbol32,
  Symbol64,
} from './elf-layout.ts';

/** ET_REL: the only kind of file whose sections may be moved freely. */
const RELOCATABLE = 1;

/** What `strip -g` drops; .BTF is no debug data to the kernel and stays. */
const DEBUG_SECTION = /^\.(rela?\.)?z?(debug|stab|line|gdb_index|gnu\.debuglto_)/;

/** SHF_INFO_LINK: sh_info is a section index. */
const INFO_LINK = 0x40n;

/** st_shndx: a number without a section; from SHN_LORESERVE on, none is a section index. */
const SHN_ABS = 0xfff1;
const SHN_LORESERVE = 0xff00;

/** A section header with every number as a plain number, and its content. */
interface Section {
  readonly name: string;
  readonly header: ReturnType<typeof Section64.read>;
  data: Uint8Array;
}

/**
 * A relocatable ELF file (a kernel module of any architecture) without its debug sections, like
 * `strip -g`. Symbols keep their numbers, so relocations stay as they are; those that stood in a
 * dropped section become absolute. A signature appended to the module goes, as it no longer fits.
 *
 * @returns the same array when there is nothing to drop
 * @throws FormatError `kernel.elf` for damage or a file that is not relocatable
 */
export function stripDebug(file: Uint8Array): Uint8Array {
  const elf = readElf(file);
  if (elf.type !== RELOCATABLE) {
    throw new FormatError('kernel.elf', {
      field: 'elf.type',
      offset: Header64.offsets.type,
      got: elf.type,
      wanted: '1 (relocatable)',
    });
  }
  const wide = elf.bits === 64;
  const all = sectionsOf(file, wide);
  const kept = keptSections(all);
  if (kept.length === all.length) return file;
  const renumbered = new Map(kept.map((index, place) => [index, place]));
  const sections = kept.map((index) => relinked(all[index] as Section, renumbered, wide));
  return assemble(file, sections, renumbered, wide);
}

function sectionsOf(file: Uint8Array, wide: boolean): Section[] {
  const names = readElf(file).sections;
  const { shoff } = (wide ? Header64 : Header32).read(file);
  const table = wide ? Section64 : Section32;
  const start = toNumber(BigInt(shoff), { path: 'elf.shoff', offset: 0 });
  return names.map(({ name, data }, i) => {
    const raw = table.read(file, start + i * table.size);
    const header = Object.fromEntries(
      Object.entries(raw).map(([key, value]) => [key, WIDE_FIELDS.has(key) ? BigInt(value) : value]),
    ) as Section['header'];
    return { name, header, data };
  });
}

/** Fields that are 64 bits wide in a 64-bit section header. */
const WIDE_FIELDS: ReadonlySet<string> = new Set(['flags', 'addr', 'offset', 'size', 'align', 'entrySize']);

/** Indexes of the sections that stay; a group whose members all go goes with them. */
function keptSections(sections: readonly Section[]): number[] {
  const dropped = new Set(sections.flatMap(({ name }, i) => (DEBUG_SECTION.test(name) ? [i] : [])));
  for (const [i, { header, data }] of sections.entries()) {
    if (header.type === SHT.group && membersOf(data).every((member) => dropped.has(member))) dropped.add(i);
  }
  return sections.flatMap((_, i) => (dropped.has(i) ? [] : [i]));
}

function membersOf(group: Uint8Array): number[] {
  const count = Math.floor(group.length / GroupWord.size);
  return Array.from({ length: count }, (_, i) => GroupWord.read(group, i * GroupWord.size).word).slice(1);
}

/** A section with its references to others renumbered. */
function relinked(section: Section, renumbered: ReadonlyMap<number, number>, wide: boolean): Section {
  const { header, data, name } = section;
  const pointsBack = header.type === SHT.rel || header.type === SHT.rela || (header.flags & INFO_LINK) !== 0n;
  return {
    name,
    header: {
      ...header,
      link: renumbered.get(header.link) ?? 0,
      info: pointsBack ? (renumbered.get(header.info) ?? 0) : header.info,
    },
    data: renumberedData(header.type, data, renumbered, wide),
  };
}

function renumberedData(
  type: number,
  data: Uint8Array,
  renumbered: ReadonlyMap<number, number>,
  wide: boolean,
): Uint8Array {
  switch (type) {
    case SHT.symtab:
      return renumberedSymbols(data, renumbered, wide);
    case SHT.group: {
      const members = membersOf(data).flatMap((member) => renumbered.get(member) ?? []);
      const { word } = GroupWord.read(data);
      return concat([word, ...members].map((value) => GroupWord.write({ word: value })));
    }
    case SHT.symtabShndx:
      throw new FormatError('kernel.elf', {
        field: 'elf.sections',
        offset: 0,
        got: 'more than 65279 sections',
        wanted: 'a kernel module',
      });
    default:
      return data;
  }
}

function renumberedSymbols(
  data: Uint8Array,
  renumbered: ReadonlyMap<number, number>,
  wide: boolean,
): Uint8Array {
  const table = wide ? Symbol64 : Symbol32;
  const out = Uint8Array.from(data);
  const view = viewOf(out);
  for (let at = table.offsets.section; at + 2 <= out.length; at += table.size) {
    const section = view.getUint16(at, true);
    if (section < SHN_LORESERVE) view.setUint16(at, renumbered.get(section) ?? SHN_ABS, true);
  }
  return out;
}

/** Header, sections at their alignment in file order, section table. */
function assemble(
  file: Uint8Array,
  sections: readonly Section[],
  renumbered: ReadonlyMap<number, number>,
  wide: boolean,
): Uint8Array {
  const Header = wide ? Header64 : Header32;
  const pieces: Uint8Array[] = [new Uint8Array(Header.size)];
  let end = Header.size;
  const append = (data: Uint8Array, align: number): number => {
    const at = alignUp(end, Math.max(1, align));
    pieces.push(new Uint8Array(at - end), data);
    end = at + data.length;
    return at;
  };
  const table = sections.map(({ header, data }) => {
    const empty = header.type === SHT.nobits || header.type === 0;
    if (!empty && header.align > BigInt(file.length)) throw badAlignment(header.align);
    const offset = empty ? end : append(data, Number(header.align));
    const size = empty ? header.size : BigInt(data.length);
    return { ...header, offset: header.type === 0 ? 0n : BigInt(offset), size };
  });
  const shoff = append(concat(table.map((header) => writeSection(header, wide))), wide ? 8 : 4);
  const header = Header.read(file);
  const shstrndx = renumbered.get(header.shstrndx) ?? 0;
  const changed = { ...header, shoff: wide ? BigInt(shoff) : shoff, shnum: sections.length, shstrndx };
  pieces[0] = Header.write(changed as never);
  return concat(pieces);
}

function writeSection(header: Section['header'], wide: boolean): Uint8Array {
  if (wide) return Section64.write(header);
  const { flags, addr, offset, size, align, entrySize } = header;
  return Section32.write({
    ...header,
    flags: Number(flags),
    addr: Number(addr),
    offset: Number(offset),
    size: Number(size),
    align: Number(align),
    entrySize: Number(entrySize),
  });
}

function badAlignment(got: bigint): FormatError {
  return new FormatError('kernel.elf', {
    field: 'elf-section.align',
    offset: 0,
    got,
    wanted: 'an alignment below the size of the file',
  });
}
