import { createReadStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingError } from '../binary/index.ts';
import { tampered } from './archive-failure.ts';
import { syncFile, writeFailure } from './atomic.ts';
import type { Cache } from './cache.ts';
import type { PayloadContext } from './context.ts';
import { digestStream } from './digest-stream.ts';
import type { Resolved } from './package.ts';

/**
 * Brings .debs into the cache, hash-checked; what is there is not asked for again.
 *
 * @returns path of each .deb, in the order of `packages`
 * @throws FormatError `payload.tampered` when the bytes are not the ones that the archive's index names,
 *   MissingError `payload.offline`, `payload.gone`, `payload.network`
 */
export async function fetchPackages(
  context: PayloadContext,
  packages: readonly Resolved[],
): Promise<string[]> {
  const paths = await Promise.all(packages.map((one) => debPath(context.cache, one)));
  const missing: Resolved[] = [];
  for (const [i, path] of paths.entries()) {
    const one = packages[i];
    if (one !== undefined && !(await isFile(path)) && !missing.includes(one)) missing.push(one);
  }
  if (missing.length > 0) await download(context, missing);
  return paths;
}

/** Where the cache keeps a package, whether it is there yet or not. */
export async function debPath(cache: Cache, { sha256 }: Resolved): Promise<string> {
  return cache.path('debs', `${sha256}.deb`);
}

async function download(context: PayloadContext, missing: readonly Resolved[]): Promise<void> {
  if (context.offline) {
    const names = missing.map(({ name, version }) => `${name} ${version}`).join(', ');
    throw new MissingError(
      'payload.offline',
      `${names}: not in the cache, and --offline forbids the network`,
      {
        hint: 'Run mnx fetch once with a network.',
      },
    );
  }
  const archive = await context.archive();
  const folder = await context.cache.temporary();
  const wanted = missing.map((resolved, i) => ({ resolved, to: join(folder, `${i}.deb`) }));
  const total = missing.reduce((sum, { size }) => sum + size, 0);
  const label = labelOf(missing);
  try {
    context.report({ label, done: 0, total });
    await archive.download(wanted, (done) => context.report({ label, done: Math.min(done, total), total }));
    for (const { resolved, to } of wanted) await adopt(context.cache, resolved, to);
    context.report({ label, done: total, total });
  } catch (error) {
    throw writeFailure(error, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function labelOf(missing: readonly Resolved[]): string {
  const [first] = missing;
  return missing.length === 1 && first !== undefined
    ? `Fetching ${first.name} ${first.version}`
    : `Fetching ${missing.length} packages`;
}

/** Takes a downloaded .deb in, if it is the one that was resolved. */
async function adopt(cache: Cache, resolved: Resolved, path: string): Promise<void> {
  await checkDeb(path, resolved);
  await syncFile(path);
  await rename(path, await debPath(cache, resolved));
}

/**
 * Holds a .deb against the size and hash that its index names.
 *
 * @throws FormatError `payload.tampered`
 */
export async function checkDeb(path: string, { name, version, size, sha256 }: Resolved): Promise<void> {
  const what = `${name} ${version} .deb`;
  const found = await stat(path);
  if (found.size !== size) throw tampered(what, `${found.size} bytes instead of ${size}`);
  const digest = await digestStream(createReadStream(path));
  if (digest.sha256 !== sha256) throw tampered(what, `SHA-256 ${digest.sha256}`);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
