import { expectSize, FormatError, layout, magic, startsWith, u32le } from '../binary/index.ts';

const QCDT_MAGIC = 'QCDT';

/** Table in front of the blobs of a Qualcomm dt.img (dtbTool, lk app/aboot/dev_tree.h). */
const Header = expectSize(layout('qcdt', { magic: magic(QCDT_MAGIC), version: u32le, count: u32le }), 12);

const platform = { platform: u32le, variant: u32le };
const place = { offset: u32le, size: u32le };

/** One entry per table version; LK reads the third word of version 1 as the SoC revision. */
const ENTRIES = {
  1: expectSize(layout('qcdt-entry-v1', { ...platform, socRevision: u32le, ...place }), 20),
  2: expectSize(layout('qcdt-entry-v2', { ...platform, subtype: u32le, socRevision: u32le, ...place }), 24),
  3: expectSize(
    layout('qcdt-entry-v3', {
      ...platform,
      subtype: u32le,
      socRevision: u32le,
      pmic0: u32le,
      pmic1: u32le,
      pmic2: u32le,
      pmic3: u32le,
      ...place,
    }),
    40,
  ),
} as const;

/** Which boards a blob of the table is for, and where it lies. */
export interface QcdtEntry {
  /** SoC id: 0xef is MSM8939. */
  readonly platform: number;
  readonly variant: number;
  /** Board subtype; versions 2 and 3. */
  readonly subtype: number | undefined;
  readonly socRevision: number;
  /** PMIC ids; version 3. */
  readonly pmic: readonly number[] | undefined;
  /** Bytes from the start of the table. */
  readonly offset: number;
  /** Includes the padding to a page. */
  readonly size: number;
}

export interface Qcdt {
  readonly version: 1 | 2 | 3;
  readonly entries: readonly QcdtEntry[];
}

/** Whether `bytes` begins as a Qualcomm DT table. */
export function isQcdt(bytes: Uint8Array): boolean {
  return startsWith(bytes, QCDT_MAGIC);
}

/**
 * Reads the table. Blobs stay where they are: see {@link qcdtBlobs}.
 * @throws FormatError when the version is unknown, or an entry lies outside the bytes or over the table.
 */
export function readQcdt(bytes: Uint8Array): Qcdt {
  const { version, count } = Header.read(bytes);
  if (version !== 1 && version !== 2 && version !== 3) {
    throw fault('version', Header.offsets.version, version, 'version 1, 2 or 3');
  }
  const tableEnd = Header.size + count * ENTRIES[version].size;
  if (count === 0 || tableEnd > bytes.length) {
    throw fault('count', Header.offsets.count, count, `entries that fit the ${bytes.length} bytes`);
  }
  const entries: QcdtEntry[] = [];
  for (let i = 0; i < count; i++) {
    const at = Header.size + i * ENTRIES[version].size;
    const entry = readEntry(bytes, version, at);
    if (entry.offset < tableEnd || entry.size === 0 || entry.offset + entry.size > bytes.length) {
      const where = at + ENTRIES[version].offsets.offset;
      throw fault(`entry ${i}`, where, entry.offset, `a blob of ${entry.size} bytes behind the table`);
    }
    entries.push(entry);
  }
  return { version, entries };
}

function readEntry(bytes: Uint8Array, version: 1 | 2 | 3, at: number): QcdtEntry {
  if (version === 1) return { ...ENTRIES[1].read(bytes, at), subtype: undefined, pmic: undefined };
  if (version === 2) return { ...ENTRIES[2].read(bytes, at), pmic: undefined };
  const { pmic0, pmic1, pmic2, pmic3, ...rest } = ENTRIES[3].read(bytes, at);
  return { ...rest, pmic: [pmic0, pmic1, pmic2, pmic3] };
}

/**
 * The distinct blobs in order of their place, with the entries that share each. A blob is the page
 * padded range of its entry: an FDT, or a gzip member of one.
 */
export function qcdtBlobs(bytes: Uint8Array, table: Qcdt): { entries: QcdtEntry[]; bytes: Uint8Array }[] {
  const shared = new Map<number, QcdtEntry[]>();
  for (const entry of table.entries) {
    const list = shared.get(entry.offset);
    if (list === undefined) shared.set(entry.offset, [entry]);
    else list.push(entry);
  }
  return [...shared]
    .toSorted(([a], [b]) => a - b)
    .map(([offset, entries]) => {
      const size = Math.max(...entries.map((entry) => entry.size));
      return { entries, bytes: bytes.subarray(offset, offset + size) };
    });
}

function fault(field: string, offset: number, got: number, wanted: string): FormatError {
  return new FormatError('devicetree.qcdt', { field: `qcdt.${field}`, offset, got, wanted });
}
