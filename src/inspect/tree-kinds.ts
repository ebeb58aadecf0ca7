import type { Format } from '../binary/index.ts';
import {
  type BlobTable,
  dtbhFormat,
  dtboBlob,
  dtboCompression,
  dtboFormat,
  type Fdt,
  fdtFormat,
  fdtSize,
  isFdt,
  pxa19xxFormat,
  pxaDtFormat,
  qcdtFormat,
  readFdt,
  sprdFormat,
  textOf,
} from '../devicetree/index.ts';
import { type Inside, type Kind, kindOf, placeIn } from './kind.ts';
import { spend } from './spend.ts';

/** A blob at the beginning of the bytes; what follows is none of its business. */
export const fdtKind: Kind = {
  name: fdtFormat.name,
  format: fdtFormat as Format<unknown>,
  detect: isFdt,
  open: async (bytes) => {
    const end = fdtSize(bytes);
    const fdt = readFdt(bytes.subarray(0, end));
    return { title: titleOf(fdt), facts: fdtFormat.describe(fdt), end, inside: [] };
  },
};

function titleOf(fdt: Fdt): string {
  const model = textOf(fdt.root, 'model');
  const overlay = fdt.root.children.some(({ name }) => name.startsWith('fragment@'));
  return [overlay ? 'device tree overlay' : 'device tree', ...(model === undefined ? [] : [model])].join(
    ', ',
  );
}

function tableKind(format: Format<BlobTable>, title: string): Kind {
  return kindOf(format, {
    title: ({ version, entries, blobs }) =>
      `${title} v${version}: ${entries.length} entries, ${blobs.length} device trees`,
    inside: ({ blobs }, bytes) =>
      blobs.map((blob, i) => ({ name: `dtb ${i}`, bytes: blob.bytes, offset: placeIn(bytes, blob.bytes) })),
  });
}

/** The vendors' tables of device trees. */
export const tableKinds: readonly Kind[] = [
  tableKind(qcdtFormat, 'Qualcomm QCDT table'),
  tableKind(dtbhFormat, 'Samsung DTBH table'),
  tableKind(sprdFormat, 'Spreadtrum table'),
  tableKind(pxaDtFormat, 'Marvell PXA-DT table'),
  tableKind(pxa19xxFormat, 'Marvell PXA-19xx table'),
];

export const dtboKind: Kind = {
  name: dtboFormat.name,
  format: dtboFormat as Format<unknown>,
  detect: dtboFormat.detect,
  open: async (bytes, budget) => {
    const table = dtboFormat.read(bytes);
    const first = new Map(table.entries.map((entry) => [entry.offset, entry]));
    const inside = table.entries.flatMap((entry, i): Inside[] => {
      if (entry.size === 0 || first.get(entry.offset) !== entry) return [];
      const name = table.kind === 'dtbo' ? `dtbo ${i}` : `table ${i}`;
      const packed = dtboCompression(table, entry) !== 'none';
      const blob = packed
        ? spend(budget, (limit) => dtboBlob(table, entry, { limit }))
        : dtboBlob(table, entry, { limit: budget.left });
      return [{ name, bytes: blob, offset: packed ? undefined : placeIn(bytes, blob) }];
    });
    const kind = table.kind === 'dtbo' ? 'device tree overlays' : 'ACPI tables';
    return {
      title: `dt_table v${table.version} of ${table.entries.length} ${kind}`,
      facts: dtboFormat.describe(table),
      end: bytes.length,
      inside,
    };
  },
};
