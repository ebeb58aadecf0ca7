import type { Modinfo } from './modinfo.ts';

/** A loadable module of a kernel. */
export interface ModuleRecord
  extends Pick<Modinfo, 'aliases' | 'depends' | 'softdepsPre' | 'softdepsPost' | 'weakdeps' | 'firmware'> {
  /** File name without `.ko`, `-` as `_`. */
  readonly name: string;
  /** Below lib/modules/RELEASE, as shipped: `kernel/fs/ext4/ext4.ko.xz`. */
  readonly path: string;
}

/** A module that is linked into the kernel image. */
export interface BuiltinRecord {
  readonly name: string;
  /** As modules.builtin has it (`kernel/fs/nls/nls_base.ko`); empty when only its modinfo is known. */
  readonly path: string;
  readonly aliases: readonly string[];
  readonly firmware: readonly string[];
}

/** Everything that a kernel can drive, by normalised name; both maps are in code-unit order. */
export interface ModuleIndex {
  readonly release: string;
  /** What the kernel wants in every module; undefined when it has none. */
  readonly vermagic: string | undefined;
  readonly modules: ReadonlyMap<string, ModuleRecord>;
  readonly builtin: ReadonlyMap<string, BuiltinRecord>;
}

/** A module file, read when it is its turn. */
export interface ModuleFile {
  /** Below lib/modules/RELEASE. */
  readonly path: string;
  read(): Promise<Uint8Array>;
}

export interface IndexOptions {
  readonly release: string;
  /** Content of modules.builtin.modinfo. */
  readonly builtinModinfo?: Uint8Array | undefined;
  /** Content of modules.builtin. */
  readonly builtinList?: string | undefined;
  readonly onProgress?: (done: number) => void;
}

/** Reads every module's `.modinfo` and the lists of built-in modules. */
export async function indexModules(
  _files: AsyncIterable<ModuleFile> | Iterable<ModuleFile>,
  _options: IndexOptions,
): Promise<ModuleIndex> {
  throw new Error('being written');
}
