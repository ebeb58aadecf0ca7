import { concat, FormatError, type LayoutValue, MnxError, startsWith } from '../binary/index.ts';
import { untilNul } from './command-line.ts';
import { applyKept, diffFields } from './kept.ts';
import { checkPageSize } from './page-size.ts';
import { cutSections, joinSections, type SectionPieces } from './sections.ts';
import { decodeText, textField } from './text.ts';
import {
  BOARD_ID_WORDS,
  BoardIdWord,
  FragmentEntry,
  VENDOR_HEADERS,
  VENDOR_MAGIC,
  VENDOR_SECTIONS,
  type VendorSection,
  VendorV3,
  VendorV4,
} from './vendor-header.ts';
import type { RamdiskFragment, VendorBootImage } from './vendor-image.ts';
import { sizeOf } from './zeros.ts';

/** Whether the bytes begin as a vendor_boot.img does. */
export function isVendorBootImage(bytes: Uint8Array): boolean {
  return startsWith(bytes, VENDOR_MAGIC);
}

/**
 * Reads a vendor_boot.img or vendor_kernel_boot.img (v3, v4). Sections and fragments are views into
 * `bytes`; paddings, odd header fields and what follows the last section are kept, so that
 * `writeVendorBootImage` gives back every byte.
 * @throws FormatError for anything that is not a whole image of this format
 */
export function readVendorBootImage(bytes: Uint8Array): VendorBootImage {
  const header = VendorV3.read(bytes);
  const version = versionOf(header.headerVersion);
  const table = VENDOR_HEADERS[version];
  const fields: Readonly<Record<string, unknown>> = table.read(bytes);
  checkPageSize(header.pageSize, table);
  const sections = VENDOR_SECTIONS[version].map((section) => ({
    ...section,
    size: Number(fields[section.field]),
  }));
  const cut = cutSections(bytes, { header: table, pageSize: header.pageSize, sections });
  const ramdisk = cut.parts.get('ramdisk') ?? EMPTY;
  const fragments = version === 3 ? wholeRamdisk(ramdisk) : listedFragments(bytes, cut.parts, ramdisk);
  const listed = fragments.reduce((sum, fragment) => sum + fragment.bytes.length, 0);
  const image: VendorBootImage = {
    headerVersion: version,
    pageSize: header.pageSize,
    addresses: {
      kernel: header.kernelAddress,
      ramdisk: header.ramdiskAddress,
      tags: header.tagsAddress,
      dtb: header.dtbAddress,
    },
    cmdline: decodeText(untilNul(header.cmdline)),
    board: decodeText(untilNul(header.board)),
    fragments,
    unlistedRamdisk: ramdisk.subarray(listed),
    dtb: cut.parts.get('dtb') ?? EMPTY,
    bootconfig: cut.parts.get('bootconfig') ?? EMPTY,
    trailing: cut.trailing,
    keptFields: [],
    keptPaddings: cut.keptPaddings,
  };
  return { ...image, keptFields: diffFields(table, canonicalHeader(image), bytes) };
}

/**
 * The bytes of an image as consecutive pieces; sections are views of the value's own arrays, so that
 * writing them out streams.
 * @throws MnxError when a value does not fit its field
 */
export function writeVendorBootImage(image: VendorBootImage): Uint8Array[] {
  checkPageSize(image.pageSize, VENDOR_HEADERS[image.headerVersion]);
  const header = applyKept(VENDOR_HEADERS[image.headerVersion], canonicalHeader(image), image.keptFields);
  const pieces = joinSections({ ...image, header }, sectionsOf(image));
  return [...pieces, image.trailing].filter((piece) => piece.length > 0);
}

const EMPTY = new Uint8Array(0);

/** Sections in file order. */
export function sectionsOf(image: VendorBootImage): SectionPieces<VendorSection>[] {
  const content: Readonly<Record<VendorSection, () => readonly Uint8Array[]>> = {
    ramdisk: () => [...image.fragments.map(({ bytes }) => bytes), image.unlistedRamdisk],
    dtb: () => [image.dtb],
    table: () => tableRows(image),
    bootconfig: () => [image.bootconfig],
  };
  return VENDOR_SECTIONS[image.headerVersion].map(({ name }) => {
    const pieces = content[name]();
    return { name, size: sizeOf(pieces), pieces };
  });
}

function canonicalHeader(image: VendorBootImage): Uint8Array {
  const { addresses, fragments } = image;
  const ramdiskSize =
    fragments.reduce((sum, { bytes }) => sum + bytes.length, 0) + image.unlistedRamdisk.length;
  const fields = {
    magic: VENDOR_MAGIC,
    headerVersion: image.headerVersion,
    pageSize: image.pageSize,
    kernelAddress: addresses.kernel,
    ramdiskAddress: addresses.ramdisk,
    ramdiskSize,
    cmdline: textField(VendorV3, 'cmdline', image.cmdline),
    tagsAddress: addresses.tags,
    board: textField(VendorV3, 'board', image.board),
    headerSize: VENDOR_HEADERS[image.headerVersion].size,
    dtbSize: image.dtb.length,
    dtbAddress: addresses.dtb,
  };
  if (image.headerVersion === 3) {
    const [only] = fragments;
    const named = only !== undefined && (only.name !== '' || only.type !== 0);
    if (fragments.length > 1 || named || image.bootconfig.length > 0) {
      throw new MnxError(
        'bootimg.fragment',
        'vendor_boot v3 has one ramdisk without a name and no bootconfig',
      );
    }
    return VendorV3.write(fields);
  }
  return VendorV4.write({
    ...fields,
    tableSize: fragments.length * FragmentEntry.size,
    entryCount: fragments.length,
    entrySize: FragmentEntry.size,
    bootconfigSize: image.bootconfig.length,
  });
}

