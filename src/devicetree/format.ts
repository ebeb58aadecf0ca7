import { equal, type Fact, type Format, FormatError, hex } from '../binary/index.ts';
import type { Fdt } from './fdt.ts';
import { stringsOf, textOf } from './property.ts';
import { fdtSize, isFdt, readFdt } from './read-fdt.ts';
import { walk } from './tree.ts';
import { writeFdt } from './write-fdt.ts';

/** A blob as a file, and its bytes where our writer would arrange them otherwise. */
export interface FdtFile extends Fdt {
  /** Of a blob that libfdt edited in place: with no-op tokens, and leftovers in the padding. */
  readonly source?: Uint8Array;
}

/** One blob as a file; as long as its tree is not changed, `write` gives back every byte. */
export const fdtFormat: Format<FdtFile> = {
  name: 'fdt',
  detect: (bytes) => isFdt(bytes),
  read: readWhole,
  write,
  describe,
};

function write({ source, ...fdt }: FdtFile): Uint8Array {
  const written = writeFdt(fdt);
  const unchanged = source !== undefined && equal(writeFdt(readFdt(source)), written);
  return unchanged ? source : written;
}

function readWhole(bytes: Uint8Array): FdtFile {
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
  const fdt = readFdt(bytes);
  return equal(writeFdt(fdt), bytes) ? fdt : { ...fdt, source: bytes };
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
