import { viewOf } from '../binary/index.ts';

/** Primes of XXH32 (xxHash specification 0.1.1). */
const P32 = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;
const STRIPE = 16;
const WORD = 4;

function rotl(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function round32(lane: number, word: number): number {
  return Math.imul(rotl((lane + Math.imul(word, P32[1])) | 0, 13), P32[0]);
}

/** XXH32 with seed 0, as lz4 frames carry it. */
export function xxh32(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let at = 0;
  let hash = P32[4] | 0;
  if (bytes.length >= STRIPE) {
    let [a, b, c, d] = [(P32[0] + P32[1]) | 0, P32[1] | 0, 0, -P32[0] | 0];
    for (; at + STRIPE <= bytes.length; at += STRIPE) {
      a = round32(a, view.getInt32(at, true));
      b = round32(b, view.getInt32(at + WORD, true));
      c = round32(c, view.getInt32(at + 2 * WORD, true));
      d = round32(d, view.getInt32(at + 3 * WORD, true));
    }
    hash = (rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18)) | 0;
  }
  hash = (hash + bytes.length) | 0;
  for (; at + WORD <= bytes.length; at += WORD) {
    hash = Math.imul(rotl((hash + Math.imul(view.getInt32(at, true), P32[2])) | 0, 17), P32[3]);
  }
  for (; at < bytes.length; at++) {
    hash = Math.imul(rotl((hash + Math.imul(bytes[at] ?? 0, P32[4])) | 0, 11), P32[0]);
  }
  hash = Math.imul(hash ^ (hash >>> 15), P32[1]);
  hash = Math.imul(hash ^ (hash >>> 13), P32[2]);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Primes of XXH64, as low and high halves: a 64-bit product of bigints costs twenty times as much. */
const P1 = [0x85ebca87, 0x9e3779b1] as const;
const P2 = [0x27d4eb4f, 0xc2b2ae3d] as const;
const P3 = [0x9e3779f9, 0x165667b1] as const;
const P4 = [0xc2b2ae63, 0x85ebca77] as const;
const P5 = [0x165667c5, 0x27d4eb2f] as const;

type Half = readonly [number, number];

/** A 64-bit register in two halves. */
class Word64 {
  lo = 0;
  hi = 0;

  constructor(lo = 0, hi = 0) {
    this.lo = lo >>> 0;
    this.hi = hi >>> 0;
  }

  add(lo: number, hi: number): this {
    const sum = this.lo + (lo >>> 0);
    this.hi = (this.hi + hi + (sum > 0xffffffff ? 1 : 0)) >>> 0;
    this.lo = sum >>> 0;
    return this;
  }

  xor(lo: number, hi: number): this {
    this.lo = (this.lo ^ lo) >>> 0;
    this.hi = (this.hi ^ hi) >>> 0;
    return this;
  }

  mul([lo, hi]: Half): this {
    const cross = Math.imul(this.hi, lo) + Math.imul(this.lo, hi);
    this.hi = (mulHigh(this.lo, lo) + cross) >>> 0;
    this.lo = Math.imul(this.lo, lo) >>> 0;
    return this;
  }

  rotl(by: number): this {
    const { lo, hi } = this;
    const [low, high, shift] = by < 32 ? [lo, hi, by] : [hi, lo, by - 32];
    this.lo = ((low << shift) | (high >>> (32 - shift))) >>> 0;
    this.hi = ((high << shift) | (low >>> (32 - shift))) >>> 0;
    return this;
  }

  /** `x ^= x >>> by`. */
  mix(by: number): this {
    const { lo, hi } = this;
    return by < 32 ? this.xor((lo >>> by) | (hi << (32 - by)), hi >>> by) : this.xor(hi >>> (by - 32), 0);
  }
}

/** Upper half of the product of two unsigned 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const first = a1 * b0 + ((a0 * b0) >>> 16);
  const second = a0 * b1 + (first & 0xffff);
  return a1 * b1 + (first >>> 16) + (second >>> 16);
}

const LANE = 8;
const LANES = 4;
const STRIPE64 = LANES * LANE;

/** Upper half of the product of a number with the lower half of a prime: both halves of the number are exact in a double. */
function highOf(value: number, prime: number): number {
  return Math.floor(((value >>> 16) * prime + Math.floor(((value & 0xffff) * prime) / 0x10000)) / 0x10000);
}

/**
 * Rounds all whole stripes into the accumulators: lower halves first, then upper ones. Written out in plain words,
 * because whoever sends a frame of zeros decides how long this runs.
 */
function stripes(view: DataView, accs: Int32Array, from: number, to: number): void {
  const [p1, q1] = P1;
  const [p2, q2] = P2;
  for (let at = from; at < to; at += STRIPE64) {
    for (let i = 0; i < LANES; i++) {
      const low = view.getInt32(at + i * LANE, true);
      const high = view.getInt32(at + i * LANE + WORD, true);
      const addLow = Math.imul(low, p2);
      const addHigh = (highOf(low, p2) + Math.imul(high, p2) + Math.imul(low, q2)) | 0;
      const sum = ((accs[i] ?? 0) >>> 0) + (addLow >>> 0);
      const top = ((accs[i + LANES] ?? 0) + addHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
      const bottom = sum | 0;
      const turnedLow = (bottom << 31) | (top >>> 1);
      const turnedHigh = (top << 31) | (bottom >>> 1);
      accs[i] = Math.imul(turnedLow, p1);
      accs[i + LANES] = (highOf(turnedLow, p1) + Math.imul(turnedHigh, p1) + Math.imul(turnedLow, q1)) | 0;
    }
  }
}

const lane = new Word64();

function round64(acc: Word64, lo: number, hi: number): void {
  lane.lo = lo;
  lane.hi = hi;
  lane.mul(P2);
  acc.add(lane.lo, lane.hi).rotl(31).mul(P1);
}

/** Lower half of XXH64 with seed 0: what zstd frames carry behind their blocks (RFC 8878 3.1.1). */
export function xxh64Low(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  const hash = new Word64();
  let at = 0;
  if (bytes.length >= STRIPE64) {
    const start = [new Word64(...P1).add(...P2), new Word64(...P2), new Word64(), negated(P1)];
    const words = Int32Array.from([...start.map(({ lo }) => lo), ...start.map(({ hi }) => hi)]);
    at = bytes.length - (bytes.length % STRIPE64);
    stripes(view, words, 0, at);
    const accs = start.map((_, i) => new Word64(words[i], words[i + LANES]));
    joinLanes(hash, accs);
  } else {
    hash.add(...P5);
  }
  hash.add(bytes.length, Math.floor(bytes.length / 2 ** 32));
  return finish64(hash, view, at);
}

function negated([lo, hi]: Half): Word64 {
  return new Word64(~lo, ~hi).add(1, 0);
}

function joinLanes(hash: Word64, accs: readonly Word64[]): void {
  const turns = [1, 7, 12, 18];
  for (const [i, acc] of accs.entries()) {
    const turned = new Word64(acc.lo, acc.hi).rotl(turns[i] ?? 0);
    hash.add(turned.lo, turned.hi);
  }
  for (const acc of accs) {
    const value = new Word64();
    round64(value, acc.lo, acc.hi);
    hash
      .xor(value.lo, value.hi)
      .mul(P1)
      .add(...P4);
  }
}

function finish64(hash: Word64, view: DataView, from: number): number {
  let at = from;
  for (; at + LANE <= view.byteLength; at += LANE) {
    const value = new Word64();
    round64(value, view.getUint32(at, true), view.getUint32(at + WORD, true));
    hash
      .xor(value.lo, value.hi)
      .rotl(27)
      .mul(P1)
      .add(...P4);
  }
  if (at + WORD <= view.byteLength) {
    const value = new Word64(view.getUint32(at, true)).mul(P1);
    hash
      .xor(value.lo, value.hi)
      .rotl(23)
      .mul(P2)
      .add(...P3);
    at += WORD;
  }
  for (; at < view.byteLength; at++) {
    const value = new Word64(view.getUint8(at)).mul(P5);
    hash.xor(value.lo, value.hi).rotl(11).mul(P1);
  }
  return hash.mix(33).mul(P2).mix(29).mul(P3).mix(32).lo;
}
