/**
 * A second way to draw the shipped picture, sharing nothing with the renderer: shapes are flattened to
 * polylines and every pixel is painted by its distance from their outlines. It knows what
 * `themes/default/splash.svg` uses and throws at anything else.
 */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly layers: readonly Layer[];
}

type Point = readonly [number, number];
type Colour = readonly [number, number, number];

export interface Layer {
  /** Signed distance of a point from the painted area: negative inside. */
  readonly distance: (x: number, y: number) => number;
  readonly colour: (x: number, y: number) => Colour;
  readonly box: readonly [number, number, number, number];
}

type Attributes = Readonly<Record<string, string>>;

/** Reads the elements of the picture in painting order; groups hand their attributes down. */
export function readDrawing(svg: string): Drawing {
  const paints = new Map<string, Layer['colour']>();
  const layers: Layer[] = [];
  const groups: Attributes[] = [{}];
  let gradient: { kind: string; at: Attributes; stops: [number, Colour][] } | undefined;
  let size: Attributes = {};
  for (const [, close, tag = '', body = '', empty] of svg
    .replace(/<!--[\s\S]*?-->/g, '')
    .matchAll(/<(\/?)([\w]+)([^>]*?)(\/?)>/g)) {
    const own = Object.fromEntries(
      [...body.matchAll(/([\w-]+)="([^"]*)"/g)].map((match) => [match[1] ?? '', match[2] ?? '']),
    );
    if (close === '/') {
      if (tag === 'g') groups.pop();
      if (tag.endsWith('Gradient') && gradient !== undefined)
        paints.set(gradient.at['id'] ?? '', gradientOf(gradient));
      continue;
    }
    const all = { ...groups.at(-1), ...own };
    if (tag === 'svg') size = own;
    else if (tag === 'g') groups.push(all);
    else if (tag.endsWith('Gradient')) gradient = { kind: tag, at: own, stops: [] };
    else if (tag === 'stop')
      gradient?.stops.push([Number(own['offset']), hexColour(own['stop-color'] ?? '')]);
    else if (['rect', 'circle', 'path'].includes(tag) && empty === '/')
      layers.push(layerOf(tag, all, paints));
    else if (tag !== 'defs') throw new Error(`the second renderer does not know <${tag}>`);
  }
  return { width: Number(size['width']), height: Number(size['height']), layers };
}

/** RGB of every pixel, and how far it is from the nearest outline. */
export function paint({ width, height, layers }: Drawing): { rgb: Float64Array; edge: Float64Array } {
  const rgb = new Float64Array(width * height * 3);
  const edge = new Float64Array(width * height).fill(Number.POSITIVE_INFINITY);
  for (const { box, distance, colour } of layers) {
    const [left, top, right, bottom] = [
      Math.max(0, Math.floor(box[0]) - 3),
      Math.max(0, Math.floor(box[1]) - 3),
      Math.min(width, box[2] + 3),
      Math.min(height, box[3] + 3),
    ];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const d = distance(x + 0.5, y + 0.5);
        const at = y * width + x;
        edge[at] = Math.min(edge[at] ?? 0, Math.abs(d));
        const cover = Math.min(1, Math.max(0, 0.5 - d));
        if (cover === 0) continue;
        const over = colour(x + 0.5, y + 0.5);
        for (let c = 0; c < 3; c++)
          rgb[at * 3 + c] = (rgb[at * 3 + c] ?? 0) * (1 - cover) + (over[c] ?? 0) * cover;
      }
    }
  }
  return { rgb, edge };
}

