import {
  expectSize,
  type Fact,
  type Format,
  FormatError,
  hex,
  layout,
  bytes as raw,
  sha256,
  UsageError,
  u32be,
  viewOf,
} from '../binary/index.ts';
import { gunzip, gzipSync, unzlib, zlib } from '../compress/index.ts';
import { assemble, type Region, unusedRegions } from './regions.ts';

/** libufdt's dt_table.h. */
const Header = expectSize(
  layout('dt-table', {
    magic: u32be,
    totalSize: u32be,
    headerSize: u32be,
    entrySize: u32be,
    count: u32be,
    entriesOffset: u32be,
    pageSize: u32be,
    version: u32be,
  }),
  32,
);
/** Version 1 takes the first of the four custom words for flags. */
const Entry = expectSize(
  layout('dt-table-entry', { size: u32be, offset: u32be, id: u32be, rev: u32be, custom: raw(16) }),
  32,
);
const Words = layout('dt-table-custom', { first: u32be, second: u32be, third: u32be, fourth: u32be });

const MAGIC = { dtbo: 0xd7b7ab1e, acpio: 0x41435049 } as const;
/** dt_table_entry_v1: how the blob is packed, in the lower four bits of the flags. */
const COMPRESSION = ['none', 'zlib', 'gzip'] as const;
const COMPRESSION_MASK = 0xf;

export type DtboCompression = (typeof COMPRESSION)[number];

/** One entry of a dt_table. */
export interface DtboEntry {
  readonly id: number;
  readonly rev: number;
  /** Four words; in version 1 the first are the flags. */
  readonly custom: readonly [number, number, number, number];
  /** Bytes from the start of the table. */
  readonly offset: number;
  readonly size: number;
}

/** A dt_table taken apart; entries with the same place share a blob. */
export interface Dtbo {
  readonly kind: keyof typeof MAGIC;
  readonly version: number;
  /** Of no meaning for the layout. */
  readonly pageSize: number;
  readonly headerSize: number;
  readonly entrySize: number;
  readonly entriesOffset: number;
  /** Size of table and blobs; behind them may lie padding or an AVB footer. */
  readonly totalSize: number;
  readonly entries: readonly DtboEntry[];
  readonly blobs: readonly Region[];
  readonly unused: readonly Region[];
  readonly length: number;
}

function fault(field: string, offset: number, got: number | string, wanted: string): FormatError {
  return new FormatError('devicetree.dtbo', { field: `dt-table.${field}`, offset, got, wanted });
}

/** dtbo.img and ACPIO tables (dt_table v0 and v1), lossless. */
export const dtboFormat: Format<Dtbo> = {
  name: 'dtbo',
  detect: isDtbo,
  read: readDtbo,
  write: writeDtbo,
  describe,
};

/** Whether `bytes` begins as a dt_table. */
export function isDtbo(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const value = viewOf(bytes).getUint32(0);
  return value === MAGIC.dtbo || value === MAGIC.acpio;
}

