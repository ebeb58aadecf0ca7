import * as v from 'valibot';
import { osVersionText, type PartName, packOsVersion, type RangedBootImage } from '../bootimg/index.ts';
import { id, idOf, putAddresses, putId, putKept } from './header-fields.ts';
import type { PartReader, Sink } from './part-files.ts';
import { around, kept, longWord, part, partFile, text, textValue, trailing, word } from './schema.ts';
import type { Section, SectionOptions } from './section.ts';
import { packSections, putHeaderPadding, unpackSections } from './sections.ts';
import type { TomlText } from './toml-text.ts';
import { packTrailing, unpackTrailing } from './trailing.ts';

/** image.toml of boot.img and init_boot.img. */
export const bootDocument = v.strictObject({
  format: v.literal('boot'),
  ...around,
  header: v.strictObject({
    version: v.picklist([0, 1, 2, 3, 4]),
    dialect: v.optional(v.picklist(['aosp', 'classic']), 'aosp'),
    name_size: v.optional(v.literal(20)),
    page_size: v.optional(word, 4096),
    kernel_address: v.optional(word, 0),
    ramdisk_address: v.optional(word, 0),
    second_address: v.optional(word, 0),
    tags_address: v.optional(word, 0),
    dtb_address: v.optional(longWord, 0),
    android: v.optional(v.string()),
    patch_level: v.optional(v.string()),
    os_version: v.optional(word),
    board: v.optional(text, ''),
    cmdline: text,
    id: v.optional(id, 'none'),
    padding: v.optional(partFile),
  }),
  part: v.optional(v.array(part), []),
  trailing,
  kept: v.optional(kept, []),
});
type BootDocument = v.InferOutput<typeof bootDocument>;

/** Takes a boot image apart. */
export async function unpackBoot(image: RangedBootImage, options: SectionOptions, sink: Sink): Promise<void> {
  const { toml } = sink;
  toml.table('header');
  toml.put('version', image.headerVersion);
  if (image.headerVersion < 3) putEarlyFields(image, toml);
  putOsVersion(image.osVersion, toml);
  if (image.headerVersion < 3) toml.put('board', textValue(image.board));
  toml.put('cmdline', textValue(image.cmdline));
  if (image.headerVersion < 3) putId(image.id, toml);
  await putHeaderPadding(image.keptPaddings, sink);
  await unpackSections(sectionsOf(image), image.keptPaddings, options, sink);
  await unpackTrailing(image.trailing, options, sink);
  putKept(image.keptFields, toml);
}

function putEarlyFields(image: RangedBootImage, toml: TomlText): void {
  const { addresses } = image;
  const note = image.dialect === 'aosp' ? 'absent parts have address 0' : 'absent parts have an address too';
  toml.put('dialect', image.dialect, note);
  toml.put('name_size', image.nameSize, "Samsung's: what follows the board stands four bytes later");
  toml.put('page_size', image.pageSize);
  const { dtb, ...early } = addresses;
  putAddresses(image.headerVersion === 2 ? { ...early, dtb } : early, toml);
}

/** In words where they say all of it, else as the word itself. */
function putOsVersion(packed: number, toml: TomlText): void {
  const { version, patchLevel } = osVersionText(packed);
  if (packed === 0) return;
  if (packedAgain(version, patchLevel) === packed) {
    toml.put('android', version);
    toml.put('patch_level', patchLevel);
  } else {
    toml.put('os_version', packed);
  }
}

function packedAgain(version = '', patchLevel = ''): number | undefined {
  try {
    return packOsVersion(version, patchLevel);
  } catch {
    return undefined;
  }
}

function sectionsOf({ parts }: RangedBootImage): Section[] {
  return Object.entries(parts)
    .map(([name, range]) => ({ name, range, offset: range.offset }))
    .sort((a, b) => a.offset - b.offset);
}

/** Puts a boot image together again. */
export async function packBoot(document: BootDocument, files: PartReader): Promise<RangedBootImage> {
  const { header } = document;
  const { parts, keptPaddings } = await packSections<PartName>(document.part, header.padding, files);
  return {
    headerVersion: header.version,
    dialect: header.dialect,
    ...(header.name_size === undefined ? {} : { nameSize: header.name_size }),
    pageSize: header.page_size,
    addresses: {
      kernel: header.kernel_address,
      ramdisk: header.ramdisk_address,
      second: header.second_address,
      tags: header.tags_address,
      dtb: header.dtb_address,
    },
    osVersion: header.os_version ?? packOsVersion(header.android ?? '', header.patch_level ?? ''),
    board: header.board,
    cmdline: header.cmdline,
    id: idOf(header.id),
    parts: Object.fromEntries(parts),
    trailing: packTrailing(document.trailing, files),
    keptFields: document.kept,
    keptPaddings,
  };
}
