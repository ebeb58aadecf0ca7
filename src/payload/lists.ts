import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cache } from './cache.ts';

/** A verified package list by suite, architecture and content. */
export interface ListName {
  readonly suite: string;
  readonly arch: string;
  /** Of whatever names this content: the plain list, or the compressed one that the archive signs. */
  readonly sha256: string;
}

/**
 * Keeps a package list in the cache, named by its content, and drops older ones of the same suite.
 *
 * @param make puts the plain list at the path that it gets; not called when the list is there
 * @returns path of the plain list
 */
export async function keepList(
  cache: Cache,
  { suite, arch, sha256 }: ListName,
  make: (path: string) => Promise<void>,
): Promise<string> {
  const prefix = `${suite}_${arch}_`;
  const path = await cache.path('lists', `${prefix}${sha256}`);
  if ((await stat(path).catch(() => undefined)) === undefined) {
    await make(path).catch((error: NodeJS.ErrnoException) => {
      // Another process kept the same list in between.
      if (error.code !== 'EEXIST') throw error;
    });
  }
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(prefix) && name !== `${prefix}${sha256}`) {
      await rm(join(dirname(path), name), { force: true });
    }
  }
  return path;
}
