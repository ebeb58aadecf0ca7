import { concat, FormatError } from '../binary/index.ts';
import { packedHint } from '../compress/index.ts';
import type { BootImage } from './image.ts';
import { writeBootImage } from './pack.ts';
import { isPxaImage, type PxaImage, readPxaImage, writePxaImage } from './pxa.ts';
import { isSonyElfImage, readSonyElfImage, type SonyElfImage, writeSonyElfImage } from './sony-elf.ts';
import { sourceOf } from './source.ts';
import { isSparseImage, readSparseImage, type SparseImage, writeSparseImage } from './sparse.ts';
import { expandSparse, makeSparse } from './sparse-content.ts';
import { isBootImage, readBootImage } from './unpack.ts';
import { isVendorBootImage, readVendorBootImage, writeVendorBootImage } from './vendor-boot.ts';
import type { VendorBootImage } from './vendor-image.ts';
import type { Wrapped } from './wrapper.ts';
import { unwrapAll, wrapAll } from './wrappers.ts';

/** A boot image of any kind as a value. */
export type ImageContentOfKind =
  | { readonly kind: 'boot'; readonly image: BootImage }
  | { readonly kind: 'pxa'; readonly image: PxaImage }
  | { readonly kind: 'vendor'; readonly image: VendorBootImage }
  | { readonly kind: 'sony'; readonly image: SonyElfImage };

/** A boot image with all that lies around it. */
export interface OpenedImage {
  /** The image within its wrappers. */
  readonly content: ImageContentOfKind;
  /** Outermost first. */
  readonly layers: readonly Wrapped[];
}

/** A sparse file expands to no more than this in memory. */
const SPARSE_LIMIT = 1024 * 1024 * 1024;

/** A file as the partition would have it: expanded when it is Android sparse. */
export interface Flat {
  readonly bytes: Uint8Array;
  /** What the file was, when it was sparse. */
  readonly sparse: SparseImage | undefined;
}

/**
 * Expands an Android sparse file; any other is as it is.
 * @throws FormatError `bootimg.sparse` for damage and for more than 1 GiB
 */
export function flatten(file: Uint8Array): Flat {
  if (!isSparseImage(file)) return { bytes: file, sparse: undefined };
  const sparse = readSparseImage(sourceOf(file));
  return { bytes: concat([...expandSparse(sparse, SPARSE_LIMIT)]), sparse };
}

/** Inverse of {@link flatten} for other bytes: sparse again, in blocks of the size that the file had. */
export function unflatten(bytes: Uint8Array, sparse: SparseImage | undefined): Uint8Array {
  if (sparse === undefined) return bytes;
  return concat([...writeSparseImage(makeSparse(sourceOf(bytes), { blockSize: sparse.blockSize }))]);
}

/** Whether {@link openImage} would take the bytes for an image, wrapped or not. */
export function isAnyBootImage(bytes: Uint8Array): boolean {
  return contentReader(unwrapAll(bytes).payload) !== undefined;
}

/**
 * Takes off all wrappers and reads the image within: boot.img, init_boot, vendor_boot, PXA, Sony ELF.
 * @throws FormatError `bootimg.unknown` for any other file, and for a damaged image
 */
export function openImage(bytes: Uint8Array): OpenedImage {
  const { layers, payload } = unwrapAll(bytes);
  const read = contentReader(payload);
  if (read !== undefined) return { content: read(payload), layers };
  const got =
    payload.length === 0 ? 'an empty file' : `bytes ${Buffer.from(payload.subarray(0, 8)).toString('hex')}`;
  const wanted = 'ANDROID!, VNDRBOOT or a known wrapper of one';
  throw new FormatError(
    'bootimg.unknown',
    { field: 'image.magic', offset: 0, got, wanted },
    packedHint(payload),
  );
}

/**
 * Inverse of {@link openImage}, with another content when that is given.
 * @throws MnxError where a value does not fit, or a wrapper takes no other payload
 */
export function closeImage({ content, layers }: OpenedImage): Uint8Array {
  return wrapAll({ layers, payload: concat(contentPieces(content)) });
}

function contentPieces(content: ImageContentOfKind): Uint8Array[] {
  switch (content.kind) {
    case 'boot':
      return writeBootImage(content.image);
    case 'pxa':
      return writePxaImage(content.image);
    case 'vendor':
      return writeVendorBootImage(content.image);
    case 'sony':
      return writeSonyElfImage(content.image);
  }
}

function contentReader(bytes: Uint8Array): ((bytes: Uint8Array) => ImageContentOfKind) | undefined {
  if (isPxaImage(bytes)) return (raw) => ({ kind: 'pxa', image: readPxaImage(raw) });
  if (isBootImage(bytes)) return (raw) => ({ kind: 'boot', image: readBootImage(raw) });
  if (isVendorBootImage(bytes)) return (raw) => ({ kind: 'vendor', image: readVendorBootImage(raw) });
  if (isSonyElfImage(bytes)) return (raw) => ({ kind: 'sony', image: readSonyElfImage(raw) });
  return undefined;
}
