export interface ElfSection {
  readonly name: string;
  /** SHT_ number. */
  readonly type: number;
  /** SHF_ bits. */
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entrySize: number;
}

/** What the dynamic loader is told. */
export interface Dynamic {
  /** DT_NEEDED in file order. */
  readonly needed: readonly string[];
  readonly soname: string | undefined;
  /** DT_RUNPATH, cut at `:`. */
  readonly runpath: readonly string[];
  /** DT_RPATH, cut at `:`; ignored by loaders when there is a runpath. */
  readonly rpath: readonly string[];
}

export interface Elf {
  readonly class: 32 | 64;
  /** ET_ number: 1 relocatable, 2 executable, 3 shared. */
  readonly type: number;
  /** EM_ number: 40 arm, 62 x86_64, 183 aarch64. */
  readonly machine: number;
  readonly flags: number;
  readonly sections: readonly ElfSection[];
  /** PT_INTERP: the dynamic loader's path. */
  readonly interpreter: string | undefined;
  /** Absent in static programs and relocatable files. */
  readonly dynamic: Dynamic | undefined;
}

/** Whether the bytes start as an ELF file. */
export function isElf(_bytes: Uint8Array): boolean {
  throw new Error('being written');
}
/** Reads headers, sections and the dynamic segment. */
export function readElf(_bytes: Uint8Array): Elf {
  throw new Error('being written');
}
/** Bytes of a section. */
export function sectionBytes(_bytes: Uint8Array, _section: ElfSection): Uint8Array {
  throw new Error('being written');
}
/** Bytes of a section by name. */
export function sectionOf(_bytes: Uint8Array, _name: string): Uint8Array | undefined {
  throw new Error('being written');
}
