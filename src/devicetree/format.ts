import { type Fact, type Format, FormatError, hex } from '../binary/index.ts';
import type { Fdt } from './fdt.ts';
import { stringsOf, textOf } from './property.ts';
import { fdtSize, isFdt, readFdt } from './read-fdt.ts';
import { walk } from './tree.ts';
import { writeFdt } from './write-fdt.ts';

/**
 * One blob as a file. `write` gives back the bytes of dtc's blobs; of blobs that libfdt edited in
 * place it gives the same tree, without the no-op tokens and leftovers in the padding.
 */
export const fdtFormat: Format<Fdt> = {
  name: 'fdt',
  detect: (bytes) => isFdt(bytes),
  read: readWhole,
  write: (fdt) => writeFdt(fdt),
  describe,
};

function readWhole(bytes: Uint8Array): Fdt {
  const size = fdtSize(bytes);
  if (size !== bytes.length) {
    throw new FormatError(
      'devicetree.trailing',
      {
        field: 'fdt-header.totalSize',
        offset: size,
        got: bytes.length,
        wanted: `end of file at ${hex(size)}`,
      },
      { hint: 'several blobs in one file are read one by one' },
    );
  }
  return readFdt(bytes);
}

function describe(fdt: Fdt): readonly Fact[] {
  const nodes = [...walk(fdt)];
  const properties = nodes.reduce((sum, { node }) => sum + node.properties.size, 0);
  const facts: Fact[] = [
    { name: 'model', value: textOf(fdt.root, 'model') ?? '' },
    { name: 'compatible', value: stringsOf(fdt.root, 'compatible').join(', ') },
    { name: 'nodes', value: String(nodes.length) },
    { name: 'properties', value: String(properties) },
    { name: 'boot cpu', value: String(fdt.bootCpuid) },
    { name: 'slack', value: `${fdt.slack ?? 0} bytes` },
  ];
  const reserved = fdt.reserve.map(({ address, size }) => ({
    name: 'reserved',
    value: `${hex(address)}..${hex(address + size)}`,
  }));
  return [...facts, ...reserved];
}
