import { concat, FormatError, type LayoutValue, startsWith } from '../binary/index.ts';
import { joinCommandLine, untilNul } from './command-line.ts';
import {
  BOOT_MAGIC,
  BootV0,
  BootV0Name20,
  BootV1,
  BootV2,
  BootV3,
  BootV4,
  type HeaderVersion,
  headerTable,
  LAST_VERSION_WORD,
  SECTIONS,
  SIZE_FIELD,
  V3_PAGE_SIZE,
} from './header.ts';
import { classifyIds, HASHED_FIELDS } from './id.ts';
import type { Addresses, BootImage, RangedBootImage } from './image.ts';
import { diffFields } from './kept.ts';
import { canonicalHeader, withLengths } from './pack.ts';
import { checkPageSize, isPageSize } from './page-size.ts';
import { PXA_ADDRESS } from './pxa.ts';
import { cutRanges } from './sections.ts';
import { type ByteSource, rangeBytes, sourceOf } from './source.ts';
import { decodeText } from './text.ts';

/** Whether the bytes begin as a boot.img does. */
export function isBootImage(bytes: Uint8Array): boolean {
  return startsWith(bytes, BOOT_MAGIC);
}

/**
 * Reads a boot.img (v0 to v4) or init_boot.img. Sections are views into `bytes`; paddings, odd
 * header fields, unknown ids and what follows the last section are kept, so that `writeBootImage`
 * gives back every byte.
 * @throws FormatError for anything that is not a whole boot image
 */
export function readBootImage(bytes: Uint8Array): BootImage {
  const image = openBootImage(sourceOf(bytes));
  const views = Object.entries(image.parts).map(([name, range]) => [name, rangeBytes(range)]);
  return { ...image, parts: Object.fromEntries(views), trailing: rangeBytes(image.trailing) };
}

/**
 * Reads a boot image of any size: header and paddings come into memory, sections stay in the source.
 * They are read once, for the id.
 * @throws FormatError for anything that is not a whole boot image
 */
export function openBootImage(source: ByteSource): RangedBootImage {
  const head = source.read(0, Math.min(source.size, BootV2.size));
  const version = versionOf(head);
  const { image, id } =
    version === 3 || version === 4 ? openLate(source, head, version) : openEarly(source, head, version);
  const canonical = canonicalHeader(withLengths(image), id);
  const table = headerTable(image);
  return { ...image, keptFields: diffFields(table, canonical, head, ['cmdline', 'extraCmdline']) };
}

/** An image, and its id as it stands in the file: whatever its rule, it is not hashed again to compare headers. */
interface Opened {
  readonly image: RangedBootImage;
  readonly id: Uint8Array;
}

const PXA_HINT = 'An address stands there in images of Samsung PXA (Marvell) phones: read it as a PXA image.';

/** Header fields by name. */
type Sizes = Readonly<Record<string, unknown>>;

function openEarly(source: ByteSource, bytes: Uint8Array, version: 0 | 1 | 2): Opened {
  const header = BootV0.read(bytes);
  const longer = version === 1 ? BootV1.read(bytes) : version === 2 ? BootV2.read(bytes) : header;
  checkPageSize(header.pageSize, BootV0, header.pageSize >= PXA_ADDRESS ? PXA_HINT : undefined);
  const sizes: Sizes =
    header.versionOrDtSize > LAST_VERSION_WORD ? longer : { ...longer, versionOrDtSize: 0 };
  const cut = cutParts(source, { headerVersion: version }, header.pageSize, sizes);
  const fields = bytes.subarray(HASHED_FIELDS.start, HASHED_FIELDS.end);
  const late = version === 0 ? [BootV0Name20.read(bytes)] : [];
  const hashed = { headerVersion: version, parts: cut.parts, fields };
  const { id, place } = classifyIds(hashed, [header.id, ...late.map((longer) => longer.id)]);
  const named = [header, ...late][place] ?? header;
  const nameSize = named === header ? {} : ({ nameSize: 20 } as const);
  const image: RangedBootImage = {
    headerVersion: version,
    ...nameSize,
    dialect: dialectOf(named),
    pageSize: header.pageSize,
    addresses: {
      kernel: header.kernelAddress,
      ramdisk: header.ramdiskAddress,
      second: header.secondAddress,
      tags: header.tagsAddress,
      dtb: version === 2 ? BootV2.read(bytes).dtbAddress : 0n,
    },
    osVersion: header.osVersion,
    board: decodeText(untilNul(named.board)),
    cmdline: decodeText(joinCommandLine(named.cmdline, named.extraCmdline)),
    id,
    ...cutParts(source, { headerVersion: version, ...nameSize }, header.pageSize, sizes),
  };
  return { image, id: named.id };
}

