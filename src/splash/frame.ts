import type { PixelFormat } from '../device/index.ts';

/** A picture as the framebuffer holds it: `stride` bytes per row, rows top to bottom. */
export interface Frame {
  /** Pixels of the panel, after rotation. */
  readonly width: number;
  readonly height: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly format: PixelFormat;
  /** `stride * height` bytes. */
  readonly data: Uint8Array;
}
