import { viewOf } from '../binary/index.ts';
import { Output } from './output.ts';

/** lz4_Block_format.md: the shortest match, and what must stay literals at a block's end. */
const MIN_MATCH = 4;
const LAST_LITERALS = 5;
const MATCH_MARGIN = 12;
const WINDOW = 0xffff;
const LONG = 15;
const MORE = 255;

/** Earlier places that are tried for each match; twice as many gain half a per cent. */
const DEPTH = 32;
/** A match of this length is taken without a look at the next byte. */
const GOOD = 64;
/** After so many bytes without a match the search begins to step faster (powers of two). */
const PATIENCE = 6;
const HASH_BITS = 16;
const HASH_FACTOR = 2654435761;

/** Most bytes that a block of `size` bytes can become. */
export function lz4Bound(size: number): number {
  return size + Math.floor(size / MORE) + 16;
}

/** Looks up earlier occurrences: the heads of chains by hash, and the place before each place. */
class Chains {
  readonly #view: DataView;
  readonly #input: Uint8Array;
  readonly #head = new Int32Array(1 << HASH_BITS).fill(-1);
  readonly #before = new Int32Array(WINDOW + 1);
  #known = 0;
  distance = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
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
    for (let tries = DEPTH; tries > 0 && from >= 0 && at - from <= WINDOW; tries--) {
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

/**
 * Packs bytes into one lz4 block: hash chains with one byte of lookahead. The bytes depend on the
 * input alone.
 */
export function packLz4Block(input: Uint8Array): Uint8Array {
  const out = new Output('lz4', lz4Bound(input.length));
  const end = input.length - LAST_LITERALS;
  const lastStart = input.length - MATCH_MARGIN;
  const chains = new Chains(input);
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
    sequence(out, input.subarray(anchor, at), { distance, length });
    at += length;
    anchor = at;
    chains.learn(Math.min(at, lastStart));
  }
  sequence(out, input.subarray(anchor));
  return out.finish();
}

function sequence(
  out: Output,
  literals: Uint8Array,
  match?: { readonly distance: number; readonly length: number },
): void {
  const extra = match === undefined ? 0 : match.length - MIN_MATCH;
  out.fill((Math.min(literals.length, LONG) << 4) | Math.min(extra, LONG), 1);
  longLength(out, literals.length);
  out.copy(literals, 0, literals.length);
  if (match === undefined) return;
  out.fill(match.distance & 0xff, 1);
  out.fill(match.distance >> 8, 1);
  longLength(out, extra);
}

function longLength(out: Output, length: number): void {
  if (length < LONG) return;
  out.fill(MORE, Math.floor((length - LONG) / MORE));
  out.fill((length - LONG) % MORE, 1);
}
