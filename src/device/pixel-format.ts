import type { PixelFormat } from './device.ts';

const BYTES: Readonly<Record<PixelFormat, number>> = {
  BGRA8888: 4,
  RGBA8888: 4,
  ARGB8888: 4,
  ABGR8888: 4,
  RGB888: 3,
  BGR888: 3,
  RGB565: 2,
  BGR565: 2,
  GRAY8: 1,
};

/** Bytes that one pixel takes in framebuffer memory. */
export function bytesPerPixel(format: PixelFormat): number {
  return BYTES[format];
}

/** Bit at which red, green, blue and alpha start in a pixel that is read as one little-endian number. */
const STARTS: Readonly<Partial<Record<PixelFormat, readonly [number, number, number, number]>>> = {
  BGRA8888: [16, 8, 0, 24],
  RGBA8888: [0, 8, 16, 24],
  ARGB8888: [8, 16, 24, 0],
  ABGR8888: [24, 16, 8, 0],
  RGB888: [0, 8, 16, 0],
  BGR888: [16, 8, 0, 0],
  RGB565: [11, 5, 0, 0],
  BGR565: [0, 5, 11, 0],
};

/**
 * The channels of a pixel as `fbset -rgba` has them, length/offset of red, green, blue and alpha:
 * `8/16,8/8,8/0,8/24`. Undefined for a format without colours.
 */
export function channels(format: PixelFormat): string | undefined {
  const starts = STARTS[format];
  if (starts === undefined) return undefined;
  const bits = bytesPerPixel(format) === 2 ? [5, 6, 5, 0] : [8, 8, 8, bytesPerPixel(format) === 4 ? 8 : 0];
  return bits.map((length, i) => `${length}/${starts[i]}`).join(',');
}
