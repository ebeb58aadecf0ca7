import { concat, type Fact, type Format, FormatError, startsWith } from '../binary/index.ts';
import { FOOTER_MAGIC, type Footer, FooterTable, readFooter } from './footer.ts';

/** An image as `add_hash_footer` leaves it, taken apart; all but the footer are views. */
export interface FootedImage {
  /** What the footer calls the original image. */
  readonly image: Uint8Array;
  /** Between image and vbmeta structure. */
  readonly before: Uint8Array;
  readonly vbmeta: Uint8Array;
  /** Between vbmeta structure and footer. */
  readonly after: Uint8Array;
  readonly footer: Footer;
}

/** A partition's image with an AVB footer, whatever the image is. */
export const footerFormat: Format<FootedImage> = {
  name: 'avb-footer',
  detect: (bytes) => startsWith(bytes, FOOTER_MAGIC, bytes.length - FooterTable.size),
  read,
  write: ({ image, before, vbmeta, after, footer }) =>
    concat([image, before, vbmeta, after, FooterTable.write(footer.wire)]),
  describe,
};

function read(bytes: Uint8Array): FootedImage {
  const footer = readFooter(bytes);
  if (footer === undefined) {
    throw new FormatError('avb.footer', {
      field: 'avb-footer.magic',
      offset: Math.max(0, bytes.length - FooterTable.size),
      got: 'something else',
      wanted: JSON.stringify(FOOTER_MAGIC),
    });
  }
  const { originalImageSize, vbmetaOffset, vbmetaSize } = footer;
  const end = vbmetaOffset + vbmetaSize;
  return {
    image: bytes.subarray(0, originalImageSize),
    before: bytes.subarray(originalImageSize, vbmetaOffset),
    vbmeta: bytes.subarray(vbmetaOffset, end),
    after: bytes.subarray(end, bytes.length - FooterTable.size),
    footer,
  };
}

function describe({ image, before, vbmeta, after, footer }: FootedImage): Fact[] {
  const { originalImageSize, vbmetaOffset, vbmetaSize, wire } = footer;
  const at = image.length + before.length + vbmeta.length + after.length;
  return [
    { name: 'footer version', value: `${wire.major}.${wire.minor}`, offset: at, size: FooterTable.size },
    { name: 'image', value: `${originalImageSize} bytes`, offset: 0, size: originalImageSize },
    { name: 'vbmeta', value: `${vbmetaSize} bytes`, offset: vbmetaOffset, size: vbmetaSize },
  ];
}