function tableRows(image: VendorBootImage): Uint8Array[] {
  let offset = 0;
  return image.fragments.map((fragment) => {
    const row = canonicalRow(fragment, offset);
    offset += fragment.bytes.length;
    return applyKept(FragmentEntry, row, fragment.keptFields);
  });
}

function canonicalRow(fragment: Omit<RamdiskFragment, 'keptFields'>, offset: number): Uint8Array {
  if (fragment.boardId.length !== BOARD_ID_WORDS) {
    throw new MnxError('bootimg.fragment', `a board id has ${BOARD_ID_WORDS} numbers`);
  }
  return FragmentEntry.write({
    size: fragment.bytes.length,
    offset,
    type: fragment.type,
    name: textField(FragmentEntry, 'name', fragment.name),
    boardId: concat(fragment.boardId.map((word) => BoardIdWord.write({ word }))),
  });
}

function versionOf(word: number): 3 | 4 {
  if (word === 3 || word === 4) return word;
  throw new FormatError(
    'bootimg.header-version',
    {
      field: `${VendorV3.name}.headerVersion`,
      offset: VendorV3.offsets.headerVersion,
      got: word,
      wanted: 'vendor_boot header version 3 or 4',
    },
    { hint: 'Newer header versions are not known here; a damaged header looks the same.' },
  );
}

function wholeRamdisk(ramdisk: Uint8Array): RamdiskFragment[] {
  if (ramdisk.length === 0) return [];
  return [
    { type: 0, name: '', boardId: new Array<number>(BOARD_ID_WORDS).fill(0), bytes: ramdisk, keptFields: [] },
  ];
}

/** Takes the ramdisk section apart by its table; the rows have to name it from the beginning, without gaps. */
function listedFragments(
  bytes: Uint8Array,
  parts: ReadonlyMap<VendorSection, Uint8Array>,
  ramdisk: Uint8Array,
): RamdiskFragment[] {
  const table = parts.get('table') ?? EMPTY;
  const tableOffset = table.byteOffset - bytes.byteOffset;
  checkTableShape(VendorV4.read(bytes));
  const fragments: RamdiskFragment[] = [];
  let offset = 0;
  for (let at = 0; at < table.length; at += FragmentEntry.size) {
    const row = FragmentEntry.read(table, at);
    const wrong = row.offset !== offset ? 'offset' : offset + row.size > ramdisk.length ? 'size' : undefined;
    if (wrong !== undefined) {
      throw new FormatError('bootimg.ramdisk-table', {
        field: `${FragmentEntry.name}[${fragments.length}].${wrong}`,
        offset: tableOffset + at + FragmentEntry.offsets[wrong],
        got: row[wrong],
        wanted:
          wrong === 'offset'
            ? `${offset}, the end of the fragment before`
            : `at most ${ramdisk.length - offset}, what is left of the ramdisk section`,
      });
    }
    fragments.push(fragmentFrom(table.subarray(at, at + FragmentEntry.size), row, ramdisk));
    offset += row.size;
  }
  return fragments;
}

function fragmentFrom(
  found: Uint8Array,
  row: LayoutValue<typeof FragmentEntry>,
  ramdisk: Uint8Array,
): RamdiskFragment {
  const fragment = {
    type: row.type,
    name: decodeText(untilNul(row.name)),
    boardId: Array.from(
      { length: BOARD_ID_WORDS },
      (_, i) => BoardIdWord.read(row.boardId, i * BoardIdWord.size).word,
    ),
    bytes: ramdisk.subarray(row.offset, row.offset + row.size),
  };
  return { ...fragment, keptFields: diffFields(FragmentEntry, canonicalRow(fragment, row.offset), found) };
}

function checkTableShape(header: LayoutValue<typeof VendorV4>): void {
  const { tableSize, entryCount, entrySize } = header;
  const rows = entryCount > 0;
  const wrong =
    rows && entrySize !== FragmentEntry.size
      ? { field: 'entrySize' as const, wanted: `${FragmentEntry.size}` }
      : tableSize !== entryCount * FragmentEntry.size
        ? {
            field: 'tableSize' as const,
            wanted: `${entryCount * FragmentEntry.size}, ${entryCount} rows of ${FragmentEntry.size} bytes`,
          }
        : undefined;
  if (wrong === undefined) return;
  throw new FormatError('bootimg.ramdisk-table', {
    field: `${VendorV4.name}.${wrong.field}`,
    offset: VendorV4.offsets[wrong.field],
    got: header[wrong.field],
    wanted: wrong.wanted,
  });
}
