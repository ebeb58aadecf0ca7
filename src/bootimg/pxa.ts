import {
  bytes,
  concat,
  expectSize,
  type Fact,
  type Format,
  FormatError,
  hex,
  layout,
  magic,
  startsWith,
  u32le,
} from '../binary/index.ts';
import { joinCommandLine, splitCommandLine, untilNul } from './command-line.ts';
import { BOOT_MAGIC } from './header.ts';
import { classifyId, idBytes } from './id.ts';
import type { Addresses, ImageId, KeptFields, KeptPadding } from './image.ts';
import { applyKept, diffFields, rangeOf } from './kept.ts';
import { checkPageSize } from './page-size.ts';
import { cutSections, joinSections } from './sections.ts';
import { decodeText, textField } from './text.ts';

/**
 * Header of boot images for Samsung's phones with Marvell PXA processors (pxa-mkbootimg bootimg.h):
 * the fields of v0 from 32 on in another order, with the DT table's size and a word of unknown use.
 */
export const PxaHeader = expectSize(
  layout('boot-pxa', {
    magic: magic(BOOT_MAGIC),
    kernelSize: u32le,
    kernelAddress: u32le,
    ramdiskSize: u32le,
    ramdiskAddress: u32le,
    secondSize: u32le,
    secondAddress: u32le,
    dtSize: u32le,
    unknown: u32le,
    tagsAddress: u32le,
    pageSize: u32le,
    board: bytes(24),
    cmdline: bytes(512),
    id: bytes(32),
    extraCmdline: bytes(1024),
  }),
  1640,
);

/** Least value of the word of unknown use; v0 has its page size there, which is below (magiskboot). */
export const PXA_ADDRESS = 0x02000000;

const UNKNOWN_WORD = layout('pxa-word', { word: u32le });

/** Sections in file order, and the header field that states the size of each. */
const PXA_SECTIONS = [
  { name: 'kernel', field: 'kernelSize' },
  { name: 'ramdisk', field: 'ramdiskSize' },
  { name: 'second', field: 'secondSize' },
  { name: 'dt', field: 'dtSize' },
] as const;

export type PxaPartName = (typeof PXA_SECTIONS)[number]['name'];

/** A boot image with the PXA header as a value. Nothing of a file that was read is lost. */
export interface PxaImage {
  readonly pageSize: number;
  readonly addresses: Omit<Addresses, 'dtb'>;
  /** The word whose use is unknown: 0x02000000 or more, and the same in all images of one phone. */
  readonly unknown: number;
  readonly board: string;
  readonly cmdline: string;
  readonly id: ImageId;
  /** Absent sections have no key. */
  readonly parts: Readonly<Partial<Record<PxaPartName, Uint8Array>>>;
  /** What follows the last section; these phones want `SEANDROIDENFORCE` there. */
  readonly trailing: Uint8Array;
  readonly keptFields: readonly KeptFields[];
  readonly keptPaddings: readonly KeptPadding<PxaPartName>[];
}

/** Whether the bytes begin as a boot image with the PXA header does. */
export function isPxaImage(bytes: Uint8Array): boolean {
  const end = PxaHeader.offsets.unknown + UNKNOWN_WORD.size;
  if (!startsWith(bytes, BOOT_MAGIC) || bytes.length < end) return false;
  return UNKNOWN_WORD.read(bytes, PxaHeader.offsets.unknown).word >= PXA_ADDRESS;
}

/**
 * Reads a boot image with the PXA header; sections are views into `bytes`.
 * @throws FormatError for anything that is not a whole image of this kind
 */
