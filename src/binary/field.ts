import type { Parser } from 'binary-parser';
import { FormatError, MnxError } from './errors.ts';

/** Names a field for an error message. */
export interface FieldPlace {
  /** Dotted path: `boot-v0.page_size`. */
  readonly path: string;
  /** Byte offset in the input. */
  readonly offset: number;
}

/** Where a field of a layout stands in the input, by the name that errors give it. */
export function fieldAt(layoutName: string, key: string, offset: number): FieldPlace {
  return { path: `${layoutName}.${key}`, offset };
}

/** How one field of a layout is declared to binary-parser, decoded from what that gives, and written. */
export interface Field<V> {
  readonly size: number;
  declare(parser: Parser, key: string): unknown;
  decode(raw: never, place: FieldPlace): V;
  encode(view: DataView, offset: number, value: V, place: FieldPlace): void;
}

type NumberKind = 'uint8' | 'uint16le' | 'uint16be' | 'uint32le' | 'uint32be';
type BigKind = 'uint64le' | 'uint64be';

function integer(
  kind: NumberKind,
  size: 1 | 2 | 4,
  put: (view: DataView, offset: number, value: number) => void,
): Field<number> {
  const limit = 2 ** (8 * size);
  return {
    size,
    declare: (parser, key) => parser[kind](key),
    decode: (raw: number) => raw,
    encode: (view, offset, value, place) => {
      if (!Number.isInteger(value) || value < 0 || value >= limit) {
        throw new MnxError('binary.range', `${place.path}: ${value} does not fit ${size} bytes`);
      }
      put(view, offset, value);
    },
  } as Field<number>;
}

function integer64(kind: BigKind, little: boolean): Field<bigint> {
  return {
    size: 8,
    declare: (parser, key) => parser[kind](key),
    decode: (raw: bigint) => raw,
    encode: (view, offset, value, place) => {
      if (value < 0n || value >= 1n << 64n) {
        throw new MnxError('binary.range', `${place.path}: ${value} does not fit 8 bytes`);
      }
      view.setBigUint64(offset, value, little);
    },
  } as Field<bigint>;
}

export const u8 = integer('uint8', 1, (view, at, value) => view.setUint8(at, value));
export const u16le = integer('uint16le', 2, (view, at, value) => view.setUint16(at, value, true));
export const u16be = integer('uint16be', 2, (view, at, value) => view.setUint16(at, value));
export const u32le = integer('uint32le', 4, (view, at, value) => view.setUint32(at, value, true));
export const u32be = integer('uint32be', 4, (view, at, value) => view.setUint32(at, value));
/** 64-bit fields are bigint, only here at the edge; codecs narrow them with {@link toNumber}. */
export const u64le = integer64('uint64le', true);
export const u64be = integer64('uint64be', false);

/** `length` raw bytes. Reading copies; writing wants exactly that many. */
export function bytes(length: number): Field<Uint8Array> {
  return {
    size: length,
    declare: (parser, key) => parser.buffer(key, { length, clone: true }),
    decode: (raw: Uint8Array) => new Uint8Array(raw),
    encode: (view, offset, value, place) => {
      if (value.length !== length) {
        throw new MnxError(
          'binary.range',
          `${place.path}: got ${value.length} bytes, the field has ${length}`,
        );
      }
      new Uint8Array(view.buffer, view.byteOffset + offset, length).set(value);
    },
  } as Field<Uint8Array>;
}

/** A fixed magic: reading anything else is a FormatError, writing needs the same text. */
export function magic(text: string): Field<string> {
  const inner = latin1Field(text.length);
  return {
    ...inner,
    decode: (raw: never, place: FieldPlace) => {
      const got = inner.decode(raw, place);
      if (got !== text) {
        throw new FormatError('binary.magic', {
          field: place.path,
          offset: place.offset,
          got: JSON.stringify(got),
          wanted: JSON.stringify(text),
        });
      }
      return got;
    },
  };
}

/** Up to here a call of its own is faster than a Buffer: archives have a million such fields. */
const SHORT = 16;

function textOf(raw: Uint8Array): string {
  if (raw.length <= SHORT) return String.fromCharCode(...raw);
  return Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1');
}

/** `length` characters of one byte each, NULs included. */
function latin1Field(length: number): Field<string> {
  const inner = bytes(length);
  return {
    size: length,
    // No copy: the text is one.
    declare: (parser, key) => parser.buffer(key, { length, clone: false }),
    decode: textOf,
    encode: (view, offset, value, place) =>
      inner.encode(view, offset, new Uint8Array(Buffer.from(value, 'latin1')), place),
  };
}

const DIGITS = {
  8: { pattern: /^[0-7]+$/, name: 'octal digits' },
  10: { pattern: /^[0-9]+ *$/, name: 'decimal digits' },
  16: { pattern: /^[0-9a-f]+$/i, name: 'hex digits' },
} as const;

/** Eight hex digits of ASCII, as cpio newc writes its numbers. Either case is read, upper case written. */
export const hex8: Field<number> = asciiNumber(8, 16);

/** ASCII digits, space padded on the right, as `ar` members carry their sizes. */
export function decimal(length: number): Field<number> {
  return asciiNumber(length, 10);
}

/** ASCII octal digits with leading zeros, as the old cpio format writes its numbers. */
export function octal(length: number): Field<number> {
  return asciiNumber(length, 8);
}

/** ASCII text, space padded on the right (`ar` names). */
export function padded(length: number): Field<string> {
  const inner = latin1Field(length);
  return {
    ...inner,
    decode: (raw, place) => inner.decode(raw, place).trimEnd(),
    encode: (view, offset, value, place) => inner.encode(view, offset, value.padEnd(length), place),
  };
}

const DIGIT_0 = 0x30;
const LOWER_A = 0x61;
/** Turns A to F into a to f. */
const LOWER = 0x20;

/** The number that digits of one byte each make; undefined for anything else in the field. */
function digitsOf(raw: Uint8Array, radix: number): number | undefined {
  let value = 0;
  for (const byte of raw) {
    const letter = (byte | LOWER) - LOWER_A;
    const digit = letter >= 0 ? letter + 10 : byte - DIGIT_0;
    if (digit < 0 || digit >= radix || (letter < 0 && digit > 9)) return undefined;
    value = value * radix + digit;
  }
  return value;
}

function asciiNumber(length: number, radix: keyof typeof DIGITS): Field<number> {
  const inner = latin1Field(length);
  const { pattern, name } = DIGITS[radix];
  return {
    ...inner,
    decode: (raw, place) => {
      const known = digitsOf(raw, radix);
      if (known !== undefined) return known;
      const text = inner.decode(raw, place);
      if (!pattern.test(text)) {
        throw new FormatError('binary.digits', {
          field: place.path,
          offset: place.offset,
          got: JSON.stringify(text),
          wanted: `${length} ${name}`,
        });
      }
      return Number.parseInt(text, radix);
    },
    encode: (view, offset, value, place) => {
      const digits = value.toString(radix).toUpperCase();
      if (!Number.isInteger(value) || value < 0 || digits.length > length) {
        throw new MnxError('binary.range', `${place.path}: ${value} does not fit ${length} digits`);
      }
      const text = radix === 10 ? digits.padEnd(length) : digits.padStart(length, '0');
      inner.encode(view, offset, text, place);
    },
  };
}

/** Narrows a 64-bit size or offset; beyond 2^53 it cannot be a place in any file. */
export function toNumber(value: bigint, place: FieldPlace): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new FormatError('binary.range', {
      field: place.path,
      offset: place.offset,
      got: value,
      wanted: 'a value below 2^53',
    });
  }
  return Number(value);
}
