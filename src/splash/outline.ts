import type { Edges } from './raster.ts';

/** Where a figure comes to stand: its own units times `scale`, moved; `scaleY` when up is the other way. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
  readonly scaleY: number;
}

/** Commands of a path as fonts and SVG have them: M, L, Q, C and Z with absolute numbers. */
export interface PathCommand {
  readonly type: string;
  readonly values: readonly number[];
}

type Point = readonly [number, number];

/** Straight edges of a path; curves are cut as finely as their size on the panel asks for. */
export function edgesOf(path: readonly PathCommand[], { left, top, scale, scaleY }: Placement): Edges {
  const out: number[] = [];
  const points = (values: readonly number[]): Point[] =>
    Array.from({ length: values.length / 2 }, (_, i) => [
      left + (values[2 * i] as number) * scale,
      top + (values[2 * i + 1] as number) * scaleY,
    ]);
  let [start, at]: [Point, Point] = [
    [0, 0],
    [0, 0],
  ];
  const lineTo = (to: Point): void => {
    if (at[0] !== to[0] || at[1] !== to[1]) out.push(at[0], at[1], to[0], to[1]);
    at = to;
  };
  for (const { type, values } of path) {
    const along = points(values);
    if (type === 'M') {
      lineTo(start);
      [start, at] = [along[0] as Point, along[0] as Point];
    } else if (type === 'Z') {
      lineTo(start);
    } else if (type === 'L') {
      lineTo(along[0] as Point);
    } else {
      for (const point of curve([at, ...along])) lineTo(point);
    }
  }
  lineTo(start);
  return out;
}

/** Points of a Bezier curve of any degree behind its first, by de Casteljau. */
function* curve(control: readonly Point[]): Generator<Point> {
  let length = 0;
  for (const [i, [x, y]] of control.entries()) {
    const [px, py] = control[Math.max(0, i - 1)] as Point;
    length += Math.abs(x - px) + Math.abs(y - py);
  }
  const steps = Math.min(64, Math.max(2, Math.ceil(Math.sqrt(length) * 1.5)));
  for (let step = 1; step < steps; step++) yield pointAt(control, step / steps);
  yield control.at(-1) as Point;
}

function pointAt(control: readonly Point[], t: number): Point {
  let points = control;
  while (points.length > 1) {
    points = points.slice(1).map(([x, y], i) => {
      const [px, py] = points[i] as Point;
      return [px + (x - px) * t, py + (y - py) * t];
    });
  }
  return points[0] as Point;
}

/** How far the control points of a quarter circle lie from its ends, for a radius of 1. */
const ARC = 0.5522847498;

export interface RoundBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly radius: number;
}

/** A rectangle with round corners; with a radius of half its side a disc. */
export function roundBox({ left, top, width, height, radius }: RoundBox): Edges {
  const r = Math.min(radius, width / 2, height / 2);
  const k = r * (1 - ARC);
  const path: PathCommand[] = [
    { type: 'M', values: [r, 0] },
    { type: 'L', values: [width - r, 0] },
    { type: 'C', values: [width - k, 0, width, k, width, r] },
    { type: 'L', values: [width, height - r] },
    { type: 'C', values: [width, height - k, width - k, height, width - r, height] },
    { type: 'L', values: [r, height] },
    { type: 'C', values: [k, height, 0, height - k, 0, height - r] },
    { type: 'L', values: [0, r] },
    { type: 'C', values: [0, k, k, 0, r, 0] },
    { type: 'Z', values: [] },
  ];
  return edgesOf(path, { left, top, scale: 1, scaleY: 1 });
}

/** The rim of a box: what lies inside, but not further in than `thickness`. */
export function rim(box: RoundBox, thickness: number): Edges {
  const inner = roundBox({
    left: box.left + thickness,
    top: box.top + thickness,
    width: box.width - 2 * thickness,
    height: box.height - 2 * thickness,
    radius: Math.max(0, box.radius - thickness),
  });
  return [...roundBox(box), ...reversed(inner)];
}

/** The same figure the other way round: a hole in a larger one. */
function reversed(edges: Edges): number[] {
  const out: number[] = [];
  for (let i = 0; i < edges.length; i += 4) {
    out.push(edges[i + 2] as number, edges[i + 3] as number, edges[i] as number, edges[i + 1] as number);
  }
  return out;
}
