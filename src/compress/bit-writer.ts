import { Output } from './output.ts';

/** Bits, the highest of each byte first. */
export class BitWriter {
  readonly #out: Output;
  #held = 0;
  #count = 0;

  constructor(codec: string) {
    this.#out = new Output(codec, Number.MAX_SAFE_INTEGER);
  }

  /** The lowest `count` bits of a value, 24 at most. */
  write(value: number, count: number): void {
    this.#held = (this.#held << count) | value;
    this.#count += count;
    while (this.#count >= 8) {
      this.#count -= 8;
      this.#out.fill((this.#held >>> this.#count) & 0xff, 1);
    }
  }

  /** 32 bits. */
  word(value: number): void {
    this.write(value >>> 16, 16);
    this.write(value & 0xffff, 16);
  }

  /** Fills the last byte with zeros. */
  finish(): Uint8Array {
    if (this.#count > 0) this.write(0, 8 - this.#count);
    return this.#out.finish();
  }
}
