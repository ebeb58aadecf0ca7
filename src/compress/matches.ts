import { viewOf } from '../binary/index.ts';

/** The shortest match that is looked for. */
export const MIN_MATCH = 4;
const WINDOW = 0xffff;

/** Earlier places that are tried for each match; twice as many gain half a per cent. */
const DEPTH = 32;
/** A match of this length is taken without a look at the next byte. */
const GOOD = 64;
/** After so many bytes without a match the search begins to step faster (powers of two). */
const PATIENCE = 6;
const HASH_BITS = 16;
const HASH_FACTOR = 2654435761;

/** Looks up earlier occurrences: the heads of chains by hash, and the place before each place. */
class Chains {
  readonly #view: DataView;
  readonly #input: Uint8Array;
  readonly #reach: number;
  readonly #head = new Int32Array(1 << HASH_BITS).fill(-1);
  readonly #before = new Int32Array(WINDOW + 1);
  #known = 0;
  distance = 0;

  constructor(input: Uint8Array, reach: number) {
    this.#input = input;
    this.#reach = reach;
    this.#view = viewOf(input);
  }

  #hash(at: number): number {
    return Math.imul(this.#view.getInt32(at, true), HASH_FACTOR) >>> (32 - HASH_BITS);
  }

  /** Enters all places before `to`. */
  learn(to: number): void {
    for (; this.#known < to; this.#known++) {
      const hash = this.#hash(this.#known);
      this.#before[this.#known & WINDOW] = this.#head[hash] ?? -1;
      this.#head[hash] = this.#known;
    }
  }

  /** Length of the longest match for `at` that ends by `end`, over `floor`; 0 for none. */
  longest(at: number, end: number, floor: number): number {
    this.learn(at);
    const input = this.#input;
    let best = Math.max(floor, MIN_MATCH - 1);
    let found = 0;
    let from = this.#head[this.#hash(at)] ?? -1;
    for (let tries = DEPTH; tries > 0 && from >= 0 && at - from <= this.#reach; tries--) {
      if (input[from + best] === input[at + best]) {
        let length = 0;
        while (at + length < end && input[from + length] === input[at + length]) length++;
        if (length > best) {
          best = length;
          found = length;
          this.distance = at - from;
          if (at + best >= end) break;
        }
      }
      const next = this.#before[from & WINDOW] ?? -1;
      if (next >= from) break;
      from = next;
    }
    return found;
  }
}

/** Bytes that stand for themselves, and what of earlier bytes comes behind them; none at the end. */
export interface Sequence {
  readonly literals: Uint8Array;
  readonly match?: { readonly distance: number; readonly length: number };
}

/** What a format asks of its matches. */
export interface MatchRules {
  /** How far back they may reach; at most 65535. */
  readonly reach: number;
  /** Bytes at the end that must be literals, and before which no match may start. */
  readonly lastLiterals: number;
  readonly margin: number;
}

/** Cuts bytes into sequences: hash chains with one byte of lookahead. They depend on the input alone. */
export function* sequencesOf(input: Uint8Array, rules: MatchRules): Generator<Sequence> {
  const end = input.length - rules.lastLiterals;
  const lastStart = input.length - rules.margin;
  const chains = new Chains(input, rules.reach);
  let anchor = 0;
  let at = 0;
  while (at <= lastStart) {
    let length = chains.longest(at, end, 0);
    if (length === 0) {
      at += 1 + ((at - anchor) >> PATIENCE);
      continue;
    }
    let distance = chains.distance;
    while (length < GOOD && at + 1 <= lastStart) {
      const longer = chains.longest(at + 1, end, length);
      if (longer === 0) break;
      [at, length, distance] = [at + 1, longer, chains.distance];
    }
    yield { literals: input.subarray(anchor, at), match: { distance, length } };
    at += length;
    anchor = at;
    chains.learn(Math.min(at, lastStart));
  }
  yield { literals: input.subarray(anchor) };
}
