import { alignUp, FormatError, MnxError, startsWith } from '../binary/index.ts';
import type { KeptFields } from './image.ts';
import { applyKept, diffFields } from './kept.ts';
import { ElfHeader, ElfRow, IDENT, KINDS } from './sony-layout.ts';
import { allZero, zeros } from './zeros.ts';

/** What Sony's loader takes a segment for; `segment` is one that nobody knows. */
export type SegmentName = (typeof KINDS)[number]['name'] | 'segment';

/** A segment of a Sony ELF boot image. */
export interface ElfSegment {
  /** 1, PT_LOAD; 4, PT_NOTE, for the command line. */
  readonly type: number;
  /** Sony's marks. */
  readonly flags: number;
  /** Where it is loaded; of the command line 0. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** What stands in front of it, where that is not what the image's spacing asks for. */
  readonly before?: Uint8Array;
  readonly keptFields: readonly KeptFields[];
}

/** A Sony ELF boot image as a value. Nothing of a file that was read is lost. */
export interface SonyElfImage {
  /** Where the processor starts: address of the kernel. */
  readonly entry: number;
  /** Whether segments follow each other without a gap (mkelf.py), or begin on whole pages. */
  readonly spacing: 'packed' | 'pages';
  /** In the order of the file. */
  readonly segments: readonly ElfSegment[];
  /** Which row of the table each segment has, where the table's order is another one. */
  readonly rows?: readonly number[];
  /** Where the segments end, when a table of sections is in the file: it states places, so that nothing may move. */
  readonly pinned?: readonly number[];
  /** What follows the last segment. */
  readonly trailing: Uint8Array;
  readonly keptFields: readonly KeptFields[];
}

/** The first segment begins here (mkelf.py); the unit of `pages` as well. */
const PAGE = 4096;

/** What a segment is, by type and flags. */
export function segmentName({ type, flags }: Pick<ElfSegment, 'type' | 'flags'>): SegmentName {
  const found = KINDS.find((kind) => kind.type === type && (kind.flags ?? flags) === flags);
  return found?.name ?? 'segment';
}

/** Whether the bytes begin as a Sony ELF boot image does. */
export function isSonyElfImage(bytes: Uint8Array): boolean {
  return startsWith(bytes, IDENT);
}

/**
 * Reads a Sony ELF boot image; segments are views into `bytes`.
 * @throws FormatError for anything that is not a whole image of this kind
 */
export function readSonyElfImage(bytes: Uint8Array): SonyElfImage {
  const header = ElfHeader.read(bytes);
  const { entry, tableOffset, rowSize, rowCount } = header;
  expectField('tableOffset', tableOffset, ElfHeader.size);
  expectField('rowSize', rowSize, ElfRow.size);
  if (rowCount === 0) throw headerFault('rowCount', 0, 'at least one segment');
  const rows = Array.from({ length: rowCount }, (_, i) => rowAt(bytes, i));
  const spacing: SonyElfImage['spacing'] = rows.every(
    ({ offset, fileSize }) => fileSize === 0 || offset % PAGE === 0,
  )
    ? 'pages'
    : 'packed';
  let end = tableEnd(rowCount);
  const order = inFileOrder(rows);
  const segments = order.map(([i, row]): ElfSegment => {
    // What is empty stands nowhere: its offset is kept as it is.
    const start = row.fileSize === 0 ? end : row.offset;
    checkRow(row, i, { end, size: bytes.length });
    const before = bytes.subarray(end, start);
    const usual = startOf({ end, first: end === tableEnd(rowCount), spacing, size: row.fileSize }) - end;
    const canonical = { ...row, size: row.fileSize, offset: start };
    const found = bytes.subarray(tableEnd(i), tableEnd(i + 1));
    end = start + row.fileSize;
    return {
      type: row.type,
      flags: row.flags,
      address: row.address,
      bytes: bytes.subarray(start, end),
      ...(before.length === usual && allZero(before) ? {} : { before }),
      keptFields: diffFields(ElfRow, rowBytes(canonical), found),
    };
  });
  const trailing = bytes.subarray(end);
  const keptFields = diffFields(ElfHeader, headerBytes(entry, rowCount), bytes);
  const sorted = order.every(([row], i) => row === i) ? {} : { rows: order.map(([row]) => row) };
  const image: SonyElfImage = { entry, spacing, segments, ...sorted, trailing, keptFields };
  return header.sectionsOffset === 0
    ? image
    : { ...image, pinned: placesOf(image).map((place) => place.end) };
}

type Row = ReturnType<typeof ElfRow.read>;

function tableEnd(rows: number): number {
  return ElfHeader.size + rows * ElfRow.size;
}

function rowAt(bytes: Uint8Array, index: number): Row {
  return ElfRow.read(bytes, tableEnd(index));
}

