import { expect } from 'vitest';
import { type Format, FormatError } from '../../src/binary/index.ts';

export const EXTREMES_32 = [0, 1, 3, 2 ** 31 - 1, 2 ** 31, 0xfffff001, 2 ** 32 - 1];
export const EXTREMES_64 = [
  ...EXTREMES_32.map(BigInt),
  1n << 53n,
  (1n << 63n) - 1n,
  (1n << 64n) - 8n,
  (1n << 64n) - 1n,
];

function edited(bytes: Uint8Array, edit: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  edit(new DataView(copy.buffer));
  return copy;
}

/** Small seeded generator (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const damage = {
  u32: (bytes: Uint8Array, at: number, value: number) => edited(bytes, (view) => view.setUint32(at, value)),
  u64: (bytes: Uint8Array, at: number, value: bigint) =>
    edited(bytes, (view) => view.setBigUint64(at, value)),
  /** `count` copies with one bit flipped each. */
  *flips(bytes: Uint8Array, count: number, seed: number) {
    const next = random(seed);
    for (let i = 0; i < count; i++) {
      const bit = Math.floor(next() * bytes.length * 8);
      yield edited(bytes, (view) => view.setUint8(bit >> 3, view.getUint8(bit >> 3) ^ (1 << (bit & 7))));
    }
  },
};

/** Reads: either the value, which writes the same bytes again, or undefined after a FormatError. */
export function outcome<T>(format: Pick<Format<T>, 'read' | 'write'>, bytes: Uint8Array): T | undefined {
  let value: T;
  try {
    value = format.read(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
  expect(Buffer.compare(format.write(value), bytes)).toBe(0);
  return value;
}
