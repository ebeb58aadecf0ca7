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
