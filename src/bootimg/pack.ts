import { alignUp, MnxError } from '../binary/index.ts';
import { longCommandLine, splitCommandLine } from './command-line.ts';
import {
  BOOT_HEADERS,
  BOOT_MAGIC,
  BootV0,
  BootV0Name20,
  BootV1,
  BootV2,
  BootV3,
  BootV4,
  headerTable,
  LAST_VERSION_WORD,
  PAGE_SIZES,
  SECTIONS,
} from './header.ts';
import { HASHED_FIELDS, idBytes, partsHash } from './id.ts';
import { type BootImage, type PartName, type RangedBootImage, rangedBootImage } from './image.ts';
import { applyKept, rangeOf } from './kept.ts';
import { joinSections } from './sections.ts';
import { readRange } from './source.ts';
import { encodeText } from './text.ts';

/**
 * The bytes of an image as consecutive pieces; sections are views of the value's own arrays, so that
 * writing them out streams.
 * @throws MnxError when a value does not fit its field, or the header version has no such section
 */
export function writeBootImage(image: BootImage): Uint8Array[] {
  return [...streamBootImage(rangedBootImage(image))];
}

/**
 * The bytes of an image as consecutive pieces that are read when they are asked for, after one
 * reading of all sections for the id.
 * @throws MnxError when a value does not fit its field, or the header version has no such section
 */
export function* streamBootImage(image: RangedBootImage): Generator<Uint8Array> {
  const { headerVersion, pageSize, keptPaddings } = image;
  const sized = withLengths(image);
  checkParts(sized);
  const headerWith = (id: Uint8Array): Uint8Array =>
    applyKept(headerTable(image), canonicalHeader(sized, id), image.keptFields);
  const fields = headerWith(idBytes(image, { kind: 'none' })).subarray(
    HASHED_FIELDS.start,
    HASHED_FIELDS.end,
  );
  const header = headerWith(idBytes({ ...image, fields }, image.id));
  const parts = SECTIONS[headerVersion].flatMap((name) => {
    const range = image.parts[name];
    return range === undefined ? [] : [{ name, size: range.size, pieces: readRange(range) }];
  });
  yield* joinSections({ header, pageSize, keptPaddings }, parts);
  yield* readRange(image.trailing);
}

/** An image that is written in one reading of its sections: the header is known when they have gone by. */
export interface OnePass {
  /** The whole image; its header has no id yet. */
  readonly pieces: Iterable<Uint8Array>;
  /** What goes over the first bytes when all pieces are taken. */
  readonly head: () => Uint8Array;
}

/**
 * {@link streamBootImage} for a new image and an output that can be written at its beginning again: the
 * sections are read once, hashed as they pass.
 * @throws MnxError when a value does not fit its field, or the header version has no such section
 */
export function packInOnePass(image: RangedBootImage): OnePass {
  const { headerVersion, pageSize, keptPaddings, id } = image;
  const sized = withLengths(image);
  checkParts(sized);
  const hash = id.kind === 'sha1' || id.kind === 'sha256' ? partsHash(id.kind) : undefined;
  const headerWith = (bytes: Uint8Array): Uint8Array =>
    applyKept(headerTable(image), canonicalHeader(sized, bytes), image.keptFields);
  const raw = (bytes: Uint8Array): Uint8Array => idBytes(image, { kind: 'raw', bytes });
  const known = id.kind === 'raw' ? id.bytes : new Uint8Array(0);
  const parts = SECTIONS[headerVersion].map((name) => {
    const range = image.parts[name];
    const pieces = range === undefined ? [] : readRange(range, offsetOfPart(sized, name));
    return { name, size: range?.size ?? 0, pieces: hash === undefined ? pieces : hash.section(name, pieces) };
  });
  function* pieces(): Generator<Uint8Array> {
    yield* joinSections({ header: headerWith(raw(known)), pageSize, keptPaddings }, parts);
    yield* readRange(image.trailing);
  }
  return { pieces: pieces(), head: () => headerWith(raw(hash === undefined ? known : hash.digest())) };
}

/** What a header says of an image: of its sections only how long they are. */
export type HeaderValue = Omit<BootImage, 'parts' | 'trailing' | 'id' | 'keptFields' | 'keptPaddings'> & {
  readonly parts: Readonly<Partial<Record<PartName, { readonly length: number }>>>;
};

/** The value of an image's header. */
export function withLengths(image: RangedBootImage): HeaderValue {
  const lengths = Object.entries(image.parts).map(([name, { size }]) => [name, { length: size }]);
  return { ...image, parts: Object.fromEntries(lengths) };
}

