import { FormatError } from '../binary/index.ts';

/** Tags of X.690 that boot signatures use. */
export const DER = { integer: 0x02, octets: 0x04, oid: 0x06, printable: 0x13, sequence: 0x30 } as const;

/** The most length bytes that are read: sizes below 2^32. */
const MAX_LENGTH_BYTES = 4;

/** One element: tag, whole bytes, content. */
export interface DerElement {
  readonly tag: number;
  /** Bytes from the start of the input. */
  readonly offset: number;
  /** Tag, length and content. */
  readonly raw: Uint8Array;
  readonly content: Uint8Array;
  /** Offset of the content in the input. */
  readonly contentOffset: number;
}

/** Reads elements of definite length from front to back; enough DER for boot signatures. */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #base: number;
  #at = 0;

  constructor(bytes: Uint8Array, base = 0) {
    this.#bytes = bytes;
    this.#base = base;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @throws FormatError `avb.der` when the next element has another tag or runs over the end. */
  take(name: string, tag?: number): DerElement {
    const start = this.#at;
    const got = this.#byte(name);
    if (tag !== undefined && got !== tag)
      throw this.#fault(name, start, got, `DER tag 0x${tag.toString(16)}`);
    const size = this.#length(name);
    if (size > this.#bytes.length - this.#at) {
      throw this.#fault(name, start, size, `at most ${this.#bytes.length - this.#at} bytes`);
    }
    const content = this.#bytes.subarray(this.#at, this.#at + size);
    const contentOffset = this.#base + this.#at;
    this.#at += size;
    return {
      tag: got,
      offset: this.#base + start,
      raw: this.#bytes.subarray(start, this.#at),
      content,
      contentOffset,
    };
  }

  /** A non-negative integer below 2^48. */
  integer(name: string): number {
    const { content, offset } = this.take(name, DER.integer);
    const value = Buffer.from(content);
    if (value.length === 0 || value.length > 6 || (value[0] ?? 0) >= 0x80) {
      throw new FormatError('avb.der', {
        field: name,
        offset,
        got: value.length === 0 ? 'no bytes' : `bytes ${value.toString('hex').slice(0, 32)}`,
        wanted: 'a number below 2^48',
      });
    }
    return value.readUIntBE(0, value.length);
  }

  #length(name: string): number {
    const start = this.#at;
    const first = this.#byte(name);
    if (first < 0x80) return first;
    const count = first - 0x80;
    if (count === 0 || count > MAX_LENGTH_BYTES) throw this.#fault(name, start, first, 'a DER length');
    let size = 0;
    for (let i = 0; i < count; i++) size = size * 256 + this.#byte(name);
    return size;
  }

  #byte(name: string): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.#fault(name, this.#at, 'end of input', 'a DER element');
    this.#at += 1;
    return byte;
  }

  #fault(field: string, at: number, got: string | number, wanted: string): FormatError {
    return new FormatError('avb.der', { field, offset: this.#base + at, got, wanted });
  }
}
