import { FormatError } from '../binary/index.ts';
import { FDT } from './fdt.ts';
import { fdtSize, isFdt } from './read-fdt.ts';

/**
 * Cuts blobs that follow each other (a v2 `dtb` section, DTBs behind a kernel) by the size that each
 * states. Zeros behind a blob are padding; anything else ends the list with an error.
 * @returns views into `bytes`, one per blob, without padding.
 * @throws FormatError when a blob is damaged or something else stands between them.
 */
export function splitFdts(bytes: Uint8Array): Uint8Array[] {
  const blobs: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (isFdt(bytes, at)) {
      const size = sizeAt(bytes, at);
      blobs.push(bytes.subarray(at, at + size));
      at += size;
    } else if (bytes[at] === 0 && blobs.length > 0) {
      at++;
    } else {
      throw new FormatError(
        'devicetree.magic',
        { field: 'fdt-header.magic', offset: at, got: bytes[at] ?? 0, wanted: 'a device tree blob' },
        { hint: 'a DTB file begins with d0 0d fe ed; a QCDT or dt_table holds its blobs behind a table' },
      );
    }
  }
  return blobs;
}

const MAGIC = Buffer.alloc(FDT.tokenSize);
MAGIC.writeUInt32BE(FDT.magic);

/** Blobs that stand anywhere among other bytes, one after the other; those that do not end within `bytes` are none. */
export function findFdts(bytes: Uint8Array): Uint8Array[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const blobs: Uint8Array[] = [];
  for (let at = haystack.indexOf(MAGIC); at >= 0; at = haystack.indexOf(MAGIC, at)) {
    const size = wholeSize(bytes, at);
    if (size > 0) blobs.push(bytes.subarray(at, at + size));
    at += Math.max(size, 1);
  }
  return blobs;
}

function wholeSize(bytes: Uint8Array, at: number): number {
  try {
    return sizeAt(bytes, at);
  } catch (error) {
    if (error instanceof FormatError) return 0;
    throw error;
  }
}

function sizeAt(bytes: Uint8Array, at: number): number {
  try {
    return fdtSize(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { field, offset, got, wanted } = error;
    throw new FormatError(error.code, { field, offset: at + offset, got, wanted }, { cause: error });
  }
}
