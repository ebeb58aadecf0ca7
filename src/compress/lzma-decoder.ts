import { cutShort, streamError } from './fault.ts';
import {
  ALIGN_BITS,
  DIRECT_SLOT,
  FULL_DISTANCES,
  LENGTH_STATES,
  LengthModel,
  LITERAL_PROBS,
  LITERAL_STATES,
  type LzmaProperties,
  MIN_MATCH,
  MOVE_BITS,
  POS_STATES,
  PROB_BITS,
  PROB_START,
  probs,
  SLOT_BITS,
  STATES,
} from './lzma-model.ts';
import type { Output } from './output.ts';

/** The range is filled up while its upper byte is zero. */
const TOP_BYTE = 0xff000000;
/** Added to both sides, it makes a signed comparison an unsigned one. */
const SIGN = 0x80000000 | 0;

const END_MARK = 0xffffffff;

/** The range decoder over one stretch of input. Range and code are kept as signed words, which engines hold unboxed. */
class RangeDecoder {
  readonly #input: Uint8Array;
  at: number;
  #range = -1;
  #code = 0;

  constructor(input: Uint8Array, from: number) {
    this.#input = input;
    if (input[from] !== 0) {
      throw streamError('lzma', {
        field: 'data',
        offset: from,
        got: input[from] ?? 'end of input',
        wanted: 'a zero byte',
      });
    }
    this.at = from + 1;
    for (let i = 0; i < 4; i++) this.#code = (this.#code << 8) | this.#next();
  }

  /** Whether the encoder's last byte was taken and nothing is left of the number. */
  finish(): boolean {
    this.#normalize();
    return this.#code === 0;
  }

  #next(): number {
    const byte = this.#input[this.at++];
    if (byte === undefined) throw cutShort('lzma', 'data', this.#input.length);
    return byte;
  }

