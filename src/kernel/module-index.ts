import { expand } from '../compress/index.ts';
import { type AliasTable, aliasTable } from './alias.ts';
import { keyValues, type Modinfo, modinfoOf, moduleName, moduleNameOfPath, readModinfo } from './modinfo.ts';

/** One module of a kernel, with what is needed to choose and order modules. */
export interface ModuleRecord extends Modinfo {
  /** Path below the module folder: `kernel/fs/ext4/ext4.ko.xz`. */
  readonly path: string;
}

/** All modules of one kernel release, those built into it included. */
export interface ModuleIndex {
  readonly release: string;
  /** By normalised name. */
  readonly modules: ReadonlyMap<string, ModuleRecord>;
  readonly builtin: ReadonlyMap<string, Modinfo>;
  /** Aliases of modules and builtins alike. */
  readonly aliases: AliasTable;
}

/** A file of a kernel's module folder. */
export interface ModuleFile {
  /** Path below the module folder. */
  readonly path: string;
  read(): Promise<Uint8Array>;
}

/** What the index is made from. */
export interface ModuleSources {
  readonly release: string;
  readonly files: Iterable<ModuleFile> | AsyncIterable<ModuleFile>;
  /** `modules.builtin.modinfo`: NUL-separated `module.key=value`. */
  readonly builtinModinfo: Uint8Array | undefined;
  /** `modules.builtin`: paths of modules that are built in. */
  readonly builtinList: string | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A module with debug data may have tens of MiB; more is no module. */
const MODULE_LIMIT = 256 * 1024 * 1024;
const AT_ONCE = 8;

/** Expands and reads every module once. Some thousand files take seconds: keep {@link encodeIndex}. */
export async function indexModules(sources: ModuleSources): Promise<ModuleIndex> {
  const files: ModuleFile[] = [];
  for await (const file of sources.files) files.push(file);
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const records: ModuleRecord[] = new Array(files.length);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++) {
      const file = files[i];
      if (file !== undefined) records[i] = await readRecord(file);
      sources.onProgress?.(++done, files.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return assemble(sources.release, records, builtinsOf(sources));
}

async function readRecord(file: ModuleFile): Promise<ModuleRecord> {
  const elf = await expand(await file.read(), { limit: MODULE_LIMIT });
  return { ...readModinfo(elf, moduleNameOfPath(file.path)), path: file.path };
}

function builtinsOf({ builtinModinfo, builtinList }: ModuleSources): Modinfo[] {
  const pairs = new Map<string, [string, string][]>();
  for (const line of (builtinList ?? '').split('\n')) {
    if (line !== '') pairs.set(moduleNameOfPath(line), []);
  }
  for (const [key, value] of keyValues(builtinModinfo ?? new Uint8Array())) {
    const dot = key.indexOf('.');
    const name = moduleName(key.slice(0, dot));
    const list = pairs.get(name) ?? [];
    list.push([key.slice(dot + 1), value]);
    pairs.set(name, list);
  }
  return [...pairs].map(([name, list]) => modinfoOf(name, list));
}

function assemble(
  release: string,
  records: readonly ModuleRecord[],
  builtins: readonly Modinfo[],
): ModuleIndex {
  const aliases = [...records, ...builtins].flatMap(({ name, aliases: patterns }) =>
    patterns.map((pattern) => [pattern, name] as const),
  );
  return {
    release,
    modules: new Map(records.map((record) => [record.name, record])),
    builtin: new Map(builtins.map((builtin) => [builtin.name, builtin])),
    aliases: lazyTable(aliases),
  };
}

/** The index with more modules in it, such as drivers that were built beside the kernel. */
export function withModules(index: ModuleIndex, more: readonly ModuleRecord[]): ModuleIndex {
  return assemble(index.release, [...index.modules.values(), ...more], [...index.builtin.values()]);
}

function lazyTable(aliases: readonly (readonly [string, string])[]): AliasTable {
  let table: AliasTable | undefined;
  return {
    match(modalias) {
      table ??= aliasTable(aliases);
      return table.match(modalias);
    },
  };
}

/** Goes up when records change shape, so that older caches are made anew. */
const SCHEMA = 2;

interface Encoded {
  readonly schema: number;
  readonly release: string;
  readonly modules: readonly ModuleRecord[];
  readonly builtin: readonly Modinfo[];
}

/** The index as JSON for a cache. */
export function encodeIndex(index: ModuleIndex): string {
  const encoded: Encoded = {
    schema: SCHEMA,
    release: index.release,
    modules: [...index.modules.values()],
    builtin: [...index.builtin.values()],
  };
  return JSON.stringify(encoded);
}

/** Reads {@link encodeIndex}; undefined when it is of another schema. */
export function decodeIndex(text: string): ModuleIndex | undefined {
  const encoded = JSON.parse(text) as Encoded;
  if (encoded.schema !== SCHEMA) return undefined;
  return assemble(encoded.release, encoded.modules, encoded.builtin);
}
