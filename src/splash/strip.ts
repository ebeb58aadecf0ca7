import type { Screen } from '../device/index.ts';
import type { Canvas } from './canvas.ts';
import { turn } from './frame.ts';
import { packPixels } from './pixels.ts';
import type { Box, Size } from './place.ts';

/** Strips begin and end on such rows, so that dithering goes on in the frame's own pattern. */
export const ROW_STEP = 8;

/** Rows of the panel from edge to edge, and the part of the upright picture that they show. */
export interface Strip {
  /** First row of the panel. */
  readonly row: number;
  readonly rows: number;
  /** The same pixels upright: from side to side, or from top to bottom where the panel lies on its side. */
  readonly box: Box;
}

/** A strip's bytes in the panel's format, `stride` of them per row. */
export interface Band {
  readonly row: number;
  readonly data: Uint8Array;
}

/** Whether rows of the panel are columns of the upright picture. */
export function isSideways({ rotation }: Pick<Screen, 'rotation'>): boolean {
  return rotation % 180 !== 0;
}

/** The panel as a person sees it who holds the device upright. */
export function uprightSize(screen: Pick<Screen, 'width' | 'height' | 'rotation'>): Size {
  const { width, height } = screen;
  return isSideways(screen) ? { width: height, height: width } : { width, height };
}

/**
 * The rows of the panel that show the upright picture from `from` to `to`: pixels from the top, or from
 * the left where the panel lies on its side. Rounded to {@link ROW_STEP}.
 */
export function stripOf(screen: Screen, from: number, to: number): Strip {
  const { height, rotation } = screen;
  const backwards = rotation === 180 || rotation === 270;
  const [first, last] = backwards ? [height - to, height - from] : [from, to];
  // Rounding keeps the order: ranges that do not overlap give strips that do not.
  const [low, high] = [first, last].map(
    (at) => Math.round(Math.min(height, Math.max(0, at)) / ROW_STEP) * ROW_STEP,
  ) as [number, number];
  const thin = low === high;
  const row = thin && backwards ? low - ROW_STEP : low;
  const rows = Math.min(height, thin ? row + ROW_STEP : high) - row;
  const start = backwards ? height - row - rows : row;
  const { width: across, height: down } = uprightSize(screen);
  const box = isSideways(screen)
    ? { left: start, top: 0, width: rows, height: down }
    : { left: 0, top: start, width: across, height: rows };
  return { row, rows, box };
}

/** What was drawn on a strip, as the panel's memory holds it. */
export function bandOf(canvas: Canvas, { row, rows }: Strip, screen: Screen): Band {
  const { rgba } = turn(canvas, screen.rotation);
  const { width, stride, format } = screen;
  return { row, data: packPixels(rgba, { width, height: rows, stride, format }) };
}
