import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256, utf8 } from '../binary/index.ts';
import type { Cache } from '../payload/index.ts';
import type { Manifest } from './manifest.ts';

/** A finished build: the image in pieces, and its manifest. */
export interface Finished {
  readonly pieces: readonly Uint8Array[];
  readonly manifest: Manifest;
}

/**
 * The name of a build: everything that shapes its bytes, mnx's own code and data included, so that a
 * change of either makes a new image.
 */
export function buildKey(parts: Readonly<Record<string, unknown>>): string {
  return sha256(utf8(JSON.stringify({ ...parts, code: codeDigest() })));
}

/** Looks a build up. A damaged entry counts as none. */
export async function findBuild(cache: Cache, key: string): Promise<Finished | undefined> {
  const text = await cache.read('builds', `${key}.json`);
  if (text === undefined) return undefined;
  const manifest = parsed(text);
  if (manifest === undefined) return undefined;
  const image = await readFile(await cache.path('builds', `${key}.img`)).catch(() => undefined);
  if (image === undefined || sha256(image) !== manifest.image.sha256) return undefined;
  return { pieces: [new Uint8Array(image.buffer, image.byteOffset, image.length)], manifest };
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
export async function keepBuild(cache: Cache, key: string, { pieces, manifest }: Finished): Promise<void> {
  await cache.write('builds', `${key}.img`, Buffer.concat(pieces));
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
    await rm(join(folder, name.replace(/json$/, 'img')), { force: true });
  }
}

const PACKAGE_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
let known: string | undefined;

/** Digest over the code that runs and the data that it packs. */
function codeDigest(): string {
  known ??= digestFolders([
    join(fileURLToPath(import.meta.url), '..', '..'),
    packageFolder('stage1'),
    packageFolder('themes'),
  ]);
  return known;
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