function readDtbo(bytes: Uint8Array): Dtbo {
  const header = Header.read(bytes);
  const { offsets } = Header;
  const { totalSize, headerSize, entrySize, count, entriesOffset } = header;
  if (!isDtbo(bytes)) throw fault('magic', 0, header.magic, '0xd7b7ab1e or 0x41435049');
  if (totalSize < Header.size || totalSize > bytes.length) {
    throw fault(
      'totalSize',
      offsets.totalSize,
      totalSize,
      `${Header.size} to the ${bytes.length} bytes that are there`,
    );
  }
  if (headerSize < Header.size || headerSize > totalSize) {
    throw fault('headerSize', offsets.headerSize, headerSize, `at least ${Header.size}`);
  }
  if (entrySize < Entry.size)
    throw fault('entrySize', offsets.entrySize, entrySize, `at least ${Entry.size}`);
  const tableEnd = entriesOffset + count * entrySize;
  if (entriesOffset < Header.size || tableEnd > totalSize) {
    throw fault(
      'count',
      offsets.count,
      count,
      `entries from ${entriesOffset} that fit the ${totalSize} bytes`,
    );
  }
  if (header.version > 1) throw fault('version', offsets.version, header.version, 'version 0 or 1');
  const entries = Array.from({ length: count }, (_, i) =>
    readEntry(bytes, entriesOffset + i * entrySize, totalSize),
  );
  const blobs = blobsOf(bytes, entries);
  const used = [
    { offset: 0, size: Header.size },
    ...entries.map((_, i) => ({ offset: entriesOffset + i * entrySize, size: Entry.size })),
    ...blobs.map((blob) => ({ offset: blob.offset, size: blob.bytes.length })),
  ];
  const overlap = (offset: number) => ({
    field: 'dt-table.entries',
    offset,
    got: 'blobs over each other',
    wanted: 'blobs apart or in the same place',
  });
  const { magic, count: _, ...facts } = header;
  const kind = magic === MAGIC.dtbo ? 'dtbo' : 'acpio';
  return {
    kind,
    ...facts,
    entries,
    blobs,
    unused: unusedRegions(bytes, used, overlap),
    length: bytes.length,
  };
}

function readEntry(bytes: Uint8Array, at: number, end: number): DtboEntry {
  const { size, offset, id, rev, custom } = Entry.read(bytes, at);
  if (offset + size > end) {
    throw fault('entry.offset', at + Entry.offsets.offset, offset, `a blob of ${size} bytes before ${end}`);
  }
  const { first, second, third, fourth } = Words.read(custom);
  return { id, rev, custom: [first, second, third, fourth], offset, size };
}

function blobsOf(bytes: Uint8Array, entries: readonly DtboEntry[]): Region[] {
  const sizes = new Map<number, number>();
  for (const { offset, size } of entries) sizes.set(offset, Math.max(size, sizes.get(offset) ?? 0));
  return [...sizes]
    .toSorted(([a], [b]) => a - b)
    .map(([offset, size]) => ({ offset, bytes: bytes.subarray(offset, offset + size) }));
}

function writeDtbo(table: Dtbo): Uint8Array {
  const { kind, entries, blobs, unused, length, ...facts } = table;
  const header = Header.write({ ...facts, magic: MAGIC[kind], count: entries.length });
  const written = entries.map(({ custom, ...entry }, i) => {
    const [first, second, third, fourth] = custom;
    const words = Words.write({ first, second, third, fourth });
    return {
      offset: table.entriesOffset + i * table.entrySize,
      bytes: Entry.write({ ...entry, custom: words }),
    };
  });
  return assemble(length, [{ offset: 0, bytes: header }, ...written, ...blobs, ...unused]);
}

/** How an entry's blob is packed; version 0 packs none. */
export function dtboCompression(table: Dtbo, entry: DtboEntry): DtboCompression {
  const number = table.version === 0 ? 0 : entry.custom[0] & COMPRESSION_MASK;
  const known = COMPRESSION[number];
  if (known !== undefined) return known;
  throw fault('entry.flags', entry.offset, entry.custom[0], 'compression 0, 1 (zlib) or 2 (gzip)');
}

/**
 * The blob of an entry, expanded.
 * @throws FormatError when it is damaged or expands to more than `limit` bytes
 */
export function dtboBlob(table: Dtbo, entry: DtboEntry, options: { readonly limit: number }): Uint8Array {
  const region = table.blobs.find(({ offset }) => offset === entry.offset);
  const stored = region?.bytes.subarray(0, entry.size) ?? new Uint8Array();
  const compression = dtboCompression(table, entry);
  if (compression === 'none') return stored;
  return (compression === 'zlib' ? unzlib : gunzip)(stored, options).data;
}

