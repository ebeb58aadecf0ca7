import { concat } from '../binary/index.ts';
import type { KeptFields } from './image.ts';

/** What of a layout table says where its fields lie. */
export interface FieldTable {
  readonly name: string;
  readonly size: number;
  readonly offsets: Readonly<Record<string, number>>;
}

/** Where a field lies in its structure. */
export function rangeOf(table: FieldTable, field: string): { readonly start: number; readonly end: number } {
  const start = table.offsets[field] ?? table.size;
  const later = Object.values(table.offsets).filter((offset) => offset > start);
  return { start, end: Math.min(table.size, ...later) };
}

/**
 * Compares a structure that was read with what the writer makes of its value, field by field.
 * Fields named in `together` are one field in several places.
 */
export function diffFields(
  table: FieldTable,
  canonical: Uint8Array,
  found: Uint8Array,
  together: readonly string[] = [],
): KeptFields[] {
  const names = Object.keys(table.offsets);
  const single = names.filter((name) => !together.includes(name)).map((name) => [name]);
  return [...single, names.filter((name) => together.includes(name))].flatMap((fields) => {
    const instead = pick(table, canonical, fields);
    const bytes = pick(table, found, fields);
    return Buffer.compare(instead, bytes) === 0 ? [] : [{ fields, instead, bytes }];
  });
}

/** Puts fields back as they were read, where the value still asks for what it asked for then. */
export function applyKept(table: FieldTable, canonical: Uint8Array, kept: readonly KeptFields[]): Uint8Array {
  const out = canonical.slice();
  for (const { fields, instead, bytes } of kept) {
    if (Buffer.compare(pick(table, canonical, fields), instead) !== 0) continue;
    let taken = 0;
    for (const field of fields) {
      const { start, end } = rangeOf(table, field);
      out.set(bytes.subarray(taken, taken + end - start), start);
      taken += end - start;
    }
  }
  return out;
}

function pick(table: FieldTable, bytes: Uint8Array, fields: readonly string[]): Uint8Array {
  return concat(
    fields.map((field) => {
      const { start, end } = rangeOf(table, field);
      return bytes.subarray(start, end);
    }),
  );
}
