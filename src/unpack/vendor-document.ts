import * as v from 'valibot';
import {
  type KeptPadding,
  type RamdiskFragment,
  rangeOfBytes,
  type VendorBootImage,
} from '../bootimg/index.ts';
import { putAddresses, putKept } from './header-fields.ts';
import { bytesOf, type PartReader, type Sink } from './part-files.ts';
import {
  around,
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
import type { Section, SectionOptions } from './section.ts';
import { oddPart, packSections, unpackSections } from './sections.ts';
import { packTrailing, unpackTrailing } from './trailing.ts';

type VendorSection = Exclude<VendorBootImage['keptPaddings'][number]['part'], 'header'>;

/** image.toml of vendor_boot.img and vendor_kernel_boot.img. */
export const vendorDocument = v.strictObject({
  format: v.literal('vendor_boot'),
  ...around,
  header: v.strictObject({
    version: v.picklist([3, 4]),
    page_size: word,
    kernel_address: word,
    ramdisk_address: word,
    tags_address: word,
    dtb_address: longWord,
    board: text,
    cmdline: text,
  }),
  /** Ramdisks in the order of the table. */
  fragment: v.optional(
    v.array(
      v.strictObject({
        name: text,
        type: v.union([v.picklist(['none', 'platform', 'recovery', 'dlkm']), word]),
        board_id: v.optional(v.array(word), []),
        part: v.string(),
        kept: v.optional(kept, []),
      }),
    ),
    [],
  ),
  part: v.optional(v.array(part), []),
  /** What stands behind header and sections where that is not zeros. */
  padding: v.optional(v.record(v.string(), partFile), {}),
  trailing,
  kept: v.optional(kept, []),
});
type VendorDocument = v.InferOutput<typeof vendorDocument>;

const TYPES = ['none', 'platform', 'recovery', 'dlkm'] as const;
const BOARD_ID_WORDS = 16;
const UNLISTED = 'unlisted';

/** Takes a vendor_boot image apart. */
export async function unpackVendor(
  image: VendorBootImage,
  options: SectionOptions,
  sink: Sink,
): Promise<void> {
  const { toml } = sink;
  toml.table('header');
  toml.put('version', image.headerVersion);
  toml.put('page_size', image.pageSize);
  putAddresses(image.addresses, toml);
  toml.put('board', textValue(image.board));
  toml.put('cmdline', textValue(image.cmdline));
  const names = image.fragments.map((fragment, i) => partNameOf(fragment, i));
  for (const [i, fragment] of image.fragments.entries()) putFragment(fragment, names[i] ?? '', toml);
  const ramdisks = image.fragments.map(({ bytes }, i): Section => {
    return { name: names[i] ?? '', range: rangeOfBytes(bytes), holds: 'ramdisk' };
  });
  await unpackSections([...ramdisks, ...sectionsOf(image)], [], options, sink);
  await unpackTrailing(rangeOfBytes(image.trailing), options, sink);
  await putPaddings(image, sink);
  putKept(image.keptFields, toml);
}

function sectionsOf(image: VendorBootImage): Section[] {
  const sections = { [UNLISTED]: image.unlistedRamdisk, dtb: image.dtb, bootconfig: image.bootconfig };
  return Object.entries(sections).flatMap(([name, bytes]) =>
    bytes.length === 0 ? [] : [{ name, range: rangeOfBytes(bytes) }],
  );
}

/** Names of parts are names of files: those of fragments may be empty, or hold anything. */
function partNameOf({ name }: RamdiskFragment, index: number): string {
  return /^\w[\w.-]{0,40}$/.test(name) ? `ramdisk-${name}` : `ramdisk-${index}`;
}

function putFragment(fragment: RamdiskFragment, name: string, toml: Sink['toml']): void {
  const { boardId } = fragment;
  toml.item('fragment');
  toml.put('name', textValue(fragment.name));
  toml.put('type', TYPES[fragment.type] ?? fragment.type);
  if (boardId.some((id) => id !== 0)) toml.put('board_id', boardId);
  toml.put('part', name);
  if (fragment.keptFields.length > 0) toml.put('kept', keptValue(fragment.keptFields));
}

async function putPaddings({ keptPaddings }: VendorBootImage, sink: Sink): Promise<void> {
  if (keptPaddings.length === 0) return;
  sink.toml.table('padding');
  for (const { part: name, bytes } of keptPaddings) {
    sink.toml.put(name, await sink.files.put(`${name}.padding`, [bytes]));
  }
}

/** Puts a vendor_boot image together again. */
export async function packVendor(document: VendorDocument, files: PartReader): Promise<VendorBootImage> {
  const { header } = document;
  const { parts } = await packSections(document.part, undefined, files);
  checkParts(parts, document.fragment);
  const take = (name: string): Uint8Array => {
    const range = parts.get(name);
    return range === undefined ? new Uint8Array(0) : bytesOf(range);
  };
  const keptPaddings = Object.entries(document.padding).map(([name, file]): KeptPadding<VendorSection> => {
    const bytes = files.bytes(file);
    return { part: name as VendorSection, room: bytes.length, bytes };
  });
  return {
    headerVersion: header.version,
    pageSize: header.page_size,
    addresses: {
      kernel: header.kernel_address,
      ramdisk: header.ramdisk_address,
      tags: header.tags_address,
      dtb: header.dtb_address,
    },
    cmdline: header.cmdline,
    board: header.board,
    fragments: document.fragment.map((fragment) => ({
      type: typeof fragment.type === 'number' ? fragment.type : TYPES.indexOf(fragment.type),
      name: fragment.name,
      boardId: Array.from({ length: BOARD_ID_WORDS }, (_, i) => fragment.board_id[i] ?? 0),
      bytes: take(fragment.part),
      keptFields: fragment.kept,
    })),
    unlistedRamdisk: take(UNLISTED),
    dtb: take('dtb'),
    bootconfig: take('bootconfig'),
    trailing: bytesOf(packTrailing(document.trailing, files)),
    keptFields: document.kept,
    keptPaddings,
  };
}

/** A name that is mistyped would leave out what it stands for. @throws FormatError `unpack.part` */
function checkParts(parts: ReadonlyMap<string, unknown>, fragments: VendorDocument['fragment']): void {
  const listed = fragments.map((fragment) => fragment.part);
  const missing = listed.find((name) => !parts.has(name));
  if (missing !== undefined) throw oddPart(missing, 'a [[part]] of that name for the [[fragment]]');
  const known = [...listed, UNLISTED, 'dtb', 'bootconfig'];
  const unknown = [...parts.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw oddPart(unknown, `one of ${known.join(', ')}`);
}
