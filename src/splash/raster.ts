import type { Box } from './place.ts';

/** Straight edges of closed figures: x0, y0, x1, y1 of each, in pixels of the upright panel. */
export type Edges = readonly number[];

/** How much of each pixel of a box is covered, as what changes from pixel to pixel of a row. */
export interface Coverage extends Box {
  /** `stride` numbers a row; the sum from the row's start to a pixel is what of it is covered, 0 to 1 or to -1. */
  readonly changes: Float64Array;
  readonly stride: number;
}

/** Kept between calls: thousands of glyphs are drawn. */
let scratch = new Float64Array(0);

/**
 * Covers the pixels inside closed figures, exactly by area. Figures that overlap must run the same way
 * round; a hole runs the other way. Only sums, products and roundings of doubles, so that every machine
 * gets the same. Nothing where no figure has an area; good until the next call.
 */
export function cover(edges: Edges): Coverage | undefined {
  const box = boundsOf(edges);
  if (box === undefined) return undefined;
  const stride = box.width + 2;
  const size = stride * box.height;
  if (scratch.length < size) scratch = new Float64Array(size);
  else scratch.fill(0, 0, size);
  for (let i = 0; i < edges.length; i += 4) {
    addEdge(scratch, box, [
      (edges[i] as number) - box.left,
      (edges[i + 1] as number) - box.top,
      (edges[i + 2] as number) - box.left,
      (edges[i + 3] as number) - box.top,
    ]);
  }
  return { ...box, changes: scratch, stride };
}

function boundsOf(edges: Edges): Box | undefined {
  let [left, top] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [right, bottom] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < edges.length; i += 2) {
    const [x, y] = [edges[i] as number, edges[i + 1] as number];
    left = Math.min(left, Math.floor(x));
    right = Math.max(right, Math.ceil(x));
    top = Math.min(top, Math.floor(y));
    bottom = Math.max(bottom, Math.ceil(y));
  }
  const [width, height] = [right - left, bottom - top];
  return width > 0 && height > 0 ? { left, top, width, height } : undefined;
}

/** Cuts an edge into the rows that it crosses. */
function addEdge(
  changes: Float64Array,
  { width }: Box,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): void {
  if (y0 === y1) return;
  const sign = y0 < y1 ? 1 : -1;
  const [topX, topY, bottomX, bottomY] = sign > 0 ? [x0, y0, x1, y1] : [x1, y1, x0, y0];
  const slope = (bottomX - topX) / (bottomY - topY);
  for (let row = Math.floor(topY); row < bottomY; row++) {
    const [from, to] = [Math.max(topY, row), Math.min(bottomY, row + 1)];
    const a = within(topX + (from - topY) * slope, width);
    const b = within(topX + (to - topY) * slope, width);
    const span = { low: Math.min(a, b), high: Math.max(a, b), part: sign * (to - from) };
    addSpan(changes, row * (width + 2), span);
  }
}

/** Rounding may carry a slanted edge a hair over the side of the box. */
function within(x: number, width: number): number {
  return Math.min(width, Math.max(0, x));
}

/** The piece of an edge inside one row: which part of the row's height it takes, and between which x. */
interface Span {
  readonly low: number;
  readonly high: number;
  readonly part: number;
}

function addSpan(changes: Float64Array, start: number, { low, high, part }: Span): void {
  const first = Math.floor(low);
  if (high - first <= 1) {
    // Within one column: the mean of both ends tells how much of the pixel lies right of the edge.
    const right = first + 1 - (low + high) / 2;
    add(changes, start + first, part * right);
    add(changes, start + first + 1, part * (1 - right));
    return;
  }
  const perColumn = part / (high - low);
  let before = 0;
  for (let x = first; x < high; x++) {
    const [a, b] = [Math.max(low, x), Math.min(high, x + 1)];
    // What lies right of the edge in this column: of the piece that crosses it, and of all before.
    const sum = perColumn * (a - low) + perColumn * (b - a) * (x + 1 - (a + b) / 2);
    add(changes, start + x, sum - before);
    before = sum;
  }
  add(changes, start + Math.ceil(high), part - before);
}

function add(changes: Float64Array, at: number, value: number): void {
  changes[at] = (changes[at] as number) + value;
}