function layerOf(tag: string, at: Attributes, paints: ReadonlyMap<string, Layer['colour']>): Layer {
  const stroked = at['stroke'] !== undefined && at['stroke'] !== 'none';
  const lines = outline(tag, at);
  const points = lines.flat();
  const reach = stroked ? Number(at['stroke-width']) / 2 : 0;
  if (
    stroked &&
    (at['stroke-linecap'] !== 'round' || at['stroke-linejoin'] !== 'round' || at['fill'] !== 'none')
  ) {
    throw new Error('the second renderer draws strokes with round ends only, and without a filling');
  }
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return {
    box: [Math.min(...xs) - reach, Math.min(...ys) - reach, Math.max(...xs) + reach, Math.max(...ys) + reach],
    colour: paintOf((stroked ? at['stroke'] : at['fill']) ?? '', paints),
    distance:
      tag === 'circle' && !stroked
        ? roundDistance(at)
        : (x, y) => {
            const away = Math.min(...lines.map((line) => distanceTo(line, x, y)));
            if (stroked) return away - reach;
            return inside(lines, x, y) ? -away : away;
          },
  };
}

function roundDistance(at: Attributes): Layer['distance'] {
  const [cx, cy, r] = ['cx', 'cy', 'r'].map((key) => Number(at[key])) as [number, number, number];
  return (x, y) => Math.hypot(x - cx, y - cy) - r;
}

