import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { digest, layout, u32le, utf8 } from '../binary/index.ts';
import type { Cache } from '../payload/index.ts';
import type { Plan } from './plan.ts';

/** In front of each part: what shows that it is whole. */
const Head = layout('part', { size: u32le, crc32: u32le });

/**
 * What the last build of a device made on the way to its image, by what it was made from: what has not
 * changed since is taken over, byte for byte. Each part is a file, so that a build reads and writes no more
 * than what it wants and what is new.
 */
export class KeptParts {
  readonly #cache: Cache;
  readonly #folder: string;
  readonly #used = new Set<string>();
  readonly #fresh = new Map<string, Uint8Array>();

  /** @param folder a name in the cache. Anything damaged in there counts as nothing. */
  constructor(cache: Cache, folder: string) {
    this.#cache = cache;
    this.#folder = folder;
  }

  /** The part that was made from this. */
  get(key: Uint8Array): Uint8Array | undefined {
    const name = nameOf(key);
    const part = this.#fresh.get(name) ?? wholePart(join(this.#cache.root, 'parts', this.#folder, name));
    if (part !== undefined) this.#used.add(name);
    return part;
  }

  set(key: Uint8Array, part: Uint8Array): void {
    this.#used.add(nameOf(key));
    this.#fresh.set(nameOf(key), part);
  }

  /**
   * Keeps what this build has used, and only that. What cannot be kept is made again; of a full or read-only
   * cache tells who keeps the build itself.
   */
  async save(): Promise<void> {
    if (this.#fresh.size > 0) await this.#write().catch(() => undefined);
    this.#fresh.clear();
  }

  async #write(): Promise<void> {
    await Promise.all(
      [...this.#fresh].map(([name, part]) => {
        const head = Head.write({ size: part.length, crc32: crc32(part) });
        return this.#cache.write('parts', join(this.#folder, name), [head, part]);
      }),
    );
    const folder = join(this.#cache.root, 'parts', this.#folder);
    const old = (await readdir(folder)).filter((name) => !this.#used.has(name));
    await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
  }
}

/** Read at once: by promises each of a hundred files would be four trips through the thread pool. */
function wholePart(path: string): Uint8Array | undefined {
  try {
    const file = readFileSync(path);
    const { size, crc32: sum } = Head.read(file);
    const part = new Uint8Array(file.buffer, file.byteOffset + Head.size, file.length - Head.size);
    return part.length === size && crc32(part) === sum ? part : undefined;
  } catch {
    return undefined;
  }
}

/** What a former build of a device and variant kept of one kind. */
export function openKept(cache: Cache, plan: Pick<Plan, 'device' | 'variant'>, kind: string): KeptParts {
  return new KeptParts(cache, `${plan.device}-${plan.variant ?? 'plain'}-${kind}`);
}

/** The digest of what a part is made from: settings as JSON, and bytes. */
export function partKey(about: unknown, ...content: readonly Uint8Array[]): Uint8Array {
  return digest('sha256', utf8(JSON.stringify(about)), ...content);
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