const NO_ADDRESSES: Addresses = { kernel: 0, ramdisk: 0, second: 0, tags: 0, dtb: 0n };

function openLate(source: ByteSource, bytes: Uint8Array, version: 3 | 4): Opened {
  const header = version === 3 ? BootV3.read(bytes) : BootV4.read(bytes);
  const image: RangedBootImage = {
    headerVersion: version,
    dialect: 'aosp',
    pageSize: V3_PAGE_SIZE,
    addresses: NO_ADDRESSES,
    osVersion: header.osVersion,
    board: '',
    cmdline: decodeText(untilNul(header.cmdline)),
    id: { kind: 'none' },
    ...cutParts(source, { headerVersion: version }, V3_PAGE_SIZE, header),
  };
  return { image, id: new Uint8Array(0) };
}

/** The word at 40 is the header version of v0 to v4, or the size of a v0 image's DT table. */
function versionOf(bytes: Uint8Array): HeaderVersion {
  const { versionOrDtSize: word, pageSize } = BootV0.read(withHeaderRoom(bytes));
  if (word === 3 || word === 4) return word;
  if (word <= 2) return word as 0 | 1 | 2;
  if (word > LAST_VERSION_WORD && isPageSize(pageSize)) return 0;
  throw new FormatError(
    'bootimg.header-version',
    {
      field: 'boot-v0.versionOrDtSize',
      offset: BootV0.offsets.versionOrDtSize,
      got: word,
      wanted: 'header version 0 to 4, or the size of a DT table beside a valid page size',
    },
    { hint: 'Newer header versions are not known here; a damaged header looks the same.' },
  );
}

/** v3 and v4 headers are shorter than v0: the version is looked up in a copy that is long enough. */
function withHeaderRoom(bytes: Uint8Array): Uint8Array {
  if (bytes.length < BootV3.size || bytes.length >= BootV0.size) return bytes;
  return concat([bytes, new Uint8Array(BootV0.size - bytes.length)]);
}

/** What the file shows of the tool that wrote it; without a sign, `aosp`. */
function dialectOf(
  header: LayoutValue<typeof BootV0> | LayoutValue<typeof BootV0Name20>,
): 'aosp' | 'classic' {
  const ramdisk = header.ramdiskSize === 0 && header.ramdiskAddress !== 0;
  const second = header.secondSize === 0 && header.secondAddress !== 0;
  return ramdisk || second || !header.cmdline.includes(0) ? 'classic' : 'aosp';
}

type Cut = Pick<RangedBootImage, 'parts' | 'trailing' | 'keptFields' | 'keptPaddings'>;

function cutParts(
  source: ByteSource,
  kind: Parameters<typeof headerTable>[0],
  pageSize: number,
  sizes: Sizes,
): Cut {
  const sections = SECTIONS[kind.headerVersion].map((name) => {
    const field = SIZE_FIELD[name];
    return { name, field, size: Number(sizes[field]) };
  });
  const { parts, ...rest } = cutRanges(source, { header: headerTable(kind), pageSize, sections });
  return { ...rest, parts: Object.fromEntries(parts), keptFields: [] };
}
