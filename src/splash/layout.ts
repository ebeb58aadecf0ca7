import type { Screen } from '../device/index.ts';
import type { Box, SafeArea } from './place.ts';
import { isSideways, type Strip, stripOf, uprightSize } from './strip.ts';

/** The moving parts of a splash, each on rows of the panel that are its own. */
export type Part = 'spinner' | 'message' | 'progress' | 'error' | 'step' | 'access' | 'note';

/** Where the moving parts stand. */
export interface Layout {
  /** A hundredth of the shorter side: what sizes of text and lines are counted in. */
  readonly unit: number;
  readonly sideways: boolean;
  /** The part of the upright panel that is seen. */
  readonly room: Box;
  readonly strips: Readonly<Record<Part, Strip>>;
}

type Range = readonly [from: number, to: number];

/** Panels below this have no room for words. */
const LEAST = 200;

/** The places on a panel; undefined where it is too small for words. */
export function layoutOf(screen: Screen, safeArea?: SafeArea): Layout | undefined {
  const { width, height } = uprightSize(screen);
  const { top, right, bottom, left } = safeArea ?? { top: 0, right: 0, bottom: 0, left: 0 };
  const [across, down] = [width - left - right, height - top - bottom];
  const unit = Math.min(across, down) / 100;
  if (unit * 100 < LEAST) return undefined;
  const sideways = isSideways(screen);
  const [start, ranges] = sideways ? [left, columns(across)] : [top, stack(down, unit)];
  const place = (part: Part): Strip => {
    const [from, to] = ranges[part];
    return stripOf(screen, start + from, start + to);
  };
  const strips = {
    spinner: place('spinner'),
    message: place('message'),
    progress: place('progress'),
    error: place('error'),
    step: place('step'),
    access: place('access'),
    note: place('note'),
  };
  return { unit, sideways, room: { left, top, width: across, height: down }, strips };
}

/** Where the shipped picture ends, and what a banner at the bottom takes. */
const PICTURE_END = 0.685;
const BANNER = 21;

/** From top to bottom: below the picture and above a banner, and the parts of an error screen. */
function stack(length: number, unit: number): Record<Part, Range> {
  const heights = { spinner: 2.4, message: 5.5, progress: 0.75 };
  const free = length * (1 - PICTURE_END) - unit * (BANNER + 8.7);
  const gap = Math.min(1.8 * unit, Math.max(0.3 * unit, free / 4));
  const spinner = length * PICTURE_END + gap / 2;
  const message = spinner + heights.spinner * unit + gap / 2;
  const progress = message + heights.message * unit + gap;
  const error = 0.42 * (length - 68 * unit);
  return {
    spinner: [spinner, spinner + heights.spinner * unit],
    message: [message, message + heights.message * unit],
    progress: [progress, progress + heights.progress * unit],
    error: [error, error + 38 * unit],
    step: [error + 40 * unit, error + 44.5 * unit],
    access: [error + 50 * unit, error + 68 * unit],
    note: [length - 12 * unit, length - 4 * unit],
  };
}

/** From left to right, where a row of the panel is a column: narrow, beside a picture in the middle. */
function columns(length: number): Record<Part, Range> {
  const at = (from: number, to: number): Range => [from * length, to * length];
  return {
    spinner: at(0.685, 0.7),
    message: at(0.71, 0.95),
    progress: at(0.965, 0.972),
    step: at(0.03, 0.2),
    error: at(0.22, 0.69),
    access: at(0.71, 0.97),
    note: at(0.03, 0.2),
  };
}
