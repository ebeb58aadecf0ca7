import type Sharp from 'sharp';

/** Most pixels that a picture may have: 8K on both sides would still pass. */
export const MOST_PIXELS = 64 * 1024 * 1024;

let engine: Promise<typeof Sharp> | undefined;

/**
 * sharp, loaded when the first picture is rendered. Of libvips' loaders only those for the kinds
 * of pictures that a splash may be are left open, and only from memory; this holds for the process.
 */
export function pictureEngine(): Promise<typeof Sharp> {
  engine ??= import('sharp').then(({ default: sharp }) => {
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({
      operation: ['Svg', 'Png', 'Jpeg', 'Webp', 'Nsgif'].map((kind) => `VipsForeignLoad${kind}Buffer`),
    });
    return sharp;
  });
  return engine;
}
