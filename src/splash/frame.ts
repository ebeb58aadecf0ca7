import type { PixelFormat, Screen } from '../device/index.ts';
import { expectLength, packPixels, unpackPixels } from './pixels.ts';
import { wordsOf } from './words.ts';

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
  const from = wordsOf(rgba);
  const to = new Int32Array(from.length);
  const [turnedWidth, turnedHeight] = degrees === 180 ? [width, height] : [height, width];
  const { first, right, down } = walk(width, height, degrees);
  for (let y = 0; y < turnedHeight; y++) {
    let source = first + y * down;
    const row = y * turnedWidth;
    for (let x = 0; x < turnedWidth; x++) {
      to[row + x] = from[source] as number;
      source += right;
    }
  }
  return { width: turnedWidth, height: turnedHeight, rgba: new Uint8Array(to.buffer) };
}

/** Where the first pixel of the turned picture is from, and how far the next one right and down lie in the old. */
interface Walk {
  readonly first: number;
  readonly right: number;
  readonly down: number;
}

function walk(width: number, height: number, degrees: 90 | 180 | 270): Walk {
  if (degrees === 90) return { first: (height - 1) * width, right: -width, down: 1 };
  if (degrees === 180) return { first: width * height - 1, right: -1, down: -width };
  return { first: width - 1, right: width, down: -1 };
}