/** Rows as their segments follow each other, each with its place in the table; an empty one stays with the row before it. */
function inFileOrder(rows: readonly Row[]): readonly (readonly [number, Row])[] {
  let last = 0;
  const keys = rows.map(({ offset, fileSize }) => {
    if (fileSize > 0) last = offset;
    return last;
  });
  return [...rows.entries()].sort(([a], [b]) => (keys[a] ?? 0) - (keys[b] ?? 0));
}

/** Where a segment begins by the image's spacing. */
function startOf(place: {
  readonly end: number;
  readonly first: boolean;
  readonly spacing: SonyElfImage['spacing'];
  readonly size: number;
}): number {
  if (place.size === 0) return place.end;
  return place.spacing === 'pages' || place.first ? alignUp(place.end, PAGE) : place.end;
}

function checkRow(
  { offset, fileSize }: Row,
  index: number,
  { end, size }: { readonly end: number; readonly size: number },
): void {
  if (fileSize === 0) return;
  const fault = (field: 'offset' | 'fileSize', got: number, wanted: string) =>
    new FormatError('bootimg.sony-elf', {
      field: `${ElfRow.name}[${index}].${field}`,
      offset: tableEnd(index) + ElfRow.offsets[field],
      got,
      wanted,
    });
  if (offset < end) throw fault('offset', offset, `${end} or more, where what stands before it ends`);
  if (offset > size) throw fault('offset', offset, `at most ${size}, the end of the file`);
  if (offset + fileSize > size)
    throw fault('fileSize', fileSize, `at most ${size - offset}, what is left of the file`);
}

function expectField(field: 'tableOffset' | 'rowSize', got: number, wanted: number): void {
  if (got !== wanted) throw headerFault(field, got, `${wanted}, as mkelf.py writes it`);
}

function headerFault(
  field: 'tableOffset' | 'rowSize' | 'rowCount',
  got: number,
  wanted: string,
): FormatError {
  const offset = ElfHeader.offsets[field];
  return new FormatError('bootimg.sony-elf', { field: `${ElfHeader.name}.${field}`, offset, got, wanted });
}

function headerBytes(entry: number, rowCount: number): Uint8Array {
  return ElfHeader.write({
    ident: IDENT,
    padding: new Uint8Array(8),
    type: 2,
    machine: 40,
    version: 1,
    entry,
    tableOffset: ElfHeader.size,
    sectionsOffset: 0,
    flags: 0,
    headerSize: ElfHeader.size,
    rowSize: ElfRow.size,
    rowCount,
    sectionSize: 0,
    sectionCount: 0,
    namesIndex: 0,
  });
}

type RowValue = Pick<ElfSegment, 'type' | 'flags' | 'address'> & {
  readonly offset: number;
  readonly size: number;
};

function rowBytes({ type, flags, address, offset, size }: RowValue): Uint8Array {
  return ElfRow.write({
    type,
    offset,
    virtualAddress: address,
    address,
    fileSize: size,
    memorySize: size,
    flags,
    align: 0,
  });
}

/**
 * The bytes of an image as consecutive pieces; offsets follow the segments.
 * @throws MnxError `bootimg.sony-elf` when what a section table speaks of would move
 */
export function writeSonyElfImage(image: SonyElfImage): Uint8Array[] {
  const { segments, entry, pinned } = image;
  const header = applyKept(ElfHeader, headerBytes(entry, segments.length), image.keptFields);
  const places = placesOf(image);
  if (pinned?.some((end, i) => end !== places[i]?.end)) {
    throw new MnxError('bootimg.sony-elf', 'a table of sections says where things lie, and they would move', {
      hint: 'Put in something of the same size.',
    });
  }
  const rows: Uint8Array[] = [];
  for (const [i, { segment, offset }] of places.entries()) {
    const row = rowBytes({ ...segment, offset, size: segment.bytes.length });
    rows[image.rows?.[i] ?? i] = applyKept(ElfRow, row, segment.keptFields);
  }
  const pieces = places.flatMap(({ segment, gap }) => [
    ...(segment.before ? [segment.before] : zeros(gap)),
    segment.bytes,
  ]);
  return [header, ...rows, ...pieces, image.trailing].filter((piece) => piece.length > 0);
}

interface SegmentPlace {
  readonly segment: ElfSegment;
  /** Bytes in front of it. */
  readonly gap: number;
  readonly offset: number;
  readonly end: number;
}

/** Where the segments of an image lie. */
export function placesOf({ segments, spacing }: Pick<SonyElfImage, 'segments' | 'spacing'>): SegmentPlace[] {
  const table = tableEnd(segments.length);
  let end = table;
  return segments.map((segment) => {
    const size = segment.bytes.length;
    const gap = segment.before?.length ?? startOf({ end, first: end === table, spacing, size }) - end;
    const offset = end + gap;
    end = offset + size;
    return { segment, gap, offset, end };
  });
}
