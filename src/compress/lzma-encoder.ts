import { LONGEST, LzmaMatches, type MatchEffort } from './lzma-matches.ts';
import {
  ALIGN_BITS,
  DIRECT_SLOT,
  FULL_DISTANCES,
  LENGTH_STATES,
  LengthModel,
  LITERAL_PROBS,
  LITERAL_STATES,
  MIN_MATCH,
  POS_STATES,
  probs,
  SLOT_BITS,
  STATES,
} from './lzma-model.ts';
import { RangeEncoder } from './range-encoder.ts';

/** lc 3, lp 0, pb 2: what every tool writes unless told otherwise. */
const LITERAL_CONTEXT = 3;
const POS_MASK = 3;
/** The byte of these properties in a header: (pb * 5 + lp) * 9 + lc. */
export const PROPERTIES = (2 * 5 + 0) * 9 + LITERAL_CONTEXT;

/** Distances from which a repeated match that is shorter by two, or by three, is cheaper. */
const FAR = 1 << 9;
const VERY_FAR = 1 << 15;
/** A match one longer is not worth a distance so many times farther (powers of two). */
const MUCH_FARTHER = 7;
/** A match of two bytes is worth its distance up to here only. */
const NEAR = 0x80;

/** All models of a stream, fresh. */
class Models {
  readonly literal = probs(LITERAL_PROBS << LITERAL_CONTEXT);
  readonly isMatch = probs(STATES * POS_STATES);
  readonly isRep = probs(STATES);
  readonly isRepG0 = probs(STATES);
  readonly isRepG1 = probs(STATES);
  readonly isRepG2 = probs(STATES);
  readonly isRep0Long = probs(STATES * POS_STATES);
  readonly slot = probs(LENGTH_STATES << SLOT_BITS);
  readonly special = probs(FULL_DISTANCES);
  readonly align = probs(1 << ALIGN_BITS);
  readonly matchLength = new LengthModel();
  readonly repLength = new LengthModel();
}

/** The last four distances, the latest first. */
type Reps = [number, number, number, number];

/** Where a stretch must end: at a place of the input, or when so many bytes are written. */
export interface StretchLimit {
  readonly end: number;
  readonly packed?: number;
}

/**
 * Encodes bytes as LZMA in stretches, each with a range coder of its own. What comes out depends on the
 * input and the effort alone. Choices are those of XZ Utils' fast mode: the longest match unless a repeated
 * distance, or a look at the next byte, is better.
 */
export class LzmaEncoder {
  readonly #input: Uint8Array;
  readonly #matches: LzmaMatches;
  readonly #nice: number;
  readonly #coder = new RangeEncoder();
  #models = new Models();
  #state = 0;
  #reps: Reps = [0, 0, 0, 0];
  #at = 0;
  /** Whether the matches of this place are known from the look ahead. */
  #known = false;
  #length = 0;
  #distance = 0;

  constructor(input: Uint8Array, effort: MatchEffort) {
    this.#input = input;
    this.#matches = new LzmaMatches(input, effort);
    this.#nice = effort.nice;
  }

  /** The next byte that is not encoded yet. */
  get at(): number {
    return this.#at;
  }

  /** Forgets what was learned of the data, but not where it stands. */
  reset(): void {
    this.#models = new Models();
    this.#state = 0;
    this.#reps = [0, 0, 0, 0];
  }

