import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256, utf8 } from '../binary/index.ts';
import type { Driver } from '../device/index.ts';
import type { Cache } from './cache.ts';
import type { Resolved } from './package.ts';

/** Raised whenever the way of building changes the modules' bytes. */
const RECIPE = 1;

/** What decides the bytes of built modules. */
export interface BuildIdentity {
  readonly release: string;
  readonly drivers: readonly Driver[];
  /** Source, headers and toolchain. */
  readonly packages: readonly Resolved[];
}

/** Cache name of one build. The order in which drivers and packages are given does not count. */
export function buildKey({ release, drivers, packages }: BuildIdentity): string {
  return keyOf({
    recipe: RECIPE,
    release,
    drivers: drivers.map(({ module, sources }) => [module, ...sources].join(' ')).sort(),
    packages: packages
      .map(({ name, version, arch, sha256 }) => [name, version, arch, sha256].join(' '))
      .sort(),
  });
}

/** Cache name of the files taken out of one source package. */
export function sourceKey(source: Resolved, sources: readonly string[]): string {
  return `source-${keyOf({ recipe: RECIPE, source: source.sha256, sources: [...sources].sort() })}`;
}

function keyOf(value: unknown): string {
  return sha256(utf8(JSON.stringify(value)));
}

/** Files by name; folders in names are made. */
export type StoredFiles = ReadonlyMap<string, Uint8Array>;

interface Listing {
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

const LISTING = 'files.json';

/** Files of the cache's folder `drivers/NAME`, made when it is absent or damaged. */
export async function keptFiles(
  cache: Cache,
  name: string,
  make: () => Promise<StoredFiles>,
): Promise<StoredFiles> {
  const folder = await cache.path('drivers', name);
  const kept = await loadFiles(folder);
  if (kept !== undefined) return kept;
  const files = await make();
  // Another process may have put sound files there meanwhile.
  if ((await loadFiles(folder)) === undefined) await rm(folder, { recursive: true, force: true });
  await cache.folder('drivers', name, (fresh) => storeFiles(fresh, files));
  return files;
}

async function loadFiles(folder: string): Promise<StoredFiles | undefined> {
  try {
    const listing = JSON.parse(await readFile(join(folder, LISTING), 'utf8')) as Listing;
    const files = new Map<string, Uint8Array>();
    for (const { name, sha256: wanted } of listing.files) {
      const data = new Uint8Array(await readFile(join(folder, name)));
      if (sha256(data) !== wanted) return undefined;
      files.set(name, data);
    }
    return files;
  } catch {
    return undefined;
  }
}

async function storeFiles(folder: string, files: StoredFiles): Promise<void> {
  await writeFiles(folder, files);
  const listing: Listing = { files: [...files].map(([name, data]) => ({ name, sha256: sha256(data) })) };
  await writeFile(join(folder, LISTING), `${JSON.stringify(listing, null, 2)}\n`);
}

/** Writes files below a folder. */
export async function writeFiles(folder: string, files: StoredFiles): Promise<void> {
  for (const [name, data] of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, data);
  }
}
