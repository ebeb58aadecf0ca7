import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MissingError } from '../binary/index.ts';
import { xzStream } from '../compress/index.ts';
import type { Archive, ArchiveOptions, Component, Download } from './archive.ts';
import { gone, tampered } from './archive-failure.ts';
import { syncFile, writeFailure } from './atomic.ts';
import { digestStream, tapped } from './digest-stream.ts';
import { binaryKeyring, shippedKeys, signedText } from './keyring.ts';
import { keepList } from './lists.ts';
import { type OpenFile, openMirror } from './mirror-source.ts';
import { parseRelease, type Release, type ReleaseFile } from './release.ts';

/** Lists in the order of preference; every Debian suite has the first two. */
const LISTS = ['Packages.xz', 'Packages.gz', 'Packages'] as const;

/**
 * An archive at an address or in a folder that the user names. The chain of trust is checked here: the
 * shipped keys sign InRelease, that names the list's hash, the list names the .deb's.
 */
export async function mirrorArchive(base: string, options: ArchiveOptions): Promise<Archive> {
  return new MirrorArchive(openMirror(base), options);
}

class MirrorArchive implements Archive {
  readonly kind = 'mirror';
  readonly #open: OpenFile;
  readonly #options: ArchiveOptions;

  constructor(open: OpenFile, options: ArchiveOptions) {
    this.#open = open;
    this.#options = options;
  }

  async packages(suite: string, arch: string, component: Component = 'main'): Promise<string> {
    const { cache, report } = this.#options;
    const label = `Reading the package list of ${suite} (${arch})`;
    report({ label, done: 0, total: 0 });
    const temporary = await cache.temporary();
    try {
      const release = await this.#release(suite, temporary);
      const file = LISTS.map((name) => release.find(`${component}/binary-${arch}/${name}`)).find(Boolean);
      if (file === undefined) throw noSuite(suite, `Release names no list of ${component} for ${arch}`);
      const part = component === 'main' ? suite : `${suite}_${component}`;
      return await keepList(cache, { suite: part, arch, sha256: file.sha256 }, async (path) => {
        const packed = join(temporary, 'packed');
        const source = await this.#openList(`dists/${suite}/${file.path}`, file, release.byHash);
        await save(
          tapped(source, (done) => report({ label, done, total: file.size })),
          packed,
        );
        const { sha256 } = await digestStream(createReadStream(packed));
        if (sha256 !== file.sha256) throw tampered(`${suite} ${file.path}`, `SHA-256 ${sha256}`);
        await expandList(packed, file.path, path);
      });
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  async download(wanted: readonly Download[], onBytes: (done: number) => void): Promise<void> {
    let before = 0;
    for (const one of wanted) {
      const source = await this.#open(one.resolved.filename);
      if (source === undefined) throw gone(one);
      await save(
        tapped(source, (done) => onBytes(before + done)),
        one.to,
      );
      before += one.resolved.size;
    }
  }

  async #release(suite: string, temporary: string): Promise<Release> {
    const { cache, keys } = this.#options;
    const source = await this.#open(`dists/${suite}/InRelease`);
    if (source === undefined) throw noSuite(suite, `there is no dists/${suite}/InRelease`);
    const file = join(temporary, 'InRelease');
    await save(source, file);
    const text = await signedText(file, await binaryKeyring(cache, keys ?? shippedKeys()));
    return parseRelease(text, suite);
  }

  /** By its hash where the archive offers that: such files outlive an update of the archive. */
  async #openList(path: string, file: ReleaseFile, byHash: boolean): Promise<AsyncIterable<Uint8Array>> {
    const hashed = `${path.slice(0, path.lastIndexOf('/'))}/by-hash/SHA256/${file.sha256}`;
    const source = (byHash ? await this.#open(hashed) : undefined) ?? (await this.#open(path));
    if (source !== undefined) return source;
    throw new MissingError('payload.gone', `the archive has no ${path}, which its Release names`, {
      hint: 'The mirror is being updated or broken; try again later or name another mirror.',
    });
  }
}

function noSuite(suite: string, why: string): MissingError {
  return new MissingError('payload.no-suite', `the mirror has no suite ${suite}: ${why}`, {
    hint: "Look at the mirror's address; it ends where the folders dists and pool lie.",
  });
}

async function save(source: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  await pipeline(source, createWriteStream(path)).catch((error: unknown) => {
    throw writeFailure(error, path);
  });
}

/** Expands a list into a file beside it and gives it its name when it is whole. */
async function expandList(packed: string, name: string, path: string): Promise<void> {
  const plain = `${packed}.plain`;
  const bytes = createReadStream(packed);
  if (name.endsWith('.xz')) await save(xzStream(bytes), plain);
  else if (name.endsWith('.gz')) await save(bytes.pipe(createGunzip()), plain);
  else await save(bytes, plain);
  await syncFile(plain);
  await rename(plain, path);
}
