import { MOVE_BITS, PROB_BITS, PROB_START } from './lzma-model.ts';

/** The range is filled up while it is below this. */
const TOP = 2 ** 24;
const WORD = 2 ** 32;
/** Low values from here on may still change by a carry. */
const CARRY_FROM = 0xff000000;

/** The range encoder of LZMA: bits in, weighed by their probabilities, bytes out. */
export class RangeEncoder {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;
  #low = 0;
  #range = WORD - 1;
  #cache = 0;
  /** Bytes that a carry may still change. */
  #held = 1;

  /** Most bytes that the encoder would have written if it were finished now. */
  get size(): number {
    return this.#length + this.#held + 4;
  }

  bit(model: Uint16Array, index: number, bit: number): void {
    const prob = model[index] ?? PROB_START;
    const bound = (this.#range >>> PROB_BITS) * prob;
    if (bit === 0) {
      this.#range = bound;
      model[index] = prob + (((1 << PROB_BITS) - prob) >> MOVE_BITS);
    } else {
      this.#low += bound;
      this.#range -= bound;
      model[index] = prob - (prob >> MOVE_BITS);
    }
    this.#fill();
  }

  /** The lower `count` bits of a value, highest first, without a model. */
  direct(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) {
      this.#range = this.#range >>> 1;
      if (((value >>> i) & 1) === 1) this.#low += this.#range;
      this.#fill();
    }
  }

  tree(model: Uint16Array, base: number, symbol: { readonly bits: number; readonly value: number }): void {
    let node = 1;
    for (let i = symbol.bits - 1; i >= 0; i--) {
      const bit = (symbol.value >>> i) & 1;
      this.bit(model, base + node, bit);
      node = (node << 1) | bit;
    }
  }

  reverseTree(
    model: Uint16Array,
    base: number,
    symbol: { readonly bits: number; readonly value: number },
  ): void {
    let node = 1;
    for (let i = 0; i < symbol.bits; i++) {
      const bit = (symbol.value >>> i) & 1;
      this.bit(model, base + node, bit);
      node = (node << 1) | bit;
    }
  }

  /** Ends the stretch. @returns its bytes; the encoder begins another */
  finish(): Uint8Array {
    for (let i = 0; i < 5; i++) this.#shift();
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.#low = 0;
    this.#range = WORD - 1;
    this.#cache = 0;
    this.#held = 1;
    return bytes;
  }

  #fill(): void {
    while (this.#range < TOP) {
      this.#range = this.#range * 256;
      this.#shift();
    }
  }

  #shift(): void {
    if (this.#low < CARRY_FROM || this.#low >= WORD) {
      const carry = this.#low >= WORD ? 1 : 0;
      this.#put(this.#cache + carry);
      for (; this.#held > 1; this.#held--) this.#put(0xff + carry);
      this.#held = 0;
      this.#cache = Math.floor(this.#low / TOP) & 0xff;
    }
    this.#held++;
    this.#low = (this.#low % TOP) * 256;
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}