  /** Encodes on. @returns the bytes of this stretch */
  stretch({ end, packed = Number.POSITIVE_INFINITY }: StretchLimit): Uint8Array {
    while (this.#at < end && this.#coder.size < packed) this.#step(end);
    return this.#coder.finish();
  }

  #step(end: number): void {
    const most = Math.min(LONGEST, end - this.#at);
    if (!this.#known) this.#look(this.#at);
    this.#known = false;
    const rep = this.#longestRep(this.#at, most);
    const length = Math.min(this.#length, most);
    const distance = this.#distance;
    if (rep.length >= this.#nice || this.#prefersRep(rep.length, length, distance)) {
      this.#takeRep(rep.index, rep.length);
    } else if (length >= this.#nice) {
      this.#takeMatch(length, distance, 1);
    } else if (length < MIN_MATCH) {
      this.#single(most);
    } else {
      this.#look(this.#at + 1);
      this.#known = true;
      if (this.#nextIsBetter(length, distance, most)) this.#single(most);
      else this.#takeMatch(length, distance, 2);
    }
  }

  /** Finds the match of a place that is worth most. */
  #look(at: number): void {
    this.#length = 0;
    if (at >= this.#input.length) return;
    const { lengths, distances } = this.#matches;
    this.#matches.find(at);
    let i = this.#matches.count - 1;
    if (i < 0) return;
    while (
      i > 0 &&
      lengths[i] === (lengths[i - 1] ?? 0) + 1 &&
      (distances[i] ?? 0) >>> MUCH_FARTHER > (distances[i - 1] ?? 0)
    )
      i--;
    this.#length = lengths[i] ?? 0;
    this.#distance = distances[i] ?? 0;
    if (this.#length === MIN_MATCH && this.#distance >= NEAR) this.#length = 0;
  }

  #longestRep(at: number, most: number): { length: number; index: number } {
    let length = 0;
    let index = 0;
    for (let i = 0; i < this.#reps.length; i++) {
      const found = this.#same(at, this.#reps[i] ?? 0, most);
      if (found <= length) continue;
      length = found;
      index = i;
    }
    return { length: length < MIN_MATCH ? 0 : length, index };
  }

  #same(at: number, distance: number, most: number): number {
    const input = this.#input;
    const from = at - distance - 1;
    if (from < 0) return 0;
    let length = 0;
    while (length < most && input[from + length] === input[at + length]) length++;
    return length;
  }

  #prefersRep(rep: number, length: number, distance: number): boolean {
    if (rep < MIN_MATCH) return false;
    if (rep + 1 >= length) return true;
    return (rep + 2 >= length && distance >= FAR) || (rep + 3 >= length && distance >= VERY_FAR);
  }

  #nextIsBetter(length: number, distance: number, most: number): boolean {
    const [next, far] = [Math.min(this.#length, most - 1), this.#distance];
    if (next >= MIN_MATCH) {
      if (next >= length && far < distance) return true;
      if (next === length + 1 && far >>> MUCH_FARTHER <= distance) return true;
      if (next > length + 1) return true;
      if (next + 1 >= length && length >= 3 && distance >>> MUCH_FARTHER > far) return true;
    }
    const rest = Math.max(2, length - 1);
    return this.#reps.some((rep) => this.#same(this.#at + 1, rep, Math.min(rest, most - 1)) >= rest);
  }

  /** One byte: as what stood at the last distance, or for itself. */
  #single(most: number): void {
    if (
      most > 0 &&
      this.#at > 0 &&
      this.#same(this.#at, this.#reps[0], 1) === 1 &&
      this.#state >= LITERAL_STATES
    )
      this.#shortRep();
    else this.#literal();
    this.#at++;
  }

  #shortRep(): void {
    const [state, position] = [this.#state, this.#at & POS_MASK];
    const { isMatch, isRep, isRepG0, isRep0Long } = this.#models;
    this.#coder.bit(isMatch, (state << 4) + position, 1);
    this.#coder.bit(isRep, state, 1);
    this.#coder.bit(isRepG0, state, 0);
    this.#coder.bit(isRep0Long, (state << 4) + position, 0);
    this.#state = state < LITERAL_STATES ? 9 : 11;
  }

  #literal(): void {
    const at = this.#at;
    const input = this.#input;
    const coder = this.#coder;
    const { isMatch, literal } = this.#models;
    coder.bit(isMatch, (this.#state << 4) + (at & POS_MASK), 0);
    const byte = input[at] ?? 0;
    const before = at > 0 ? (input[at - 1] ?? 0) : 0;
    const base = LITERAL_PROBS * (before >> (8 - LITERAL_CONTEXT));
    let symbol = 1;
    let i = 7;
    if (this.#state >= LITERAL_STATES) {
      let matched = input[at - this.#reps[0] - 1] ?? 0;
      for (; i >= 0; i--) {
        const wanted = (matched >> 7) & 1;
        matched <<= 1;
        const bit = (byte >> i) & 1;
        coder.bit(literal, base + ((1 + wanted) << 8) + symbol, bit);
        symbol = (symbol << 1) | bit;
        if (wanted !== bit) {
          i--;
          break;
        }
      }
    }
    for (; i >= 0; i--) {
      const bit = (byte >> i) & 1;
      coder.bit(literal, base + symbol, bit);
      symbol = (symbol << 1) | bit;
    }
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** @param entered places of the match that the finder knows already */
  #takeMatch(length: number, distance: number, entered: number): void {
    const [state, position] = [this.#state, this.#at & POS_MASK];
    const { isMatch, isRep, matchLength } = this.#models;
    this.#coder.bit(isMatch, (state << 4) + position, 1);
    this.#coder.bit(isRep, state, 0);
    this.#codeLength(matchLength, length - MIN_MATCH, position);
    this.#codeDistance(distance, Math.min(length - MIN_MATCH, LENGTH_STATES - 1));
    this.#reps = [distance, this.#reps[0], this.#reps[1], this.#reps[2]];
    this.#state = state < LITERAL_STATES ? 7 : 10;
    this.#advance(length, entered);
  }

  #takeRep(index: number, length: number): void {
    const [state, position] = [this.#state, this.#at & POS_MASK];
    const { isMatch, isRep, isRepG0, isRepG1, isRepG2, isRep0Long, repLength } = this.#models;
    const coder = this.#coder;
    coder.bit(isMatch, (state << 4) + position, 1);
    coder.bit(isRep, state, 1);
    coder.bit(isRepG0, state, index === 0 ? 0 : 1);
    if (index === 0) coder.bit(isRep0Long, (state << 4) + position, 1);
    else coder.bit(isRepG1, state, index === 1 ? 0 : 1);
    if (index > 1) coder.bit(isRepG2, state, index - 2);
    const distance = this.#reps[index] ?? 0;
    this.#reps = [distance, ...this.#reps.filter((_, i) => i !== index)] as Reps;
    this.#codeLength(repLength, length - MIN_MATCH, position);
    this.#state = state < LITERAL_STATES ? 8 : 11;
    this.#advance(length, 1);
  }

  #advance(length: number, entered: number): void {
    this.#matches.skip(this.#at + entered, length - entered);
    this.#at += length;
    this.#known = false;
  }

  #codeLength(model: LengthModel, length: number, position: number): void {
    const coder = this.#coder;
    coder.bit(model.choice, 0, length < 8 ? 0 : 1);
    if (length < 8) {
      coder.tree(model.low, position << 3, { bits: 3, value: length });
      return;
    }
    coder.bit(model.choice, 1, length < 16 ? 0 : 1);
    if (length < 16) coder.tree(model.middle, position << 3, { bits: 3, value: length - 8 });
    else coder.tree(model.high, 0, { bits: 8, value: length - 16 });
  }

  #codeDistance(distance: number, lengthState: number): void {
    const { slot: slots, special, align } = this.#models;
    const coder = this.#coder;
    const bits = 31 - Math.clz32(distance);
    const slot = distance < 4 ? distance : (bits << 1) | ((distance >>> (bits - 1)) & 1);
    coder.tree(slots, lengthState << SLOT_BITS, { bits: SLOT_BITS, value: slot });
    if (slot < 4) return;
    const footer = (slot >> 1) - 1;
    const base = ((2 | (slot & 1)) << footer) >>> 0;
    const rest = distance - base;
    if (slot < DIRECT_SLOT) {
      coder.reverseTree(special, base - slot, { bits: footer, value: rest });
    } else {
      coder.direct(rest >>> ALIGN_BITS, footer - ALIGN_BITS);
      coder.reverseTree(align, 0, { bits: ALIGN_BITS, value: rest & ((1 << ALIGN_BITS) - 1) });
    }
  }
}
