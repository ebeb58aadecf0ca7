import * as v from 'valibot';
import { FormatError } from '../binary/index.ts';
import {
  type ByteRange,
  type ImageId,
  type KeptPadding,
  osVersionText,
  type PartName,
  packOsVersion,
  type RangedBootImage,
} from '../bootimg/index.ts';
import type { PartReader, PartWriter } from './part-files.ts';
import {
  around,
  hexOf,
  kept,
  keptValue,
  longWord,
  part,
  partFile,
  text,
  textValue,
  trailing,
  word,
} from './schema.ts';
import { packSection, packTrailing, type SectionOptions, unpackSection, unpackTrailing } from './section.ts';
import type { TomlText } from './toml-text.ts';

const id = v.union([
  v.picklist(['sha1', 'sha256', 'none']),
  v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'sha1, sha256, none or 64 hex digits')),
]);

/** image.toml of boot.img and init_boot.img. */
export const bootDocument = v.strictObject({
  format: v.literal('boot'),
  ...around,
  header: v.strictObject({
    version: v.picklist([0, 1, 2, 3, 4]),
    dialect: v.optional(v.picklist(['aosp', 'classic']), 'aosp'),
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

/** A folder and its document while an image is taken apart. */
export interface Sink {
  readonly toml: TomlText;
  readonly files: PartWriter;
}

/** Takes a boot image apart. */
export async function unpackBoot(image: RangedBootImage, options: SectionOptions, sink: Sink): Promise<void> {
  const { toml, files } = sink;
  toml.table('header');
  toml.put('version', image.headerVersion);
  if (image.headerVersion < 3) putEarlyFields(image, toml);
  putOsVersion(image.osVersion, toml);
  if (image.headerVersion < 3) toml.put('board', textValue(image.board));
  toml.put('cmdline', textValue(image.cmdline));
  if (image.headerVersion < 3)
    toml.put('id', idText(image.id), 'sha1, sha256, none; or the 32 bytes as they are');
  await putHeaderPadding(image.keptPaddings, sink);
  await unpackParts(image, options, sink);
  await unpackTrailing(image.trailing, toml, files);
  putKept(image.keptFields, toml);
}

function putEarlyFields(image: RangedBootImage, toml: TomlText): void {
  const { addresses } = image;
  const note = image.dialect === 'aosp' ? 'absent parts have address 0' : 'absent parts have an address too';
  toml.put('dialect', image.dialect, note);
  toml.put('page_size', image.pageSize);
  toml.put('kernel_address', addresses.kernel);
  toml.put('ramdisk_address', addresses.ramdisk);
  toml.put('second_address', addresses.second);
  toml.put('tags_address', addresses.tags);
  if (image.headerVersion === 2) toml.put('dtb_address', addresses.dtb);
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

function idText(imageId: ImageId): string {
  return imageId.kind === 'raw' ? hexOf(imageId.bytes) : imageId.kind;
}

/** The room behind the header, where it is not zeros. */
export async function putHeaderPadding(
  paddings: readonly KeptPadding<string>[],
  { toml, files }: Sink,
): Promise<void> {
  const found = paddings.find(({ part: name }) => name === 'header');
  if (found !== undefined) toml.put('padding', await files.put('header.padding', [found.bytes]));
}

/** Fields that the header has otherwise than a tool would write them. */
export function putKept(fields: RangedBootImage['keptFields'], toml: TomlText): void {
  if (fields.length === 0) return;
  toml.blank();
  toml.comment(
    'Fields that mkbootimg would write otherwise. Each stays as it is, unless an edit changes what would be written instead.',
  );
  for (const field of fields) {
    const [value] = keptValue([field]) as [Record<string, string>];
    toml.item('kept');
    for (const [key, item] of Object.entries(value ?? {})) toml.put(key, item);
  }
}

async function unpackParts(image: RangedBootImage, options: SectionOptions, sink: Sink): Promise<void> {
  const parts = Object.entries(image.parts) as [PartName, ByteRange][];
  for (const [name, range] of parts.sort(([, a], [, b]) => a.offset - b.offset)) {
    const padding = image.keptPaddings.find(({ part: behind }) => behind === name)?.bytes;
    const section = { name, range, offset: range.offset, ...(padding === undefined ? {} : { padding }) };
    await unpackSection(section, options, sink);
  }
}

/** Puts a boot image together again. */
export async function packBoot(document: BootDocument, files: PartReader): Promise<RangedBootImage> {
  const { header } = document;
  const parts = new Map<string, ByteRange>();
  const keptPaddings: KeptPadding[] = [];
  const keepPadding = (name: PartName | 'header', file: string | undefined): void => {
    if (file === undefined) return;
    const bytes = files.bytes(file);
    keptPaddings.push({ part: name, room: bytes.length, bytes });
  };
  keepPadding('header', header.padding);
  for (const table of document.part) {
    expectNew(parts, table.name);
    parts.set(table.name, await packSection(table, files));
    keepPadding(table.name as PartName, table.padding);
  }
  return {
    headerVersion: header.version,
    dialect: header.dialect,
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

/** @throws FormatError `unpack.part` for a section that was named before */
export function expectNew(parts: ReadonlyMap<string, unknown>, name: string): void {
  if (!parts.has(name)) return;
  throw new FormatError('unpack.part', {
    field: 'part.name',
    offset: 0,
    got: name,
    wanted: 'each section once',
  });
}

/** Inverse of the text in the document. */
export function idOf(value: string): ImageId {
  return value === 'sha1' || value === 'sha256' || value === 'none'
    ? { kind: value }
    : { kind: 'raw', bytes: new Uint8Array(Buffer.from(value, 'hex')) };
}