export function readPxaImage(bytes: Uint8Array): PxaImage {
  const header = PxaHeader.read(bytes);
  if (header.unknown < PXA_ADDRESS) {
    throw new FormatError('bootimg.header-version', {
      field: 'boot-pxa.unknown',
      offset: PxaHeader.offsets.unknown,
      got: header.unknown,
      wanted: `${hex(PXA_ADDRESS)} or more, as in images of Samsung PXA phones`,
    });
  }
  checkPageSize(header.pageSize, PxaHeader);
  const sections = PXA_SECTIONS.map(({ name, field }) => ({ name, field, size: header[field] }));
  const cut = cutSections(bytes, { header: PxaHeader, pageSize: header.pageSize, sections });
  const parts: PxaImage['parts'] = Object.fromEntries(cut.parts);
  const image: PxaImage = {
    pageSize: header.pageSize,
    addresses: {
      kernel: header.kernelAddress,
      ramdisk: header.ramdiskAddress,
      second: header.secondAddress,
      tags: header.tagsAddress,
    },
    unknown: header.unknown,
    board: decodeText(untilNul(header.board)),
    cmdline: decodeText(joinCommandLine(header.cmdline, header.extraCmdline)),
    id: classifyId({ headerVersion: 0, parts }, header.id),
    parts,
    trailing: cut.trailing,
    keptFields: [],
    keptPaddings: cut.keptPaddings,
  };
  // The id stands for itself whatever its rule; giving it as raw bytes saves hashing the parts again.
  const canonical = canonicalHeader({ ...image, id: { kind: 'raw', bytes: header.id } });
  return { ...image, keptFields: diffFields(PxaHeader, canonical, bytes, ['cmdline', 'extraCmdline']) };
}

/**
 * The bytes of an image as consecutive pieces.
 * @throws MnxError when a value does not fit its field
 */
export function writePxaImage(image: PxaImage): Uint8Array[] {
  checkPageSize(image.pageSize, PxaHeader);
  const header = applyKept(PxaHeader, canonicalHeader(image), image.keptFields);
  const parts = PXA_SECTIONS.map(({ name }) => {
    const bytes = image.parts[name] ?? new Uint8Array(0);
    return { name, size: bytes.length, pieces: [bytes] };
  });
  const pieces = joinSections({ ...image, header }, parts);
  return [...pieces, image.trailing].filter((piece) => piece.length > 0);
}

function canonicalHeader(image: PxaImage): Uint8Array {
  const { addresses, parts } = image;
  const size = (name: PxaPartName): number => parts[name]?.length ?? 0;
  return PxaHeader.write({
    magic: BOOT_MAGIC,
    kernelSize: size('kernel'),
    kernelAddress: addresses.kernel,
    ramdiskSize: size('ramdisk'),
    ramdiskAddress: addresses.ramdisk,
    secondSize: size('second'),
    secondAddress: addresses.second,
    dtSize: size('dt'),
    unknown: image.unknown,
    tagsAddress: addresses.tags,
    pageSize: image.pageSize,
    board: textField(PxaHeader, 'board', image.board),
    id: idBytes({ headerVersion: 0, parts }, image.id),
    ...splitCommandLine(image.cmdline, 'classic'),
  });
}

/** boot.img of Samsung's PXA phones. */
export const pxaFormat: Format<PxaImage> = {
  name: 'bootimg-pxa',
  detect: isPxaImage,
  read: readPxaImage,
  write: (image) => concat(writePxaImage(image)),
  describe,
};

function describe(image: PxaImage): readonly Fact[] {
  const place = (field: string) => {
    const { start, end } = rangeOf(PxaHeader, field);
    return { offset: start, size: end - start };
  };
  return [
    { name: 'header', value: 'Samsung PXA', offset: 0, size: PxaHeader.size },
    { name: 'page size', value: String(image.pageSize), ...place('pageSize') },
    { name: 'kernel address', value: hex(image.addresses.kernel), ...place('kernelAddress') },
    { name: 'ramdisk address', value: hex(image.addresses.ramdisk), ...place('ramdiskAddress') },
    { name: 'second address', value: hex(image.addresses.second), ...place('secondAddress') },
    { name: 'tags address', value: hex(image.addresses.tags), ...place('tagsAddress') },
    { name: 'unknown', value: hex(image.unknown), ...place('unknown') },
    { name: 'board', value: image.board, ...place('board') },
    { name: 'command line', value: image.cmdline, ...place('cmdline') },
    { name: 'id', value: image.id.kind, ...place('id') },
    ...PXA_SECTIONS.flatMap(({ name, field }) => {
      const part = image.parts[name];
      return part === undefined ? [] : [{ name, value: `${part.length} bytes`, ...place(field) }];
    }),
    { name: 'trailing', value: `${image.trailing.length} bytes` },
  ];
}
