import { cutShort, streamError } from './fault.ts';
import type { Output } from './output.ts';

/** One LZO1X stream in the input. */
export interface LzoBlock {
  readonly from: number;
  readonly to: number;
  /** Bytes that come out of it; nothing before its own beginning may be repeated. */
  readonly size: number;
}

/** The first instruction alone may be a count of literals: those from 18 on are. */
const FIRST = 17;
/** What came before decides what the lowest instructions mean; here a run of literals, not up to three. */
const BEHIND_RUN = 4;
const MORE = 255;
/** Lengths and distances of Documentation/staging/lzo.rst. */
const RUN = { base: 3, most: 15 };
const FAR = { mask: 7, base: 2, distance: 0x4000 };
const MIDDLE = { mask: 31, base: 2 };
const BEHIND_RUN_DISTANCE = 0x801;

/**
 * Expands one LZO1X stream into `out`, after Documentation/staging/lzo.rst of Linux. All that it asks for is
 * held against the input that is left, the bytes that are there and `size` before it is done.
 * @throws FormatError `compress.lzo` for damage, `compress.limit` beyond the cap
 */
export function expandLzoBlock(input: Uint8Array, block: LzoBlock, out: Output): void {
  out.reserve(block.size);
  const stream = new LzoStream(input, block, out);
  stream.run();
}

class LzoStream {
  readonly #input: Uint8Array;
  readonly #block: LzoBlock;
  readonly #out: Output;
  /** Where the output of this block begins. */
  readonly #start: number;
  #at: number;
  /** Literals behind the last match (0 to 3), or {@link BEHIND_RUN}. */
  #state = 0;

  constructor(input: Uint8Array, block: LzoBlock, out: Output) {
    this.#input = input;
    this.#block = block;
    this.#out = out;
    this.#start = out.length;
    this.#at = block.from;
  }

  run(): void {
    const first = this.#input[this.#at] ?? 0;
    if (this.#at < this.#block.to && first > FIRST) {
      this.#at++;
      this.#literals(first - FIRST);
      this.#state = Math.min(first - FIRST, BEHIND_RUN);
    }
    while (this.#instruction(this.#next()));
    const made = this.#out.length - this.#start;
    if (made !== this.#block.size) throw this.#fail('size', made, `${this.#block.size} bytes expanded`);
    if (this.#at !== this.#block.to) throw this.#fail('end', this.#at, `the end at ${this.#block.to}`);
  }

  /** @returns false at the end of the stream */
  #instruction(code: number): boolean {
    if (code >= 64) {
      const back = (this.#next() << 3) + ((code >> 2) & 7) + 1;
      this.#match(back, (code >> 5) + 1, code & 3);
    } else if (code >= 32) {
      const length = this.#long(code & MIDDLE.mask, MIDDLE.mask) + MIDDLE.base;
      const word = this.#word();
      this.#match((word >> 2) + 1, length, word & 3);
    } else if (code >= 16) {
      return this.#far(code);
    } else if (this.#state === 0) {
      this.#literals(this.#long(code, RUN.most) + RUN.base);
      this.#state = BEHIND_RUN;
    } else {
      const back = (this.#next() << 2) + (code >> 2);
      if (this.#state === BEHIND_RUN) this.#match(back + BEHIND_RUN_DISTANCE, 3, code & 3);
      else this.#match(back + 1, 2, code & 3);
    }
    return true;
  }

  /** A match of the far kind at no distance, of the least length, is the end. */
  #far(code: number): boolean {
    const length = this.#long(code & FAR.mask, FAR.mask) + FAR.base;
    const word = this.#word();
    const back = ((code & 8) << 11) + (word >> 2);
    if (back > 0) {
      this.#match(back + FAR.distance, length, word & 3);
      return true;
    }
    if (length !== FAR.base + 1) throw this.#fail('end', length, `a length of ${FAR.base + 1}`);
    return false;
  }

  #match(back: number, length: number, literals: number): void {
    const most = this.#out.length - this.#start;
    if (back > most) throw this.#fail('distance', back, `1 to ${most}`);
    this.#expectRoom(length);
    this.#out.repeat(back, length);
    this.#literals(literals);
    this.#state = literals;
  }

  #literals(count: number): void {
    const left = this.#block.to - this.#at;
    if (count > left) throw this.#fail('literals', count, `at most ${left} bytes`);
    this.#expectRoom(count);
    this.#out.copy(this.#input, this.#at, count);
    this.#at += count;
  }

  #expectRoom(count: number): void {
    const left = this.#block.size - (this.#out.length - this.#start);
    if (count > left) throw this.#fail('length', count, `at most ${left} bytes`);
  }

  /** A number in the low bits, or behind the instruction: a zero for each 255, and the rest. */
  #long(low: number, most: number): number {
    if (low > 0) return low;
    let sum = most;
    for (;;) {
      const byte = this.#next();
      if (byte > 0) return sum + byte;
      sum += MORE;
    }
  }

  #word(): number {
    const low = this.#next();
    return low | (this.#next() << 8);
  }

  #next(): number {
    if (this.#at >= this.#block.to) throw cutShort('lzo', 'block', this.#at);
    return this.#input[this.#at++] as number;
  }

  #fail(field: string, got: number, wanted: string) {
    return streamError('lzo', { field: `block.${field}`, offset: this.#at, got, wanted });
  }
}
