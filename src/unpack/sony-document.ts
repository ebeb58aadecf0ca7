import * as v from 'valibot';
import { type ElfSegment, rangeOfBytes, type SonyElfImage, segmentName } from '../bootimg/index.ts';
import { putKept } from './header-fields.ts';
import { bytesOf, type PartReader, type Sink } from './part-files.ts';
import { around, kept, keptValue, part, partFile, trailing, whole, word } from './schema.ts';
import type { Section, SectionOptions } from './section.ts';
import { oddPart, packSections, unpackSections } from './sections.ts';
import { packTrailing, unpackTrailing } from './trailing.ts';

/** image.toml of Sony's ELF boot images. */
export const sonyDocument = v.strictObject({
  format: v.literal('sony-elf'),
  ...around,
  header: v.strictObject({
    entry: word,
    spacing: v.picklist(['packed', 'pages']),
    pinned: v.optional(v.array(whole)),
    rows: v.optional(v.array(whole)),
  }),
  /** In the order of the file. */
  segment: v.array(
    v.strictObject({
      part: v.string(),
      type: word,
      flags: word,
      address: word,
      before: v.optional(partFile),
      kept: v.optional(kept, []),
    }),
  ),
  part: v.optional(v.array(part), []),
  trailing,
  kept: v.optional(kept, []),
});
type SonyDocument = v.InferOutput<typeof sonyDocument>;

/** Takes a Sony ELF image apart; the command line is a part like the others. */
export async function unpackSony(image: SonyElfImage, options: SectionOptions, sink: Sink): Promise<void> {
  const { toml, files } = sink;
  toml.table('header');
  toml.put('entry', image.entry);
  toml.put('spacing', image.spacing, 'packed: one behind the other; pages: each on whole pages');
  toml.put('pinned', image.pinned, 'where segments end: a table of sections says so too, nothing may move');
  toml.put('rows', image.rows, "the table's row of each segment");
  const names = image.segments.map((segment, i) => partName(image.segments, segment, i));
  for (const [i, { type, flags, address, before, keptFields }] of image.segments.entries()) {
    const name = names[i] ?? '';
    toml.item('segment');
    toml.put('part', name);
    toml.put('type', type);
    toml.put('flags', flags);
    toml.put('address', address);
    if (before !== undefined) toml.put('before', await files.put(`${name}.before`, [before]));
    if (keptFields.length > 0) toml.put('kept', keptValue(keptFields));
  }
  const sections = image.segments.map(({ bytes }, i): Section => {
    const holds = holdsOf(image.segments[i]);
    return { name: names[i] ?? '', range: rangeOfBytes(bytes), ...(holds === undefined ? {} : { holds }) };
  });
  await unpackSections(sections, [], options, sink);
  await unpackTrailing(rangeOfBytes(image.trailing), options, sink);
  putKept(image.keptFields, toml);
}

/** @throws FormatError `unpack.part` where a row is not there or is named twice */
function rowsOf(rows: readonly number[], count: number): readonly number[] {
  const complete = rows.length === count && new Set(rows).size === count && Math.max(...rows) === count - 1;
  if (!complete) throw oddPart(rows.join(', '), `each number from 0 to ${count - 1} once, in [header] rows`);
  return rows;
}

/** The name of what it is, with a number from the second on. */
function partName(segments: readonly ElfSegment[], segment: ElfSegment, index: number): string {
  const name = segmentName(segment);
  const before = segments.slice(0, index).filter((other) => segmentName(other) === name).length;
  return before === 0 ? name : `${name}-${before + 1}`;
}

function holdsOf(segment: ElfSegment | undefined): Section['holds'] {
  const name = segment === undefined ? undefined : segmentName(segment);
  return name === 'kernel' || name === 'ramdisk' ? name : undefined;
}

/** Puts a Sony ELF image together again. @throws FormatError `unpack.part` for segments and parts that do not match */
export async function packSony(document: SonyDocument, files: PartReader): Promise<SonyElfImage> {
  const { header } = document;
  const { parts } = await packSections(document.part, undefined, files);
  const listed = document.segment.map((segment) => segment.part);
  const unknown = [...parts.keys()].find((name) => !listed.includes(name));
  if (unknown !== undefined) throw oddPart(unknown, `one of ${listed.join(', ')}`);
  const segments = document.segment.map(({ part: name, before, kept: keptFields, ...row }): ElfSegment => {
    const range = parts.get(name);
    if (range === undefined) throw oddPart(name, 'a [[part]] of that name for the [[segment]]');
    const gap = before === undefined ? {} : { before: files.bytes(before) };
    return { ...row, bytes: bytesOf(range), ...gap, keptFields };
  });
  return {
    entry: header.entry,
    spacing: header.spacing,
    ...(header.pinned === undefined ? {} : { pinned: header.pinned }),
    ...(header.rows === undefined ? {} : { rows: rowsOf(header.rows, segments.length) }),
    segments,
    trailing: bytesOf(packTrailing(document.trailing, files)),
    keptFields: document.kept,
  };
}
