import { alignUp, concat, latin1 } from '../binary/index.ts';
import { FDT, type Fdt, type FdtNode } from './fdt.ts';
import { stringTable } from './strings.ts';

/**
 * Writes a tree as a version 17 blob, blocks in the order of dtc: header, reservations, structure,
 * strings, free space. The same tree gives the same bytes; a tree read from a blob of dtc gives
 * that blob.
 * @param options.slack free bytes at the end for a loader to grow into; default: what the tree was
 * read with, or none.
 */
export function writeFdt(fdt: Fdt, options: { readonly slack?: number } = {}): Uint8Array {
  const strings = stringTable(fdt.root, fdt.strings);
  const structure = writeStruct(fdt.root, strings.offsetOf);
  const reserve = concat([...fdt.reserve, { address: 0n, size: 0n }].map((e) => FDT.ReserveEntry.write(e)));
  const reserveOffset = alignUp(FDT.HeaderV17.size, FDT.reserveAlign);
  const structOffset = reserveOffset + reserve.length;
  const stringsOffset = structOffset + structure.length;
  const totalSize = stringsOffset + strings.bytes.length + (options.slack ?? fdt.slack ?? 0);
  const header = FDT.HeaderV17.write({
    magic: FDT.magic,
    totalSize,
    structOffset,
    stringsOffset,
    reserveOffset,
    version: 17,
    lastCompatible: 16,
    bootCpuid: fdt.bootCpuid,
    stringsSize: strings.bytes.length,
    structSize: structure.length,
  });
  const out = new Uint8Array(totalSize);
  out.set(header, 0);
  out.set(reserve, reserveOffset);
  out.set(structure, structOffset);
  out.set(strings.bytes, stringsOffset);
  return out;
}

function writeStruct(root: FdtNode, offsetOf: (name: string) => number): Uint8Array {
  const parts: Uint8Array[] = [];
  writeNode(root, offsetOf, parts);
  parts.push(token(FDT.token.end));
  return concat(parts);
}

function writeNode(node: FdtNode, offsetOf: (name: string) => number, parts: Uint8Array[]): void {
  parts.push(token(FDT.token.beginNode), aligned(latin1(`${node.name}\0`)));
  for (const [name, value] of node.properties) {
    parts.push(
      token(FDT.token.property),
      FDT.PropertyHeader.write({ length: value.length, nameOffset: offsetOf(name) }),
      aligned(value),
    );
  }
  for (const child of node.children) writeNode(child, offsetOf, parts);
  parts.push(token(FDT.token.endNode));
}

function token(value: number): Uint8Array {
  const out = new Uint8Array(FDT.tokenSize);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

function aligned(bytes: Uint8Array): Uint8Array {
  const size = alignUp(bytes.length, FDT.align);
  if (size === bytes.length) return bytes;
  const out = new Uint8Array(size);
  out.set(bytes);
  return out;
}
