import { type Sequence, sequencesOf } from './matches.ts';

/** Documentation/staging/lzo.rst of Linux: the farthest match, and the kinds of shorter ones. */
const RULES = { reach: 0xbfff, lastLiterals: 0, margin: 4 };
const NEAR = { length: 8, distance: 2048 };
const MIDDLE = 16384;
/** Ends the stream: a match of the far kind at no distance. */
const END = [0x11, 0, 0];
const MORE = 255;
/** The first instruction alone may be a count of literals. */
const FIRST = { base: 17, most: 238 };

/** Most bytes that a block of `size` bytes can become. */
export function lzoBound(size: number): number {
  return size + Math.ceil(size / 16) + 64 + END.length;
}

/** Packs bytes into one LZO1X block. The bytes depend on the input alone. */
export function packLzo(input: Uint8Array): Uint8Array {
  const writer = new Writer(input.length);
  for (const { literals, match } of sequencesOf(input, RULES)) {
    writer.literals(literals);
    if (match !== undefined) writer.match(match);
  }
  return writer.finish();
}

class Writer {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The byte of the last match whose two lowest bits count up to three literals behind it. */
  #counter: number | undefined;

  constructor(size: number) {
    this.#bytes = new Uint8Array(lzoBound(size));
  }

  literals(bytes: Uint8Array): void {
    const count = bytes.length;
    if (count === 0) return;
    if (this.#at === 0 && count <= FIRST.most) this.#put(FIRST.base + count);
    else if (count < 4 && this.#counter !== undefined)
      this.#bytes[this.#counter] = (this.#bytes[this.#counter] as number) | count;
    else this.#long(0, count - 3, 15);
    this.#bytes.set(bytes, this.#at);
    this.#at += count;
  }

  match({ length, distance }: NonNullable<Sequence['match']>): void {
    const back = distance - 1;
    if (length <= NEAR.length && distance <= NEAR.distance) {
      this.#counter = this.#at;
      this.#put(((length - 1) << 5) | ((back & 7) << 2));
      this.#put(back >> 3);
    } else if (distance <= MIDDLE) {
      this.#long(32, length - 2, 31);
      this.#distance(back);
    } else {
      const far = distance - MIDDLE;
      this.#long(16 | ((far >> 11) & 8), length - 2, 7);
      this.#distance(far & 0x3fff);
    }
  }

  finish(): Uint8Array {
    for (const byte of END) this.#put(byte);
    return this.#bytes.slice(0, this.#at);
  }

  /** A number in the low bits, or behind the instruction: a zero for each 255, and the rest. */
  #long(instruction: number, value: number, most: number): void {
    if (value <= most) {
      this.#put(instruction | value);
      return;
    }
    this.#put(instruction);
    let rest = value - most;
    for (; rest > MORE; rest -= MORE) this.#put(0);
    this.#put(rest);
  }

  #distance(value: number): void {
    this.#counter = this.#at;
    this.#put((value << 2) & 0xff);
    this.#put(value >> 6);
  }

  #put(byte: number): void {
    this.#bytes[this.#at++] = byte;
  }
}
