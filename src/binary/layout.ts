import { createRequire } from 'node:module';
import { FormatError, MnxError } from './errors.ts';
import { type Field, fieldAt } from './field.ts';

type Fields = Readonly<Record<string, Field<unknown>>>;

/** The record type that a table of fields describes. */
export type ValueOf<F> = {
  -readonly [K in keyof F]: F[K] extends Field<infer V> ? V : never;
};

/**
 * A fixed-size structure declared once: its reader (binary-parser), its writer, its size, the
 * offset of each field and the TypeScript type all come from the same table.
 */
export interface Layout<T> {
  readonly name: string;
  /** Bytes that the structure takes. */
  readonly size: number;
  /** Byte offset of each field. */
  readonly offsets: { readonly [K in keyof T]: number };
  /** @throws FormatError when fewer than `size` bytes are left at `offset`, or a field is malformed. */
  read(bytes: Uint8Array, offset?: number): T;
  write(value: Readonly<T>): Uint8Array;
  /** The same table with more fields behind: how a header version extends the one before it. */
  extend<const G extends Fields>(name: string, more: G): Layout<T & ValueOf<G>>;
}

/**
 * Declares a structure. Fields lie in the order of the table, without gaps.
 *
 * @example
 * const Point = layout('point', { x: u32le, y: u32le });
 * type Point = LayoutValue<typeof Point>;
 */
export function layout<const F extends Fields>(name: string, fields: F): Layout<ValueOf<F>> {
  return build(name, fields) as unknown as Layout<ValueOf<F>>;
}

/** The value type of a layout constant. */
export type LayoutValue<L> = L extends Layout<infer T> ? T : never;

/**
 * Asserts a size that a specification states, where the table is declared.
 * @throws MnxError at import when the table does not add up.
 */
export function expectSize<L extends { readonly name: string; readonly size: number }>(
  table: L,
  size: number,
): L {
  if (table.size !== size) {
    throw new MnxError(
      'binary.layout-size',
      `layout ${table.name} has ${table.size} bytes, its specification says ${size}`,
    );
  }
  return table;
}

/** A field and where it stands; its path is made once, as a structure may be read a hundred thousand times. */
interface Row {
  readonly key: string;
  readonly field: Field<unknown>;
  readonly path: string;
  readonly at: number;
}

function build(name: string, fields: Fields): Layout<Record<string, unknown>> {
  const offsets: Record<string, number> = {};
  let reader: Reader | undefined;
  let size = 0;
  for (const [key, field] of Object.entries(fields)) {
    offsets[key] = size;
    size += field.size;
  }
  return {
    name,
    size,
    offsets,
    read: (bytes, offset = 0) => {
      if (offset < 0 || offset + size > bytes.length) {
        throw truncated(name, fields, offsets, bytes.length, offset, size);
      }
      reader ??= readerOf(name, fields);
      return readWith(reader, bytes.subarray(offset, offset + size), offset);
    },
    write: (value) => writeWith(name, fields, offsets, size, value),
    extend: (longer, more) => build(longer, { ...fields, ...more }) as never,
  };
}

interface Reader {
  readonly parser: { parse(bytes: Uint8Array): unknown };
  readonly rows: readonly Row[];
}

type BinaryParser = typeof import('binary-parser');

/** Comes in with the first structure that is read: who only writes, as `mnx mkbootimg` does, starts without it. */
const binaryParser = (): BinaryParser => createRequire(import.meta.url)('binary-parser');

function readerOf(name: string, fields: Fields): Reader {
  let parser = new (binaryParser().Parser)();
  const rows: Row[] = [];
  let at = 0;
  for (const [key, field] of Object.entries(fields)) {
    parser = field.declare(parser, key) as typeof parser;
    rows.push({ key, field, path: fieldAt(name, key, at).path, at });
    at += field.size;
  }
  return { parser, rows };
}

function readWith({ parser, rows }: Reader, bytes: Uint8Array, offset: number): Record<string, unknown> {
  const raw = parser.parse(bytes) as Record<string, unknown>;
  const value: Record<string, unknown> = {};
  for (const { key, field, path, at } of rows) {
    value[key] = field.decode(raw[key] as never, { path, offset: offset + at });
  }
  return value;
}

function writeWith(
  name: string,
  fields: Fields,
  offsets: Readonly<Record<string, number>>,
  size: number,
  value: Readonly<Record<string, unknown>>,
): Uint8Array {
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  for (const [key, field] of Object.entries(fields)) {
    const at = offsets[key] ?? 0;
    field.encode(view, at, value[key], fieldAt(name, key, at));
  }
  return out;
}

function truncated(
  name: string,
  fields: Fields,
  offsets: Readonly<Record<string, number>>,
  length: number,
  offset: number,
  size: number,
): FormatError {
  const lost = Object.keys(fields).find(
    (key) => offset + (offsets[key] ?? 0) + (fields[key]?.size ?? 0) > length,
  );
  return new FormatError('binary.truncated', {
    field: `${name}.${lost ?? 'end'}`,
    offset: offset + (lost === undefined ? 0 : (offsets[lost] ?? 0)),
    got: `end of input at ${length} bytes`,
    wanted: `${size} bytes from ${offset}`,
  });
}
