import {
  type Fact,
  type Field,
  type Format,
  FormatError,
  hex,
  type Layout,
  latin1,
  layout,
  magic,
  startsWith,
  u32le,
} from '../binary/index.ts';
import { assemble, type Region, unusedRegions } from './regions.ts';

/** One entry: whom a blob is for, and where it lies. */
export interface TableEntry {
  /** The words that name a board, as the kind of table calls them. */
  readonly ids: Readonly<Record<string, number>>;
  /** Bytes from the start of the table. */
  readonly offset: number;
  /** Bytes, padding to a page included. */
  readonly size: number;
}

/** A table of device trees taken apart; entries with the same offset share a blob. */
export interface BlobTable {
  readonly version: number;
  readonly entries: readonly TableEntry[];
  /** The blobs in order of their place, each once. */
  readonly blobs: readonly Region[];
  /** Bytes that nothing speaks of and that are not zero. */
  readonly unused: readonly Region[];
  /** Size of the file. */
  readonly length: number;
}

/** What tells one kind of table from another: its magic and the words of its entries, by version. */
export interface TableKind {
  readonly name: string;
  readonly magic: string;
  readonly versions: Readonly<Record<number, readonly string[]>>;
}

const PLACE = ['offset', 'size'];

function headerOf(kind: TableKind) {
  return layout(kind.name, { magic: magic(kind.magic), version: u32le, count: u32le });
}

function entryOf(kind: TableKind, words: readonly string[]): Layout<Record<string, number>> {
  const fields: Record<string, Field<number>> = {};
  for (const word of words) fields[word] = u32le;
  return layout(`${kind.name}-entry`, fields) as unknown as Layout<Record<string, number>>;
}

/** A `Format` for one kind of table, lossless: whatever lies between the blobs is kept. */
export function blobTableFormat(kind: TableKind): Format<BlobTable> {
  const header = headerOf(kind);
  const layouts = new Map(
    Object.entries(kind.versions).map(([version, words]) => [Number(version), entryOf(kind, words)]),
  );
  const wanted = `version ${[...layouts.keys()].join(', ')}`;
  const fault = (field: string, offset: number, got: number, wants: string): FormatError =>
    new FormatError(`devicetree.${kind.name}`, {
      field: `${kind.name}.${field}`,
      offset,
      got,
      wanted: wants,
    });

  function read(bytes: Uint8Array): BlobTable {
    const { version, count } = header.read(bytes);
    const entryLayout = layouts.get(version);
    if (entryLayout === undefined) throw fault('version', header.offsets.version, version, wanted);
    const tableEnd = header.size + count * entryLayout.size;
    if (count === 0 || tableEnd > bytes.length) {
      throw fault('count', header.offsets.count, count, `entries that fit the ${bytes.length} bytes`);
    }
    const entries: TableEntry[] = [];
    for (let i = 0; i < count; i++) {
      const at = header.size + i * entryLayout.size;
      const { offset = 0, size = 0, ...ids } = entryLayout.read(bytes, at);
      if (offset < tableEnd || size === 0 || offset + size > bytes.length) {
        const where = at + (entryLayout.offsets['offset'] ?? 0);
        throw fault(`entry ${i}`, where, offset, `a blob of ${size} bytes between table and end`);
      }
      entries.push({ ids, offset, size });
    }
    const blobs = blobsOf(bytes, entries);
    const used = [
      { offset: 0, size: tableEnd },
      ...blobs.map((blob) => ({ offset: blob.offset, size: blob.bytes.length })),
    ];
    const unused = unusedRegions(bytes, used, (offset) => ({
      field: `${kind.name}.entries`,
      offset,
      got: 'blobs over each other',
      wanted: 'blobs apart or at the same offset',
    }));
    return { version, entries, blobs, unused, length: bytes.length };
  }

  function write(table: BlobTable): Uint8Array {
    const entryLayout = layouts.get(table.version);
    if (entryLayout === undefined) throw fault('version', header.offsets.version, table.version, wanted);
    const head = header.write({ magic: kind.magic, version: table.version, count: table.entries.length });
    const entries = table.entries.map(({ ids, offset, size }, i) => ({
      offset: header.size + i * entryLayout.size,
      bytes: entryLayout.write({ ...ids, offset, size }),
    }));
    return assemble(table.length, [{ offset: 0, bytes: head }, ...entries, ...table.blobs, ...table.unused]);
  }

  return {
    name: kind.name,
    detect: (bytes) => startsWith(bytes, latin1(kind.magic)),
    read,
    write,
    describe: (table) => describe(table, header.size),
  };
}

function blobsOf(bytes: Uint8Array, entries: readonly TableEntry[]): Region[] {
  const sizes = new Map<number, number>();
  for (const { offset, size } of entries) sizes.set(offset, Math.max(size, sizes.get(offset) ?? 0));
  return [...sizes]
    .toSorted(([a], [b]) => a - b)
    .map(([offset, size]) => ({ offset, bytes: bytes.subarray(offset, offset + size) }));
}

function describe(table: BlobTable, headerSize: number): Fact[] {
  const facts: Fact[] = [
    { name: 'version', value: String(table.version) },
    { name: 'entries', value: String(table.entries.length), offset: headerSize },
    { name: 'device trees', value: String(table.blobs.length) },
  ];
  const entries = table.entries.map(({ ids, offset, size }) => {
    const words = Object.entries(ids).map(([name, value]) => `${name} ${hex(value)}`);
    return { name: 'entry', value: words.join(', '), offset, size };
  });
  const unused = table.unused.map(({ offset, bytes }) => ({
    name: 'unknown bytes',
    value: `${bytes.length} bytes`,
    offset,
    size: bytes.length,
  }));
  return [...facts, ...entries, ...unused];
}

/**
 * Samsung's table for Exynos (dtbTool-exynos): `chip` to `revisionEnd` come from the tree's
 * `model_info-*` properties, `space` is always 0x20.
 */
export const dtbhFormat = blobTableFormat({
  name: 'dtbh',
  magic: 'DTBH',
  versions: { 2: ['chip', 'platform', 'subtype', 'revision', 'revisionEnd', ...PLACE, 'space'] },
});

/** Spreadtrum's table; the three words are the tree's `sprd,sc-id`. */
export const sprdFormat = blobTableFormat({
  name: 'sprd',
  magic: 'SPRD',
  versions: { 1: ['chip', 'platform', 'revision', ...PLACE] },
});

/** Marvell's tables (Magisk dtb.hpp pxadt_hdr, pxa19xx_hdr): two words of chip data. */
const PXA = { 1: ['chip', 'board', ...PLACE] };
export const pxaDtFormat = blobTableFormat({ name: 'pxa-dt', magic: 'PXA-DT', versions: PXA });
export const pxa19xxFormat = blobTableFormat({ name: 'pxa-19xx', magic: 'PXA-19xx', versions: PXA });

/** Qualcomm's dt.img taken apart and put together (see {@link readQcdt} for the fields' meaning). */
export const qcdtFormat = blobTableFormat({
  name: 'qcdt',
  magic: 'QCDT',
  versions: {
    1: ['platform', 'variant', 'socRevision', ...PLACE],
    2: ['platform', 'variant', 'subtype', 'socRevision', ...PLACE],
    3: ['platform', 'variant', 'subtype', 'socRevision', 'pmic0', 'pmic1', 'pmic2', 'pmic3', ...PLACE],
  },
});
