import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MnxError, sha256, utf8 } from '../binary/index.ts';
import {
  decodeIndex,
  encodeIndex,
  indexModules,
  type ModuleFile,
  type ModuleIndex,
} from '../kernel/index.ts';
import type { PayloadContext } from './context.ts';

/** What an index is made from, and what it is kept under. */
export interface IndexSource {
  /** Names the content; another content has another key. */
  readonly key: string;
  readonly release: string;
  readonly files: () => Promise<readonly ModuleFile[]>;
  readonly builtinModinfo: string | undefined;
  readonly builtinList: string | undefined;
}

/** The index from the cache, else by reading every module. */
export async function cachedIndex(context: PayloadContext, source: IndexSource): Promise<ModuleIndex> {
  const name = `${source.key}.json`;
  const kept = decoded(await context.cache.read('index', name));
  if (kept !== undefined) return kept;
  const label = `Reading the modules of ${source.release}`;
  const index = await indexModules({
    release: source.release,
    files: await source.files(),
    builtinModinfo: await readBytes(source.builtinModinfo),
    builtinList: source.builtinList === undefined ? undefined : await readFile(source.builtinList, 'utf8'),
    onProgress: (done, total) => context.report({ label, done, total, unit: 'steps' }),
  });
  await context.cache.write('index', name, encodeIndex(index));
  return index;
}

/** A damaged or older index is made again. */
function decoded(text: string | undefined): ModuleIndex | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeIndex(text);
  } catch {
    return undefined;
  }
}

async function readBytes(path: string | undefined): Promise<Uint8Array | undefined> {
  return path === undefined ? undefined : readModuleFile(path);
}

/** Every module file below a folder, sorted by path; which files are modules their names say. */
export async function moduleFiles(root: string): Promise<ModuleFile[]> {
  const paths = await modulePaths(root, '');
  paths.sort((a, b) => (a < b ? -1 : 1));
  return paths.map((path) => ({ path, read: () => readModuleFile(join(root, path)) }));
}

async function modulePaths(root: string, below: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await modulePaths(root, path)));
    else if (entry.isFile() && /\.ko(\.(xz|gz|zst))?$/.test(entry.name)) found.push(path);
  }
  return found;
}

/** A module as it lies in its folder, compressed or not. @throws MnxError `payload.read` */
export async function readModuleFile(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new MnxError('payload.read', `cannot read ${path}`, { cause: error });
  });
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A key that changes when a file of the list is added, removed, or written. */
export async function stampOf(root: string, paths: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const path of paths) {
    const stat = await lstat(join(root, path)).catch(() => undefined);
    lines.push(`${path}\0${stat?.size}\0${stat?.mtimeMs}\n`);
  }
  return sha256(utf8(lines.join('')));
}
