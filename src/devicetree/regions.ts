import { FormatError, type FormatFault } from '../binary/index.ts';

/** Bytes and where they stand in a file. */
export interface Region {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface Range {
  readonly offset: number;
  readonly size: number;
}

/**
 * What a table of blobs does not speak of: the ranges between `used` that are not all zero. A file is
 * put together again from its table, its blobs and these.
 *
 * @throws FormatError when two of `used` overlap
 */
export function unusedRegions(
  bytes: Uint8Array,
  used: readonly Range[],
  fault: (offset: number) => FormatFault,
): Region[] {
  const regions: Region[] = [];
  let at = 0;
  const keep = (end: number): void => {
    const rest = bytes.subarray(at, end);
    if (rest.some((byte) => byte !== 0)) regions.push({ offset: at, bytes: rest });
  };
  for (const { offset, size } of used.toSorted((a, b) => a.offset - b.offset || a.size - b.size)) {
    if (size === 0) continue;
    if (offset < at) throw new FormatError('devicetree.overlap', fault(offset));
    keep(offset);
    at = offset + size;
  }
  keep(bytes.length);
  return regions;
}

/** A file of `length` zeros with the regions in their places. */
export function assemble(length: number, regions: readonly Region[]): Uint8Array {
  const out = new Uint8Array(length);
  for (const { offset, bytes } of regions) out.set(bytes, offset);
  return out;
}
