import { type ByteRange, type Filling, rangeOfBytes, readRange, withoutFilling } from '../bootimg/index.ts';
import type { PartReader, Sink } from './part-files.ts';
import type { TrailingTable } from './schema.ts';
import type { SectionOptions } from './section.ts';
import type { TomlText } from './toml-text.ts';

/** Behind the last section: what fills a partition up by its byte, other zeros by their number, the rest as a file. */
export async function unpackTrailing(
  behind: ByteRange,
  { fills }: SectionOptions,
  { toml, files }: Sink,
): Promise<void> {
  const { rest, byte } = fills === undefined ? { rest: behind, byte: undefined } : withoutFilling(behind);
  if (rest.size > 0) {
    toml.table('trailing');
    if (isZero(rest)) toml.put('zeros', rest.size);
    else toml.put('file', await files.put('trailing', readRange(rest)));
  }
  putFilling(byte, fills, toml);
}

function isZero(range: ByteRange): boolean {
  for (const piece of readRange(range)) if (piece.some((byte) => byte !== 0)) return false;
  return true;
}

/** Inverse of {@link unpackTrailing}, but for the filling. */
export function packTrailing(table: TrailingTable, files: PartReader): ByteRange {
  if (table === undefined) return rangeOfBytes(new Uint8Array(0));
  if ('file' in table) return files.range(table.file);
  return {
    source: { size: table.zeros, read: (_, length) => new Uint8Array(length) },
    offset: 0,
    size: table.zeros,
  };
}

/** What fills an image up to a size, when it does. */
export function putFilling(
  byte: number | undefined,
  upTo: Filling['upTo'] | undefined,
  toml: TomlText,
): void {
  if (byte === undefined) return;
  toml.table('filling');
  toml.put('byte', byte);
  toml.put('up_to', upTo, 'the size of the partition: the filling gives way, or fills up');
}
