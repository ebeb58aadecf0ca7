import {
  bytes,
  concat,
  expectSize,
  FormatError,
  type LayoutValue,
  layout,
  magic,
  startsWith,
  toNumber,
  u32be,
  u64be,
} from '../binary/index.ts';
import { type ImageBytes, piecesOf, sizeOf, slice } from './pieces.ts';

export const FOOTER_MAGIC = 'AVBf';

/** AvbFooter (libavb/avb_footer.h): the last bytes of a partition. */
export const FooterTable = expectSize(
  layout('avb-footer', {
    magic: magic(FOOTER_MAGIC),
    major: u32be,
    minor: u32be,
    originalImageSize: u64be,
    vbmetaOffset: u64be,
    vbmetaSize: u64be,
    reserved: bytes(28),
  }),
  64,
);

/** Where an image's vbmeta structure lies. Sizes and offsets are bytes from the start of the image. */
export interface Footer {
  readonly originalImageSize: number;
  readonly vbmetaOffset: number;
  readonly vbmetaSize: number;
  readonly wire: LayoutValue<typeof FooterTable>;
}

/**
 * Reads the footer at the end of an image.
 * @returns undefined when the image has none.
 * @throws FormatError when its version is unknown or it points outside of the image.
 */
export function readFooter(image: ImageBytes): Footer | undefined {
  const pieces = piecesOf(image);
  const at = sizeOf(pieces) - FooterTable.size;
  if (at < 0) return undefined;
  const raw = concat(slice(pieces, at, at + FooterTable.size));
  if (!startsWith(raw, FOOTER_MAGIC)) return undefined;
  const wire = FooterTable.read(raw);
  if (wire.major !== 1) throw fault('major', at, wire.major, 'version 1');
  const number = (key: 'originalImageSize' | 'vbmetaOffset' | 'vbmetaSize') =>
    toNumber(wire[key], { path: `avb-footer.${key}`, offset: at + FooterTable.offsets[key] });
  const footer = {
    originalImageSize: number('originalImageSize'),
    vbmetaOffset: number('vbmetaOffset'),
    vbmetaSize: number('vbmetaSize'),
    wire,
  };
  const { vbmetaOffset, vbmetaSize, originalImageSize } = footer;
  if (vbmetaOffset > at) throw fault('vbmetaOffset', at, vbmetaOffset, `at most ${at}`);
  if (vbmetaSize > at - vbmetaOffset)
    throw fault('vbmetaSize', at, vbmetaSize, `at most ${at - vbmetaOffset}`);
  if (originalImageSize > vbmetaOffset) {
    throw fault('originalImageSize', at, originalImageSize, `at most ${vbmetaOffset}`);
  }
  return footer;
}

/** The vbmeta structure that a footer points to. */
export function vbmetaBytes(image: ImageBytes, { vbmetaOffset, vbmetaSize }: Footer): Uint8Array {
  return concat(slice(piecesOf(image), vbmetaOffset, vbmetaOffset + vbmetaSize));
}

/** The image as it was before a footer was added; as it is when it has none. Views, no copies. */
export function eraseFooter(image: ImageBytes): Uint8Array[] {
  const pieces = piecesOf(image);
  return slice(pieces, 0, readFooter(pieces)?.originalImageSize ?? sizeOf(pieces));
}

/** Writes a footer of version 1.0. */
export function writeFooter(place: Omit<Footer, 'wire'>): Uint8Array {
  return FooterTable.write({
    magic: FOOTER_MAGIC,
    major: 1,
    minor: 0,
    originalImageSize: BigInt(place.originalImageSize),
    vbmetaOffset: BigInt(place.vbmetaOffset),
    vbmetaSize: BigInt(place.vbmetaSize),
    reserved: new Uint8Array(28),
  });
}

function fault(key: keyof typeof FooterTable.offsets, at: number, got: number, wanted: string): FormatError {
  const place = { field: `avb-footer.${key}`, offset: at + FooterTable.offsets[key] };
  return new FormatError('avb.footer', { ...place, got, wanted });
}
