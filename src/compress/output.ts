import { overLimit } from './limit.ts';

/** First room for data whose size is not declared. */
const FIRST_ROOM = 64 * 1024;
/** Room of this size the system gives page by page as it is written to: more of it costs nothing, a copy does. */
const LARGE = 1024 * 1024;
/** Up to here a loop beats the calls that copy blocks. */
const SHORT = 32;

/**
 * Expanded bytes that grow up to a cap, and at the same time the dictionary that matches reach back
 * into. A decoder asks for room before it writes, so that nothing beyond the cap is ever made.
 */
export class Output {
  bytes: Uint8Array;
  /** Bytes written so far. */
  length = 0;
  readonly #codec: string;
  readonly #limit: number;

  /**
   * @param expected bytes that the input declares; only as much as `limit` is believed
   * @throws FormatError `compress.limit` when more is declared than `limit`
   */
  constructor(codec: string, limit: number, expected = 0) {
    if (expected > limit) throw overLimit(codec, limit);
    this.#codec = codec;
    this.#limit = limit;
    this.bytes = new Uint8Array(Math.min(limit, FIRST_ROOM));
  }

  /** Bytes that may still be written. */
  get left(): number {
    return this.#limit - this.length;
  }

  /**
   * Makes room for `count` more bytes.
   * @throws FormatError `compress.limit` beyond the cap
   */
  reserve(count: number): void {
    const wanted = this.length + count;
    if (wanted <= this.bytes.length) return;
    if (wanted > this.#limit) throw overLimit(this.#codec, this.#limit);
    const room = Math.max(wanted, this.bytes.length * (this.bytes.length < LARGE ? 4 : 16));
    // The last step is not one of a few bytes, which would copy all that is there.
    const grown = new Uint8Array(room > this.#limit / 2 ? this.#limit : room);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  push(chunk: Uint8Array): void {
    this.reserve(chunk.length);
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
  }

  /** Copies `count` bytes of `input`; short copies are faster by hand than by a view of them. */
  copy(input: Uint8Array, from: number, count: number): void {
    if (count > SHORT) {
      this.push(input.subarray(from, from + count));
      return;
    }
    this.reserve(count);
    const { bytes, length } = this;
    for (let i = 0; i < count; i++) bytes[length + i] = input[from + i] ?? 0;
    this.length = length + count;
  }

  /** `count` times the same byte. */
  fill(byte: number, count: number): void {
    this.reserve(count);
    this.bytes.fill(byte, this.length, this.length + count);
    this.length += count;
  }

  /** Repeats what stands `distance` bytes back; the two may overlap. The caller has checked `distance`. */
  repeat(distance: number, count: number): void {
    this.reserve(count);
    const { bytes, length } = this;
    const from = length - distance;
    if (distance >= count && count > SHORT) bytes.copyWithin(length, from, from + count);
    else if (distance === 1 && count > SHORT) bytes.fill(bytes[from] ?? 0, length, length + count);
    else for (let i = 0; i < count; i++) bytes[length + i] = bytes[from + i] ?? 0;
    this.length = length + count;
  }

  /** What was written from `start` on. */
  since(start: number): Uint8Array {
    return this.bytes.subarray(start, this.length);
  }

  /** All that was written; without the room that is left, or a large one's first part. */
  finish(): Uint8Array {
    return this.bytes.length < LARGE ? this.bytes.slice(0, this.length) : this.since(0);
  }
}
