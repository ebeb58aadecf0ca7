import { FormatError } from '../binary/index.ts';
import type { ByteRange, KeptPadding } from '../bootimg/index.ts';
import type { PartReader, Sink } from './part-files.ts';
import type { PartTable } from './schema.ts';
import { packSection, type Section, type SectionOptions, unpackSection } from './section.ts';

/** The room behind the header, where it is not zeros. */
export async function putHeaderPadding(
  paddings: readonly KeptPadding<string>[],
  { toml, files }: Sink,
): Promise<void> {
  const found = paddings.find(({ part }) => part === 'header');
  if (found !== undefined) toml.put('padding', await files.put('header.padding', [found.bytes]));
}

/** Takes sections apart, in the order given, each with what stands behind it. */
export async function unpackSections(
  sections: readonly Section[],
  paddings: readonly KeptPadding<string>[],
  options: SectionOptions,
  sink: Sink,
): Promise<void> {
  for (const section of sections) {
    const padding = paddings.find(({ part }) => part === section.name)?.bytes;
    await unpackSection(padding === undefined ? section : { ...section, padding }, options, sink);
  }
}

/** Sections as they go into an image. */
export interface PackedSections<N extends string> {
  readonly parts: ReadonlyMap<string, ByteRange>;
  readonly keptPaddings: readonly KeptPadding<N>[];
}

/**
 * Inverse of {@link unpackSections} and {@link putHeaderPadding}.
 * @throws FormatError `unpack.part` for a section that is named twice
 */
export async function packSections<N extends string>(
  tables: readonly PartTable[],
  headerPadding: string | undefined,
  files: PartReader,
): Promise<PackedSections<N>> {
  const parts = new Map<string, ByteRange>();
  const keptPaddings: KeptPadding<N>[] = [];
  const keepPadding = (part: N | 'header', file: string | undefined): void => {
    if (file === undefined) return;
    const bytes = files.bytes(file);
    keptPaddings.push({ part, room: bytes.length, bytes });
  };
  keepPadding('header', headerPadding);
  for (const table of tables) {
    if (parts.has(table.name)) throw oddPart(table.name, 'each section once');
    parts.set(table.name, await packSection(table, files));
    keepPadding(table.name as N, table.padding);
  }
  return { parts, keptPaddings };
}

/** A `[[part]]` that does not fit the rest of the document. */
export function oddPart(name: string, wanted: string): FormatError {
  return new FormatError('unpack.part', { field: 'part.name', offset: 0, got: JSON.stringify(name), wanted });
}
