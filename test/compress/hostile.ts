/** Damage that repeats exactly: what a disk, a cable or an attacker does to a file. */

/** Marsaglia's xorshift32. */
export function numbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** `count` copies with one to three bits flipped; half of the flips fall into the first `head` bytes. */
export function* flips(bytes: Uint8Array, seed: number, count: number, head = 64): Generator<Uint8Array> {
  const next = numbers(seed);
  for (let i = 0; i < count; i++) {
    const copy = Uint8Array.from(bytes);
    for (let left = 1 + (next() % 3); left > 0; left--) {
      const at = next() % (next() % 2 === 0 ? Math.min(head, bytes.length) : bytes.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << (next() % 8));
    }
    yield copy;
  }
}

/** Values that size fields break at. */
export const EXTREMES = [0, 1, 3, 2 ** 31 - 1, 2 ** 31, 0xfffff001, 2 ** 32 - 1] as const;

/** Copies with every aligned word of the first `head` bytes at every extreme, in both byte orders. */
export function* extremes(bytes: Uint8Array, head: number): Generator<Uint8Array> {
  for (let at = 0; at + 4 <= Math.min(head, bytes.length); at += 2) {
    for (const value of EXTREMES) {
      for (const little of [true, false]) {
        const copy = Uint8Array.from(bytes);
        new DataView(copy.buffer).setUint32(at, value, little);
        yield copy;
      }
    }
  }
}

/** Cuts at every byte of the first `head`, then every `step` bytes. */
export function* truncations(bytes: Uint8Array, head: number, step: number): Generator<Uint8Array> {
  for (let end = 0; end < bytes.length; end += end < head ? 1 : step) yield bytes.subarray(0, end);
}

/** How long a stretch is (from `least` on, `spread` more or less), and how far back copies reach; 0: no copies. */
export interface Structure {
  readonly least: number;
  readonly spread: number;
  readonly reach: number;
}

const SHORT: Structure = { least: 20, spread: 900, reach: 6000 };

/** Text, code-like words, noise, runs and copies in stretches of changing length: what reaches all parts of a codec. */
export function structured(seed: number, length: number, { least, spread, reach } = SHORT): Uint8Array {
  const next = numbers(seed);
  const out = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const [kind, run] = [next() % (reach === 0 ? 4 : 5), least + (next() % spread)];
    const back = reach === 0 ? length : 1 + (next() % reach);
    for (let i = at; i < Math.min(length, at + run); i++) {
      const noise = next();
      const copied = i >= back ? (out[i - back] ?? 0) : 7;
      out[i] = [0, 0x61 + (noise % 11), i % 4 === 3 ? 0x91 : noise & 0x1f, noise & 0xff, copied][kind] ?? 0;
    }
    at += run;
  }
  return out;
}
