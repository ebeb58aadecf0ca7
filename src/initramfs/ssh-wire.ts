import { concat, FormatError, layout, u32be, utf8Text } from '../binary/index.ts';

/** RFC 4251, section 5: a string is its length and its bytes. */
const StringLength = layout('ssh-string', { length: u32be });
const Word = layout('ssh-uint32', { value: u32be });

/** A string of the SSH protocol: its length and its bytes. */
export function sshString(bytes: Uint8Array): Uint8Array {
  return concat([StringLength.write({ length: bytes.length }), bytes]);
}

/** A positive number of the SSH protocol: the fewest bytes, of which the first is below 0x80. */
export function sshNumber(bytes: Uint8Array): Uint8Array {
  const digits = withoutZeros(bytes);
  const [first = 0] = digits;
  return sshString(first >= 0x80 ? concat([Uint8Array.of(0), digits]) : digits);
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? new Uint8Array() : bytes.subarray(start);
}

/** Reads what SSH's own formats are made of, one after the other. What it refuses it never shows: it may be a secret. */
export class SshReader {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  #at = 0;

  /** @param name how errors call the structure. */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  /** @throws FormatError `initramfs.host-key-format` when there is less than the length says */
  string(field: string): Uint8Array {
    this.#expect(field, StringLength.size);
    const { length } = StringLength.read(this.#bytes, this.#at);
    this.#expect(field, StringLength.size + length);
    const start = this.#at + StringLength.size;
    this.#at = start + length;
    return this.#bytes.subarray(start, this.#at);
  }

  /** A string that is a word: names of ciphers, of key types. */
  word(field: string): string {
    const at = this.#at;
    const word = utf8Text(this.string(field));
    if (/^[\x21-\x7e]{1,64}$/.test(word)) return word;
    throw this.fault(field, 'other bytes', 'a name', at);
  }

  /** A positive number without leading zeros. */
  number(field: string): Uint8Array {
    const at = this.#at;
    const digits = this.string(field);
    const [first = 0] = digits;
    if (first < 0x80 && digits.length > 0) return withoutZeros(digits);
    throw this.fault(field, digits.length === 0 ? 'zero' : 'a negative number', 'a positive number', at);
  }

  uint32(field: string): number {
    this.#expect(field, Word.size);
    const { value } = Word.read(this.#bytes, this.#at);
    this.#at += Word.size;
    return value;
  }

  /** Exactly these bytes. */
  expect(field: string, wanted: Uint8Array, what: string): void {
    this.#expect(field, wanted.length);
    const end = this.#at + wanted.length;
    if (!Buffer.from(this.#bytes.subarray(this.#at, end)).equals(wanted)) {
      throw this.fault(field, 'other bytes', what);
    }
    this.#at = end;
  }

  /** All that is left. */
  rest(): Uint8Array {
    const left = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return left;
  }

  /** Nothing may be left. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw this.fault('end', `${left} bytes more`, 'the end of the key');
  }

  fault(field: string, got: string, wanted: string, offset = this.#at): FormatError {
    return new FormatError('initramfs.host-key-format', {
      field: `${this.#name}.${field}`,
      offset,
      got,
      wanted,
    });
  }

  #expect(field: string, length: number): void {
    const left = this.#bytes.length - this.#at;
    if (left < length) throw this.fault(field, `${left} bytes`, `${length} bytes`);
  }
}