function paintOf(value: string, paints: ReadonlyMap<string, Layer['colour']>): Layer['colour'] {
  const named = /^url\(#(\w+)\)$/.exec(value)?.[1];
  if (named === undefined) {
    const colour = hexColour(value);
    return () => colour;
  }
  const gradient = paints.get(named);
  if (gradient === undefined) throw new Error(`no gradient ${named}`);
  return gradient;
}

function gradientOf({
  kind,
  at,
  stops,
}: {
  kind: string;
  at: Attributes;
  stops: readonly (readonly [number, Colour])[];
}): Layer['colour'] {
  const number = (key: string) => Number(at[key]);
  if (at['gradientUnits'] !== 'userSpaceOnUse') throw new Error('the second renderer wants userSpaceOnUse');
  const place =
    kind === 'radialGradient'
      ? (x: number, y: number) => Math.hypot(x - number('cx'), y - number('cy')) / number('r')
      : (x: number, y: number) => {
          const [dx, dy] = [number('x2') - number('x1'), number('y2') - number('y1')];
          return ((x - number('x1')) * dx + (y - number('y1')) * dy) / (dx * dx + dy * dy);
        };
  return (x, y) => {
    const t = Math.min(1, Math.max(0, place(x, y)));
    const next = Math.max(
      1,
      stops.findIndex(([offset]) => offset >= t),
    );
    const [from, to] = [stops[next - 1], stops[next]];
    if (from === undefined || to === undefined) throw new Error('a gradient needs two stops');
    const part = (t - from[0]) / (to[0] - from[0]);
    return [0, 1, 2].map((c) => (from[1][c] ?? 0) * (1 - part) + (to[1][c] ?? 0) * part) as unknown as Colour;
  };
}

function outline(tag: string, at: Attributes): Point[][] {
  const number = (key: string) => Number(at[key] ?? 0);
  if (tag === 'rect') {
    const [x, y, w, h] = [number('x'), number('y'), number('width'), number('height')];
    return [
      [
        [x, y],
        [x + w, y],
        [x + w, y + h],
        [x, y + h],
        [x, y],
      ],
    ];
  }
  if (tag === 'circle') {
    const steps = 720;
    return [
      Array.from(
        { length: steps + 1 },
        (_, i) =>
          [
            number('cx') + number('r') * Math.cos((i * 2 * Math.PI) / steps),
            number('cy') + number('r') * Math.sin((i * 2 * Math.PI) / steps),
          ] as const,
      ),
    ];
  }
  return flatten(at['d'] ?? '');
}

/** Absolute M, L, H, V, C, A and Z as polylines. */
function flatten(d: string): Point[][] {
  const lines: Point[][] = [];
  for (const [, command = '', rest = ''] of d.matchAll(/([A-Za-z])([^A-Za-z]*)/g)) {
    const n = (rest.match(/-?[\d.]+/g) ?? []).map(Number);
    const line = lines.at(-1) ?? [];
    const [x, y] = line.at(-1) ?? [0, 0];
    if (command === 'M') lines.push([[n[0] ?? 0, n[1] ?? 0]]);
    else if (command === 'H') line.push([n[0] ?? 0, y]);
    else if (command === 'V') line.push([x, n[0] ?? 0]);
    else if (command === 'Z') line.push(line[0] ?? [0, 0]);
    else if (command === 'L') line.push([n[0] ?? 0, n[1] ?? 0]);
    else if (command === 'C') for (let i = 0; i < n.length; i += 6) curve(line, n.slice(i, i + 6));
    else if (command === 'A') arc(line, n);
    else throw new Error(`the second renderer does not know path command ${command}`);
  }
  return lines;
}

function curve(line: Point[], [ax = 0, ay = 0, bx = 0, by = 0, ex = 0, ey = 0]: readonly number[]): void {
  const [sx, sy] = line.at(-1) ?? [0, 0];
  for (let i = 1; i <= 40; i++) {
    const [t, u] = [i / 40, 1 - i / 40];
    const blend = (s: number, a: number, b: number, e: number) =>
      u * u * u * s + 3 * u * u * t * a + 3 * u * t * t * b + t * t * t * e;
    line.push([blend(sx, ax, bx, ex), blend(sy, ay, by, ey)]);
  }
}

/** An elliptical arc by the endpoint formula of SVG 1.1, appendix F.6, for axes that are not turned. */
function arc(
  line: Point[],
  [rx = 0, ry = 0, turned = 0, large = 0, sweep = 0, ex = 0, ey = 0]: readonly number[],
): void {
  if (turned !== 0) throw new Error('the second renderer does not turn arcs');
  const [sx, sy] = line.at(-1) ?? [0, 0];
  const [px, py] = [(sx - ex) / 2 / rx, (sy - ey) / 2 / ry];
  const square = px * px + py * py;
  const grow = Math.max(1, Math.sqrt(square));
  const factor = Math.sqrt(Math.max(0, 1 / Math.min(1, square) - 1)) * (large === sweep ? -1 : 1);
  const [cx, cy] = [factor * py * rx + (sx + ex) / 2, -factor * px * ry + (sy + ey) / 2];
  const angle = (x: number, y: number) => Math.atan2((y - cy) / (ry * grow), (x - cx) / (rx * grow));
  const start = angle(sx, sy);
  let span = angle(ex, ey) - start;
  if (sweep === 1 && span < 0) span += 2 * Math.PI;
  if (sweep === 0 && span > 0) span -= 2 * Math.PI;
  for (let i = 1; i <= 32; i++) {
    const at = start + (span * i) / 32;
    line.push([cx + rx * grow * Math.cos(at), cy + ry * grow * Math.sin(at)]);
  }
}

function distanceTo(line: readonly Point[], x: number, y: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 1; i < line.length; i++) {
    const [ax, ay] = line[i - 1] as Point;
    const [bx, by] = line[i] as Point;
    const [dx, dy] = [bx - ax, by - ay];
    const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
    const [ex, ey] = [x - ax - t * dx, y - ay - t * dy];
    best = Math.min(best, ex * ex + ey * ey);
  }
  return Math.sqrt(best);
}

/** Even-odd: the shapes here do not overlap themselves. */
function inside(lines: readonly (readonly Point[])[], x: number, y: number): boolean {
  let crossings = 0;
  for (const line of lines) {
    for (let i = 1; i < line.length; i++) {
      const [ax, ay] = line[i - 1] as Point;
      const [bx, by] = line[i] as Point;
      if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) crossings++;
    }
  }
  return crossings % 2 === 1;
}

function hexColour(value: string): Colour {
  const match = /^#(..)(..)(..)$/.exec(value);
  if (match === null) throw new Error(`the second renderer does not know the colour ${value}`);
  return [1, 2, 3].map((i) => Number.parseInt(match[i] ?? '', 16)) as unknown as Colour;
}