/** The header as the dialect's tool writes it, without what a file that was read had otherwise. */
export function canonicalHeader(image: HeaderValue, id: Uint8Array): Uint8Array {
  switch (image.headerVersion) {
    case 0:
      return (image.nameSize === undefined ? BootV0 : BootV0Name20).write(fieldsV0(image, id));
    case 1:
      return BootV1.write(fieldsV1(image, id));
    case 2:
      return BootV2.write({
        ...fieldsV1(image, id),
        dtbSize: sizeOfPart(image, 'dtb'),
        dtbAddress: image.addresses.dtb,
      });
    case 3:
      return BootV3.write(fieldsV3(image));
    case 4:
      return BootV4.write({ ...fieldsV3(image), signatureSize: sizeOfPart(image, 'signature') });
  }
}

/** Where a field of the header lies. */
export function fieldRange(
  image: Pick<BootImage, 'headerVersion' | 'nameSize'>,
  field: string,
): { start: number; end: number } {
  return rangeOf(headerTable(image), field);
}

function fieldsV0(image: HeaderValue, id: Uint8Array) {
  const { addresses } = image;
  const addressOf = (name: 'ramdisk' | 'second'): number =>
    image.dialect === 'aosp' && sizeOfPart(image, name) === 0 ? 0 : addresses[name];
  const dtSize = sizeOfPart(image, 'dt');
  return {
    magic: BOOT_MAGIC,
    kernelSize: sizeOfPart(image, 'kernel'),
    kernelAddress: addresses.kernel,
    ramdiskSize: sizeOfPart(image, 'ramdisk'),
    ramdiskAddress: addressOf('ramdisk'),
    secondSize: sizeOfPart(image, 'second'),
    secondAddress: addressOf('second'),
    tagsAddress: addresses.tags,
    pageSize: image.pageSize,
    versionOrDtSize: dtSize > 0 ? dtSize : image.headerVersion,
    osVersion: image.osVersion,
    board: boardField(image),
    id,
    ...splitCommandLine(image.cmdline, image.dialect),
  };
}

function fieldsV1(image: HeaderValue, id: Uint8Array) {
  return {
    ...fieldsV0(image, id),
    recoveryDtboSize: sizeOfPart(image, 'recoveryDtbo'),
    // An empty part has an offset too (mkbootimg.py write_header).
    recoveryDtboOffset:
      image.parts.recoveryDtbo === undefined ? 0n : BigInt(offsetOfPart(image, 'recoveryDtbo')),
    headerSize: BOOT_HEADERS[image.headerVersion].size,
  };
}

function fieldsV3(image: HeaderValue) {
  return {
    magic: BOOT_MAGIC,
    kernelSize: sizeOfPart(image, 'kernel'),
    ramdiskSize: sizeOfPart(image, 'ramdisk'),
    osVersion: image.osVersion,
    headerSize: BOOT_HEADERS[image.headerVersion].size,
    reserved: new Uint8Array(BootV3.offsets.headerVersion - BootV3.offsets.reserved),
    headerVersion: image.headerVersion,
    cmdline: longCommandLine(image.cmdline),
  };
}

function boardField(image: HeaderValue): Uint8Array {
  const { start, end } = fieldRange(image, 'board');
  const out = new Uint8Array(end - start);
  const text = encodeText(image.board);
  if (text.length > out.length) {
    throw new MnxError('bootimg.board', `board name: got ${text.length} bytes, the field has ${out.length}`);
  }
  out.set(text);
  return out;
}

function sizeOfPart(image: Pick<HeaderValue, 'parts'>, part: PartName): number {
  return image.parts[part]?.length ?? 0;
}

/** Offset of a section from the start of the image. */
export function offsetOfPart(image: HeaderValue, part: PartName): number {
  const sections = SECTIONS[image.headerVersion];
  const before = sections.slice(0, sections.indexOf(part));
  const sizes = [headerTable(image).size, ...before.map((name) => sizeOfPart(image, name))];
  return sizes.reduce((sum, size) => sum + alignUp(size, image.pageSize), 0);
}

function checkParts(image: HeaderValue): void {
  const { headerVersion, pageSize } = image;
  const pages: readonly number[] = PAGE_SIZES;
  if (!pages.includes(pageSize)) {
    throw new MnxError('bootimg.page-size', `page size: got ${pageSize}, want one of ${pages.join(', ')}`);
  }
  for (const name of Object.keys(image.parts) as PartName[]) {
    if (sizeOfPart(image, name) > 0 && !SECTIONS[headerVersion].includes(name)) {
      throw new MnxError('bootimg.part', `a boot image v${headerVersion} has no section for ${name}`);
    }
  }
  const dtSize = sizeOfPart(image, 'dt');
  if (dtSize > 0 && dtSize <= LAST_VERSION_WORD) {
    throw new MnxError(
      'bootimg.part',
      `a DT table of ${dtSize} bytes would be read as header version ${dtSize}`,
    );
  }
}
