import { concat, type Fact, type Format } from '../binary/index.ts';
import { textOf } from './property.ts';
import { fdtSize, isFdt, readFdt } from './read-fdt.ts';
import { splitFdts } from './split-fdts.ts';

/** Blobs that follow each other, each with the zeros behind it. */
export interface FdtChain {
  readonly blobs: readonly Uint8Array[];
  /** Zero bytes behind each blob. */
  readonly padding: readonly number[];
}

/** A `dtb` section of several blobs, or what stands behind a kernel; lossless. */
export const fdtChainFormat: Format<FdtChain> = { name: 'fdts', detect, read, write, describe };

/** More than one blob; a single one is an `fdt`. */
function detect(bytes: Uint8Array): boolean {
  if (!isFdt(bytes)) return false;
  try {
    return bytes.subarray(fdtSize(bytes)).some((byte) => byte !== 0);
  } catch {
    return false;
  }
}

/** @throws FormatError for an empty file too: it has no header. */
function read(bytes: Uint8Array): FdtChain {
  const blobs = splitFdts(bytes);
  if (blobs.length === 0) fdtSize(bytes);
  const padding = blobs.map((blob, i) => {
    const next = blobs[i + 1]?.byteOffset ?? bytes.byteOffset + bytes.length;
    return next - blob.byteOffset - blob.length;
  });
  return { blobs, padding };
}

function write({ blobs, padding }: FdtChain): Uint8Array {
  return concat(blobs.flatMap((blob, i) => [blob, new Uint8Array(padding[i] ?? 0)]));
}

function describe({ blobs }: FdtChain): Fact[] {
  return blobs.map((blob, i) => ({
    name: `device tree ${i}`,
    value: modelOf(blob),
    offset: blob.byteOffset - (blobs[0]?.byteOffset ?? 0),
    size: blob.length,
  }));
}

/** A chain says what it holds even when the inside of one blob is damaged. */
function modelOf(blob: Uint8Array): string {
  try {
    return textOf(readFdt(blob).root, 'model') ?? 'no model';
  } catch {
    return 'damaged';
  }
}