  #normalize(): void {
    if ((this.#range & TOP_BYTE) !== 0) return;
    this.#range <<= 8;
    this.#code = (this.#code << 8) | this.#next();
  }

  bit(model: Uint16Array, index: number): 0 | 1 {
    this.#normalize();
    const prob = model[index] ?? PROB_START;
    const bound = Math.imul(this.#range >>> PROB_BITS, prob);
    if ((this.#code ^ SIGN) < (bound ^ SIGN)) {
      this.#range = bound;
      model[index] = prob + (((1 << PROB_BITS) - prob) >> MOVE_BITS);
      return 0;
    }
    this.#range = (this.#range - bound) | 0;
    this.#code = (this.#code - bound) | 0;
    model[index] = prob - (prob >> MOVE_BITS);
    return 1;
  }

  direct(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      this.#normalize();
      this.#range >>>= 1;
      const one = (this.#code ^ SIGN) >= (this.#range ^ SIGN);
      if (one) this.#code = (this.#code - this.#range) | 0;
      value = value * 2 + (one ? 1 : 0);
    }
    return value;
  }

  tree(model: Uint16Array, base: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | this.bit(model, base + node);
    return node - (1 << bits);
  }

  reverseTree(model: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(model, base + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  length(model: LengthModel, position: number): number {
    if (this.bit(model.choice, 0) === 0) return this.tree(model.low, position << 3, 3);
    if (this.bit(model.choice, 1) === 0) return 8 + this.tree(model.middle, position << 3, 3);
    return 16 + this.tree(model.high, 0, 8);
  }
}

/** What a decoder is to do. */
export interface LzmaRequest {
  readonly properties: LzmaProperties;
  /** Bytes that a match may reach back. */
  readonly dictionary: number;
  /** Bytes to expand; undefined when only the end mark ends the data. */
  readonly size: number | undefined;
  /** Where the dictionary begins in the output: matches and positions count from there. Default 0. */
  readonly origin?: number;
}

/** The models and the state of one LZMA stream. Every step makes at least one byte of output. */
export class LzmaDecoder {
  readonly #request: LzmaRequest;
  readonly #out: Output;
  readonly #origin: number;
  readonly #literal: Uint16Array;
  readonly #isMatch = probs(STATES * POS_STATES);
  readonly #isRep = probs(STATES);
  readonly #isRepG0 = probs(STATES);
  readonly #isRepG1 = probs(STATES);
  readonly #isRepG2 = probs(STATES);
  readonly #isRep0Long = probs(STATES * POS_STATES);
  readonly #slot = probs(LENGTH_STATES << SLOT_BITS);
  readonly #special = probs(FULL_DISTANCES);
  readonly #align = probs(1 << ALIGN_BITS);
  readonly #matchLength = new LengthModel();
  readonly #repLength = new LengthModel();
  #state = 0;
  #reps: [number, number, number, number] = [0, 0, 0, 0];

  constructor(request: LzmaRequest, out: Output) {
    this.#request = request;
    this.#out = out;
    this.#origin = request.origin ?? 0;
    const { literalContext, literalPosition } = request.properties;
    this.#literal = probs(LITERAL_PROBS << (literalContext + literalPosition));
  }

  /** The same stream with fresh models, as LZMA2 asks for between chunks. */
  renewed(): LzmaDecoder {
    return new LzmaDecoder(this.#request, this.#out);
  }

  /**
   * Expands from `from` on.
   * @returns where the compressed data ends
   * @throws FormatError `compress.lzma`, `compress.limit`
   */
  run(input: Uint8Array, from: number): number {
    const coder = new RangeDecoder(input, from);
    const ended = this.#expand(coder, this.#request.size ?? Number.POSITIVE_INFINITY);
    if (ended) return this.#endMark(coder);
    // A stream of a known size may carry the end mark all the same (LZMA specification, "LZMA end marker").
    if (!coder.finish()) this.#expectEndMark(coder);
    return coder.at;
  }

  /**
   * Expands a chunk of LZMA2, which ends with the input, to `size` bytes.
   * @throws FormatError `compress.lzma`
   */
  runChunk(input: Uint8Array, from: number, size: number): void {
    const coder = new RangeDecoder(input, from);
    const ended = this.#expand(coder, this.#out.length + size);
    if (!ended && coder.finish() && coder.at === input.length) return;
    throw streamError('lzma', {
      field: 'chunk',
      offset: coder.at,
      got: ended ? 'the end mark' : 'more data',
      wanted: `the end of the chunk at ${input.length}`,
    });
  }

  /** Runs until the output has `end` bytes. @returns whether the end mark came first. */
  #expand(coder: RangeDecoder, end: number): boolean {
    const posMask = (1 << this.#request.properties.position) - 1;
    const out = this.#out;
    while (out.length < end) {
      const position = (out.length - this.#origin) & posMask;
      if (coder.bit(this.#isMatch, (this.#state << 4) + position) === 0) {
        this.#literalByte(coder);
        continue;
      }
      const length = this.#match(coder, position);
      if (length === undefined) return true;
      this.#copy(length, coder.at, end);
    }
    return false;
  }

  #expectEndMark(coder: RangeDecoder): void {
    const position = this.#out.length & ((1 << this.#request.properties.position) - 1);
    const isMark =
      coder.bit(this.#isMatch, (this.#state << 4) + position) === 1 &&
      this.#match(coder, position) === undefined;
    if (!isMark || !coder.finish()) {
      throw streamError('lzma', {
        field: 'data',
        offset: coder.at,
        got: 'more data',
        wanted: 'the end at the size that is declared',
      });
    }
  }

  #endMark(coder: RangeDecoder): number {
    const { size } = this.#request;
    if (size === undefined && coder.finish()) return coder.at;
    const wanted = size === undefined ? 'a finished range coder' : `${size} bytes before the end mark`;
    throw streamError('lzma', { field: 'data', offset: coder.at, got: 'the end mark', wanted });
  }

  #literalByte(coder: RangeDecoder): void {
    const out = this.#out;
    out.reserve(1);
    const { literalContext, literalPosition } = this.#request.properties;
    const written = out.length - this.#origin;
    const before = written > 0 ? (out.bytes[out.length - 1] ?? 0) : 0;
    const context =
      ((written & ((1 << literalPosition) - 1)) << literalContext) + (before >> (8 - literalContext));
    const base = LITERAL_PROBS * context;
    let symbol = 1;
    if (this.#state >= LITERAL_STATES) {
      let matched = out.bytes[out.length - this.#reps[0] - 1] ?? 0;
      while (symbol < 0x100) {
        const wanted = (matched >> 7) & 1;
        matched <<= 1;
        const bit = coder.bit(this.#literal, base + ((1 + wanted) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (wanted !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | coder.bit(this.#literal, base + symbol);
    out.bytes[out.length++] = symbol & 0xff;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** @returns the length of the match, its distance in the first of the reps; undefined for the end mark. */
  #match(coder: RangeDecoder, position: number): number | undefined {
    const state = this.#state;
    if (coder.bit(this.#isRep, state) !== 0) return this.#repeated(coder, position);
    const [rep0, rep1, rep2] = this.#reps;
    const length = coder.length(this.#matchLength, position);
    this.#state = state < LITERAL_STATES ? 7 : 10;
    const distance = this.#distance(coder, Math.min(length, LENGTH_STATES - 1));
    this.#reps = [distance, rep0, rep1, rep2];
    return distance === END_MARK ? undefined : length + MIN_MATCH;
  }

  #repeated(coder: RangeDecoder, position: number): number {
    const state = this.#state;
    const [rep0, rep1, rep2, rep3] = this.#reps;
    if (coder.bit(this.#isRepG0, state) === 0) {
      if (coder.bit(this.#isRep0Long, (state << 4) + position) === 0) {
        this.#state = state < LITERAL_STATES ? 9 : 11;
        return 1;
      }
    } else if (coder.bit(this.#isRepG1, state) === 0) {
      this.#reps = [rep1, rep0, rep2, rep3];
    } else if (coder.bit(this.#isRepG2, state) === 0) {
      this.#reps = [rep2, rep0, rep1, rep3];
    } else {
      this.#reps = [rep3, rep0, rep1, rep2];
    }
    this.#state = state < LITERAL_STATES ? 8 : 11;
    return coder.length(this.#repLength, position) + MIN_MATCH;
  }

  #distance(coder: RangeDecoder, lengthState: number): number {
    const slot = coder.tree(this.#slot, lengthState << SLOT_BITS, SLOT_BITS);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < DIRECT_SLOT) return base + coder.reverseTree(this.#special, base - slot, bits);
    return (
      base + coder.direct(bits - ALIGN_BITS) * 2 ** ALIGN_BITS + coder.reverseTree(this.#align, 0, ALIGN_BITS)
    );
  }

  #copy(length: number, offset: number, end: number): void {
    const distance = this.#reps[0] + 1;
    const most = Math.min(this.#out.length - this.#origin, this.#request.dictionary);
    if (distance > most) {
      throw streamError('lzma', { field: 'distance', offset, got: distance, wanted: `at most ${most}` });
    }
    if (this.#out.length + length > end) {
      throw streamError('lzma', {
        field: 'length',
        offset,
        got: length,
        wanted: `at most ${end - this.#out.length}`,
      });
    }
    this.#out.repeat(distance, length);
  }
}
