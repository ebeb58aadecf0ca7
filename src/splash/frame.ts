import type { PixelFormat, Screen } from '../device/index.ts';
import { expectLength, packPixels, unpackPixels } from './pixels.ts';

/** A picture as the framebuffer holds it: `stride` bytes per row, rows top to bottom. */
export interface Frame {
  /** Pixels of a row of the panel, after rotation. */
  readonly width: number;
  readonly height: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly format: PixelFormat;
  /** `stride * height` bytes. */
  readonly data: Uint8Array;
}

/** RGBA, 4 bytes a pixel, rows without gaps. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/**
 * Takes raw framebuffer bytes (a frame out of a ramdisk, a dump of /dev/fb0) as the frame of a screen.
 * @throws MnxError `splash.length` when they are not `stride * height` bytes.
 */
export function decodeFrame(raw: Uint8Array, screen: Screen): Frame {
  const frame = frameShape(screen);
  expectLength(raw, frame.stride * frame.height, frame.format);
  return { ...frame, data: raw };
}

/** Puts upright RGBA of the panel's size into the panel's format. */
export function encodeFrame(pixels: Pixels, screen: Screen): Frame {
  const frame = frameShape(screen);
  return { ...frame, data: packPixels(pixels.rgba, frame) };
}

/** The frame's pixels as RGBA. */
export function framePixels(frame: Frame): Pixels {
  return { width: frame.width, height: frame.height, rgba: unpackPixels(frame.data, frame) };
}

function frameShape({ width, height, stride, format }: Screen): Omit<Frame, 'data'> {
  return { width, height, stride, format };
}

/** Turns a picture clockwise; exact, nothing is resampled. */
export function turn({ width, height, rgba }: Pixels, degrees: Screen['rotation']): Pixels {
  if (degrees === 0) return { width, height, rgba };
  const from = new Uint32Array(rgba.slice().buffer);
  const to = new Uint32Array(from.length);
  const [turnedWidth, turnedHeight] = degrees === 180 ? [width, height] : [height, width];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [tx, ty] = turnedPlace(x, y, { width, height }, degrees);
      to[ty * turnedWidth + tx] = from[y * width + x] as number;
    }
  }
  return { width: turnedWidth, height: turnedHeight, rgba: new Uint8Array(to.buffer) };
}

function turnedPlace(
  x: number,
  y: number,
  { width, height }: { readonly width: number; readonly height: number },
  degrees: 90 | 180 | 270,
): readonly [number, number] {
  if (degrees === 90) return [height - 1 - y, x];
  if (degrees === 180) return [width - 1 - x, height - 1 - y];
  return [y, width - 1 - x];
}
