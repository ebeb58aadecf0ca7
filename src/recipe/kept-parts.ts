import { readFile } from 'node:fs/promises';
import { bytes, digest, equal, layout, u32le, utf8 } from '../binary/index.ts';
import type { Cache } from '../payload/index.ts';
import type { Plan } from './plan.ts';

/** SHA-256. */
const KEY_SIZE = 32;

/** Over all that follows it. */
const Head = layout('parts', { sum: bytes(KEY_SIZE) });
/** A part by the digest of all that shapes it. */
const Row = layout('part', { key: bytes(KEY_SIZE), size: u32le });

/**
 * What the last build of a device made on the way to its image, by what it was made from: what has not
 * changed since is taken over, byte for byte.
 */
export class KeptParts {
  readonly #cache: Cache;
  readonly #file: string;
  readonly #known = new Map<string, Uint8Array>();
  readonly #used = new Map<string, Uint8Array>();
  #isNew = false;

  private constructor(cache: Cache, file: string) {
    this.#cache = cache;
    this.#file = file;
  }

  /** @param file a name in the cache. Anything damaged in there counts as nothing. */
  static async open(cache: Cache, file: string): Promise<KeptParts> {
    const kept = new KeptParts(cache, file);
    const found = await readFile(await cache.path('parts', file)).catch(() => undefined);
    if (found !== undefined) kept.#read(new Uint8Array(found.buffer, found.byteOffset, found.length));
    return kept;
  }

  /** The part that was made from this. */
  get(key: Uint8Array): Uint8Array | undefined {
    const name = nameOf(key);
    const known = this.#known.get(name);
    if (known !== undefined) this.#used.set(name, known);
    return known;
  }

  set(key: Uint8Array, part: Uint8Array): void {
    this.#used.set(nameOf(key), part);
    this.#isNew = true;
  }

  /**
   * Keeps what this build has used, and only that; nothing is in memory afterwards. What cannot be kept is
   * made again; of a full or read-only cache tells who keeps the build itself.
   */
  async save(): Promise<void> {
    this.#known.clear();
    if (this.#isNew) await this.#write().catch(() => undefined);
    this.#used.clear();
  }

  async #write(): Promise<void> {
    const rows = [...this.#used].flatMap(([name, part]) => {
      const key = new Uint8Array(Buffer.from(name, 'latin1'));
      return [Row.write({ key, size: part.length }), part];
    });
    await this.#cache.write('parts', this.#file, [Head.write({ sum: digest('sha256', ...rows) }), ...rows]);
  }

  #read(file: Uint8Array): void {
    if (file.length < Head.size) return;
    const rest = file.subarray(Head.size);
    if (!equal(Head.read(file).sum, digest('sha256', rest))) return;
    for (let at = 0; at < rest.length; ) {
      const { key, size } = Row.read(rest, at);
      at += Row.size;
      this.#known.set(nameOf(key), rest.subarray(at, at + size));
      at += size;
    }
  }
}

/** What the last build of a device and variant kept of one kind. */
export function openKept(
  cache: Cache,
  plan: Pick<Plan, 'device' | 'variant'>,
  kind: string,
): Promise<KeptParts> {
  return KeptParts.open(cache, `${plan.device}-${plan.variant ?? 'plain'}.${kind}`);
}

/** The digest of what a part is made from: settings as JSON, and bytes. */
export function partKey(about: unknown, ...content: readonly Uint8Array[]): Uint8Array {
  return digest('sha256', utf8(JSON.stringify(about)), ...content);
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1');
}
