import { concat, latin1 } from '../../src/binary/index.ts';
import { Header64, Section64, Symbol64 } from '../../src/kernel/elf-layout.ts';

/** What a synthetic kernel module says and links to. */
export interface ModuleSpec {
  readonly name: string;
  readonly modinfo?: readonly string[];
  /** Symbols that it offers to other modules. */
  readonly exports?: readonly string[];
  /** Symbols that it takes from other modules. */
  readonly imports?: readonly string[];
}

const text = (strings: readonly string[]): Uint8Array => latin1(strings.map((line) => `${line}\0`).join(''));

const symbol = (name: number, section: number) =>
  Symbol64.write({ name, info: 0x10, other: 0, section, value: 0n, size: 0n });

/** A relocatable aarch64 ELF with the sections that depmod and mnx read, and no code. */
export function moduleFile(spec: ModuleSpec): Uint8Array {
  const { exports = [], imports = [] } = spec;
  const modinfo = text([...(spec.modinfo ?? []), `name=${spec.name}`, 'vermagic=1.0-test SMP aarch64']);
  const names = ['', ...imports, ...exports.map((name) => `__ksymtab_${name}`)];
  const at = (i: number) => names.slice(0, i).reduce((sum, name) => sum + name.length + 1, 0);
  const symbols = concat([
    symbol(0, 0),
    ...imports.map((_, i) => symbol(at(1 + i), 0)),
    ...exports.map((_, i) => symbol(at(1 + imports.length + i), 1)),
  ]);
  const sections = [
    { name: '.modinfo', type: 1, data: modinfo, link: 0, info: 0, entrySize: 0n },
    { name: '__ksymtab_strings', type: 1, data: text(exports), link: 0, info: 0, entrySize: 0n },
    { name: '.symtab', type: 2, data: symbols, link: 4, info: 1, entrySize: 24n },
    { name: '.strtab', type: 3, data: text(names), link: 0, info: 0, entrySize: 0n },
  ];
  return elf(sections);
}

interface Part {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
  readonly link: number;
  readonly info: number;
  readonly entrySize: bigint;
}

function elf(parts: readonly Part[]): Uint8Array {
  const labels = ['', ...parts.map(({ name }) => name), '.shstrtab'];
  const names = text(labels);
  const all: readonly Part[] = [
    ...parts,
    { name: '.shstrtab', type: 3, data: names, link: 0, info: 0, entrySize: 0n },
  ];
  const nameAt = (i: number) => labels.slice(0, i).reduce((sum, name) => sum + name.length + 1, 0);
  const pieces: Uint8Array[] = [];
  let end = Header64.size;
  const headers = all.map((part, i) => {
    const gap = (8 - (end % 8)) % 8;
    pieces.push(new Uint8Array(gap), part.data);
    const offset = end + gap;
    end = offset + part.data.length;
    return { ...part, nameOffset: nameAt(i + 1), offset };
  });
  pieces.push(new Uint8Array((8 - (end % 8)) % 8));
  end += (8 - (end % 8)) % 8;
  const table = [
    { nameOffset: 0, type: 0, offset: 0, data: new Uint8Array(), link: 0, info: 0, entrySize: 0n },
    ...headers,
  ];
  return concat([
    Header64.write({
      magic: '\x7fELF',
      class: 2,
      data: 1,
      version: 1,
      rest: new Uint8Array(9),
      type: 1,
      machine: 183,
      elfVersion: 1,
      entry: 0n,
      phoff: 0n,
      shoff: BigInt(end),
      flags: 0,
      ehsize: Header64.size,
      phentsize: 0,
      phnum: 0,
      shentsize: Section64.size,
      shnum: table.length,
      shstrndx: table.length - 1,
    }),
    ...pieces,
    ...table.map(({ nameOffset, type, offset, data, link, info, entrySize }) =>
      Section64.write({
        name: nameOffset,
        type,
        flags: 0n,
        addr: 0n,
        offset: BigInt(offset),
        size: BigInt(data.length),
        link,
        info,
        align: 1n,
        entrySize,
      }),
    ),
  ]);
}
