import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256, utf8 } from '../binary/index.ts';
import type { Cache } from '../payload/index.ts';
import type { ImageFact, Manifest } from './manifest.ts';

/** A finished build: its images in pieces, and its manifest. */
export interface Finished {
  readonly pieces: readonly Uint8Array[];
  /** The image that goes with it, of header versions 3 and 4. */
  readonly vendorBoot: readonly Uint8Array[] | undefined;
  readonly manifest: Manifest;
}

/**
 * The name of a build: everything that shapes its bytes, mnx's own code and data included, so that a
 * change of either makes a new image.
 */
export function buildKey(parts: Readonly<Record<string, unknown>>): string {
  return sha256(utf8(JSON.stringify({ ...parts, code: codeDigest(), renderer: rendererVersion() })));
}

/** Looks a build up. A damaged entry counts as none. */
export async function findBuild(cache: Cache, key: string): Promise<Finished | undefined> {
  const text = await cache.read('builds', `${key}.json`);
  if (text === undefined) return undefined;
  const manifest = parsed(text);
  if (manifest === undefined) return undefined;
  const pieces = await keptImage(cache, `${key}.img`, manifest.image);
  if (pieces === undefined) return undefined;
  if (manifest.vendorBoot === undefined) return { pieces, vendorBoot: undefined, manifest };
  const vendorBoot = await keptImage(cache, `${key}${VENDOR_BOOT}`, manifest.vendorBoot);
  return vendorBoot === undefined ? undefined : { pieces, vendorBoot, manifest };
}

const VENDOR_BOOT = '.vendor_boot.img';

async function keptImage(cache: Cache, name: string, fact: ImageFact): Promise<Uint8Array[] | undefined> {
  const image = await readFile(await cache.path('builds', name)).catch(() => undefined);
  if (image === undefined || sha256(image) !== fact.sha256) return undefined;
  return [new Uint8Array(image.buffer, image.byteOffset, image.length)];
}

function parsed(text: string): Manifest | undefined {
  try {
    const value = JSON.parse(text) as Partial<Manifest> | null;
    return typeof value?.image?.sha256 === 'string' ? (value as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a build. The manifest goes last: an entry without it is none. */
export async function keepBuild(cache: Cache, key: string, finished: Finished): Promise<void> {
  const { pieces, vendorBoot, manifest } = finished;
  await cache.write('builds', `${key}.img`, pieces);
  if (vendorBoot !== undefined) await cache.write('builds', `${key}${VENDOR_BOOT}`, vendorBoot);
  await cache.write('builds', `${key}.json`, JSON.stringify(manifest));
  await forgetOldest(cache);
}

/** Images are large and soon outdated: the newest few of them are kept. */
const KEPT = 12;

async function forgetOldest(cache: Cache): Promise<void> {
  const folder = dirname(await cache.path('builds', 'any'));
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      time: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  for (const { name } of dated.sort((a, b) => b.time - a.time).slice(KEPT)) {
    await rm(join(folder, name), { force: true });
    for (const image of ['.img', VENDOR_BOOT]) {
      await rm(join(folder, name.replace(/\.json$/, image)), { force: true });
    }
  }
}

const PACKAGE_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const known = new Map<string, string>();

/** Digest over the code that runs and the data that it packs; of one room, over the code of that alone. */
export function codeDigest(room?: string): string {
  const code = join(fileURLToPath(import.meta.url), '..', '..');
  if (room !== undefined) return digestOnce(room, [join(code, room)]);
  return digestOnce('all', [code, packageFolder('stage1'), packageFolder('themes')]);
}

/** Digest over a data folder that ships beside the code. */
export function dataDigest(name: string): string {
  return digestOnce(name, [packageFolder(name)]);
}

function digestOnce(name: string, folders: readonly string[]): string {
  const found = known.get(name) ?? digestFolders(folders);
  known.set(name, found);
  return found;
}

/** Version of sharp, which draws what is no word: another one may draw otherwise. */
export function rendererVersion(): string {
  // Its package.json is not exported; it lies above the file that is.
  let folder = dirname(createRequire(import.meta.url).resolve('sharp'));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string };
  return about.version ?? '';
}

/** A data folder that ships beside the code: `stage1`, `themes`. */
export function packageFolder(name: string): string {
  return join(PACKAGE_ROOT, name);
}

function digestFolders(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(map|d\.ts)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) hash.update(file.slice(folder.length)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}
