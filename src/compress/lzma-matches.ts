/** Longest match of LZMA. */
export const LONGEST = 273;

/** How hard matches are looked for. */
export interface MatchEffort {
  /** Bytes that a match may reach back; a power of two. */
  readonly dictionary: number;
  /** Earlier places that are tried for each. */
  readonly depth: number;
  /** A match of this length is taken without looking further. */
  readonly nice: number;
}

const HASH4_BITS = 20;
const HASH3_BITS = 16;
const FACTOR = 2654435761;

/**
 * Looks up earlier occurrences of what comes: chains by a hash of four bytes, the latest place by a hash of
 * three and by two bytes. Every place must be entered once, in order, by {@link find} or {@link skip}.
 */
export class LzmaMatches {
  readonly #input: Uint8Array;
  readonly #effort: MatchEffort;
  readonly #head4 = new Int32Array(1 << HASH4_BITS).fill(-1);
  readonly #head3 = new Int32Array(1 << HASH3_BITS).fill(-1);
  readonly #head2 = new Int32Array(1 << 16).fill(-1);
  readonly #before: Int32Array;
  readonly #mask: number;
  /** Lengths, rising, and for each the nearest distance, of what {@link find} found. */
  readonly lengths = new Int32Array(LONGEST + 1);
  readonly distances = new Int32Array(LONGEST + 1);
  count = 0;

  constructor(input: Uint8Array, effort: MatchEffort) {
    this.#input = input;
    this.#effort = effort;
    this.#mask = effort.dictionary - 1;
    this.#before = new Int32Array(effort.dictionary);
  }

  /** Enters places without looking. */
  skip(at: number, count: number): void {
    for (let i = 0; i < count; i++) this.#enter(at + i);
  }

  /** Finds the matches of a place, and enters it. */
  find(at: number): void {
    this.count = 0;
    const input = this.#input;
    const most = Math.min(LONGEST, input.length - at);
    if (most < 2) {
      this.#enter(at);
      return;
    }
    const near2 = this.#head2[this.#hash2(at)] ?? -1;
    const near3 = most < 3 ? -1 : (this.#head3[this.#hash3(at)] ?? -1);
    const near4 = most < 4 ? -1 : (this.#head4[this.#hash4(at)] ?? -1);
    let best = 1;
    best = this.#try(near2, at, most, best);
    if (near3 !== near2) best = this.#try(near3, at, most, best);
    this.#enter(at);
    if (best < this.#effort.nice) this.#chain(near4, at, most, best);
  }

  #chain(start: number, at: number, most: number, floor: number): void {
    const { dictionary, depth, nice } = this.#effort;
    let best = Math.max(floor, 3);
    let from = start;
    for (let tries = depth; tries > 0 && from >= 0 && at - from < dictionary; tries--) {
      best = this.#try(from, at, most, best);
      if (best >= nice || best >= most) break;
      const next = this.#before[from & this.#mask] ?? -1;
      if (next >= from) break;
      from = next;
    }
  }

  /** Notes a match that is longer than `best`. @returns the longest length by now */
  #try(from: number, at: number, most: number, best: number): number {
    const input = this.#input;
    if (from < 0 || at - from >= this.#effort.dictionary || best >= most) return best;
    if (input[from + best] !== input[at + best]) return best;
    let length = 0;
    while (length < most && input[from + length] === input[at + length]) length++;
    if (length <= best) return best;
    this.lengths[this.count] = length;
    this.distances[this.count] = at - from - 1;
    this.count++;
    return length;
  }

  #enter(at: number): void {
    const left = this.#input.length - at;
    if (left >= 2) this.#head2[this.#hash2(at)] = at;
    if (left >= 3) this.#head3[this.#hash3(at)] = at;
    if (left < 4) return;
    const hash = this.#hash4(at);
    this.#before[at & this.#mask] = this.#head4[hash] ?? -1;
    this.#head4[hash] = at;
  }

  #hash2(at: number): number {
    return (this.#input[at] ?? 0) | ((this.#input[at + 1] ?? 0) << 8);
  }

  #hash3(at: number): number {
    const word = this.#hash2(at) | ((this.#input[at + 2] ?? 0) << 16);
    return Math.imul(word, FACTOR) >>> (32 - HASH3_BITS);
  }

  #hash4(at: number): number {
    const word = this.#hash2(at) | ((this.#input[at + 2] ?? 0) << 16) | ((this.#input[at + 3] ?? 0) << 24);
    return Math.imul(word, FACTOR) >>> (32 - HASH4_BITS);
  }
}
