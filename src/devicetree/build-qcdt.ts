import { alignUp, type MnxError, sha256, UsageError } from '../binary/index.ts';
import { type BlobTable, qcdtFormat, type TableEntry } from './blob-table.ts';
import type { FdtNode } from './fdt.ts';
import { cellsOf } from './property.ts';
import { readFdt } from './read-fdt.ts';
import type { Region } from './regions.ts';

/** Boards that one blob is for, in the order of the table's words. */
export interface QcdtIds {
  readonly platform: number;
  readonly variant: number;
  readonly subtype: number;
  readonly socRevision: number;
  readonly pmic: readonly number[];
}

export interface BuildQcdtOptions {
  /** Blobs and table are padded to this; the page size of the boot image. Default 2048. */
  readonly pageSize?: number;
  /** Version of the table; default: the highest that a blob needs. */
  readonly version?: 1 | 2 | 3;
}

const NO_PMIC = [0, 0, 0, 0] as const;

/** Which version a tree's properties ask for, and the boards that it names. */
export function qcdtIds(dtb: Uint8Array): { readonly version: 1 | 2 | 3; readonly ids: readonly QcdtIds[] } {
  const { root } = readFdt(dtb);
  const boards = groups(root, 'qcom,board-id', 2);
  const pmics = groups(root, 'qcom,pmic-id', 4);
  if (boards === undefined) {
    const triples = groups(root, 'qcom,msm-id', 3);
    if (triples === undefined) throw noIds();
    const ids = triples.map(([platform = 0, variant = 0, socRevision = 0]) => ({
      platform,
      variant,
      subtype: 0,
      socRevision,
      pmic: NO_PMIC,
    }));
    return { version: 1, ids };
  }
  const socs = groups(root, 'qcom,msm-id', 2);
  if (socs === undefined) throw noIds();
  const ids = socs.flatMap(([platform = 0, socRevision = 0]) =>
    boards.flatMap(([variant = 0, subtype = 0]) =>
      (pmics ?? [NO_PMIC]).map((pmic) => ({ platform, variant, subtype, socRevision, pmic })),
    ),
  );
  return { version: pmics === undefined ? 2 : 3, ids };
}

function noIds(): MnxError {
  return new UsageError(
    'devicetree.qcdt-ids',
    'the device tree has no whole qcom,msm-id: no table can list it',
    {
      hint: 'Give DTBs of a downstream kernel, or append the DTB to the kernel where the loader takes that.',
    },
  );
}

/** A property's cells in whole groups; undefined when there are none. */
function groups(root: FdtNode, property: string, size: number): number[][] | undefined {
  const cells = cellsOf(root, property) ?? [];
  const count = Math.floor(cells.length / size);
  if (count === 0) return undefined;
  return Array.from({ length: count }, (_, i) => cells.slice(i * size, (i + 1) * size));
}

/**
 * Builds Qualcomm's dt.img from DTBs as dtbTool does: one entry for each msm-id with each board-id (and
 * pmic-id), sorted by all words; blobs in the order of their first entry, each once, padded to pages.
 * Entries count the padding as part of a blob.
 *
 * @throws UsageError when a DTB names no board, MnxError for a page size that is no power of two
 */
export function buildQcdt(dtbs: readonly Uint8Array[], options: BuildQcdtOptions = {}): Uint8Array {
  const { pageSize = 2048 } = options;
  if (!Number.isInteger(Math.log2(pageSize))) {
    throw new UsageError('devicetree.page-size', `page size: got ${pageSize}, want a power of two`);
  }
  const sources = dtbs.map((dtb) => ({ dtb, digest: sha256(dtb), ...qcdtIds(dtb) }));
  if (sources.length === 0) throw new UsageError('devicetree.qcdt-ids', 'a table needs at least one DTB');
  const version = options.version ?? Math.max(...sources.map((source) => source.version));
  const records = sources
    .flatMap(({ dtb, digest, ids }) => ids.map((id) => ({ dtb, digest, words: wordsOf(id) })))
    .filter(firstOfItsKind())
    .toSorted((a, b) => compareWords(a.words, b.words));
  const entrySize = 4 * (ENTRY_WORDS[version] ?? 0);
  // A word of zero closes the list (dtbTool.c), then the blobs begin on a page.
  let next = alignUp(HEADER_SIZE + records.length * entrySize + 4, pageSize);
  const places = new Map<string, Region>();
  const entries: TableEntry[] = [];
  for (const { dtb, digest, words } of records) {
    const known = places.get(digest);
    const place = known ?? { offset: next, bytes: dtb };
    const size = alignUp(dtb.length, pageSize);
    if (known === undefined) next += size;
    places.set(digest, place);
    entries.push({ ids: idsOf(words, version), offset: place.offset, size });
  }
  const table: BlobTable = { version, entries, blobs: [...places.values()], unused: [], length: next };
  return qcdtFormat.write(table);
}

const HEADER_SIZE = 12;
const ENTRY_WORDS: Readonly<Record<number, number>> = { 1: 5, 2: 6, 3: 10 };

function wordsOf({ platform, variant, subtype, socRevision, pmic }: QcdtIds): number[] {
  return [platform, variant, subtype, socRevision, ...pmic];
}

function compareWords(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((word, i) => word !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** The same blob for the same board is listed once. */
function firstOfItsKind(): (record: { digest: string; words: readonly number[] }) => boolean {
  const seen = new Set<string>();
  return ({ digest, words }) => {
    const key = `${digest} ${words.join(' ')}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
}

function idsOf(words: readonly number[], version: number): Record<string, number> {
  const [platform = 0, variant = 0, subtype = 0, socRevision = 0, ...pmic] = words;
  if (version === 1) return { platform, variant, socRevision };
  if (version === 2) return { platform, variant, subtype, socRevision };
  const [pmic0 = 0, pmic1 = 0, pmic2 = 0, pmic3 = 0] = pmic;
  return { platform, variant, subtype, socRevision, pmic0, pmic1, pmic2, pmic3 };
}