/** One tree to put into a table. */
export interface DtboSource {
  readonly blob: Uint8Array;
  readonly id?: number;
  readonly rev?: number;
  /** Version 1: all flags; the compression is entered into them. */
  readonly flags?: number;
  /** Four words in version 0, three in version 1. */
  readonly custom?: readonly number[];
  /** Version 1 only. */
  readonly compression?: DtboCompression;
}

export interface BuildDtboOptions {
  readonly version?: 0 | 1;
  readonly pageSize?: number;
  readonly kind?: Dtbo['kind'];
}

/**
 * Builds a dt_table as mkdtboimg does: header, entries, blobs without padding; equal blobs are
 * stored once.
 *
 * @throws UsageError for compression in a table of version 0
 */
export function buildDtbo(sources: readonly DtboSource[], options: BuildDtboOptions = {}): Uint8Array {
  const { version = 0, pageSize = 2048, kind = 'dtbo' } = options;
  let next = Header.size + sources.length * Entry.size;
  const places = new Map<string, Region>();
  const entries = sources.map((source) => {
    const custom = customWords(source, version);
    const stored = packed(source.blob, source.compression ?? 'none');
    const digest = sha256(stored);
    const place = places.get(digest) ?? { offset: next, bytes: stored };
    if (!places.has(digest)) next += stored.length;
    places.set(digest, place);
    return { id: source.id ?? 0, rev: source.rev ?? 0, custom, offset: place.offset, size: stored.length };
  });
  return writeDtbo({
    kind,
    version,
    pageSize,
    headerSize: Header.size,
    entrySize: Entry.size,
    entriesOffset: Header.size,
    totalSize: next,
    entries,
    blobs: [...places.values()],
    unused: [],
    length: next,
  });
}

function packed(blob: Uint8Array, compression: DtboCompression): Uint8Array {
  if (compression === 'none') return blob;
  return compression === 'zlib' ? zlib([blob]) : gzipSync([blob]);
}

function customWords(source: DtboSource, version: 0 | 1): [number, number, number, number] {
  const { custom = [], compression = 'none', flags = 0 } = source;
  if (version === 0 && (compression !== 'none' || flags !== 0)) {
    throw new UsageError(
      'devicetree.dtbo-version',
      'version 0 of the table has no flags: nothing can be packed',
      {
        hint: 'Build version 1, if the loader reads it.',
      },
    );
  }
  const own =
    version === 0 ? custom : [(flags & ~COMPRESSION_MASK) | COMPRESSION.indexOf(compression), ...custom];
  const [first = 0, second = 0, third = 0, fourth = 0] = own;
  return [first >>> 0, second, third, fourth];
}

/** In version 1 the first of the four words is the flags. */
function wordsText(version: number, words: readonly number[]): string {
  const [flags = 0, ...others] = words;
  const custom = (version === 0 ? words : others).map((word) => hex(word)).join(' ');
  if (version === 0) return `custom ${custom}`;
  const packing = COMPRESSION[flags & COMPRESSION_MASK] ?? 'unknown';
  return `flags ${hex(flags)} (${packing === 'none' ? 'not packed' : packing}), custom ${custom}`;
}

function describe(table: Dtbo): Fact[] {
  const entries = table.entries.map((entry, i) => ({
    name: `entry ${i}`,
    value: `id ${hex(entry.id)}, rev ${hex(entry.rev)}, ${wordsText(table.version, entry.custom)}`,
    offset: entry.offset,
    size: entry.size,
  }));
  const unused = table.unused.map(({ offset, bytes }) => ({
    name: 'unknown bytes',
    value: `${bytes.length} bytes`,
    offset,
    size: bytes.length,
  }));
  return [
    { name: 'kind', value: table.kind },
    { name: 'version', value: String(table.version) },
    { name: 'total size', value: String(table.totalSize) },
    { name: 'page size', value: String(table.pageSize) },
    { name: 'device trees', value: String(table.blobs.length) },
    ...entries,
    ...unused,
  ];
}
