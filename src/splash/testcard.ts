import { MnxError } from '../binary/index.ts';
import type { Size } from './place.ts';

/** Side of the corner squares and thickness of the frame, in pixels of the panel. */
export const CORNER = 8;

/** Upright: upper left, upper right, lower right, lower left. White tells how the panel is turned. */
export const CORNER_COLORS = [0xff0000, 0x00ff00, 0x0000ff, 0xffffff] as const;

export const FRAME_COLOR = 0xffff00;

/** Below this the parts run into each other. */
const LEAST = 120;

const GROUND = '#10151f';
const LIGHT = '#f4efe6';
const DIM = '#7d8aa5';

/** From the brightest to the darkest, so that grey panels show steps in one direction. */
const BARS: readonly (readonly [string, string])[] = [
  ['#ffffff', 'W'],
  ['#ffff00', 'Y'],
  ['#00ffff', 'C'],
  ['#00ff00', 'G'],
  ['#ff00ff', 'M'],
  ['#ff0000', 'R'],
  ['#0000ff', 'B'],
  ['#000000', 'K'],
];

/**
 * The test card of a panel, pixel for pixel: a frame whose corners say where up is and which byte is
 * which colour (read back by {@link diagnoseDump}), rulers, corner numbers, colour bars named by their
 * first letters, ramps, a circle, single-pixel lines and marks that no turn or mirror maps onto themselves.
 *
 * @throws MnxError `splash.testcard-size` for panels below 120 pixels
 */
export function testcard(panel: Size): Testcard {
  const { width, height } = panel;
  if (Math.min(width, height) < LEAST) {
    throw new MnxError('splash.testcard-size', `a test card needs ${LEAST} x ${LEAST} pixels or more`, {
      hint: 'Show a picture with --image.',
    });
  }
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    ramps(),
    rect({ left: 0, top: 0, width, height }, GROUND),
    circle(panel),
    bars(panel),
    rampRects(panel),
    arrow(panel),
    fineLines(panel),
    rulers(panel),
    frame(panel),
    '</svg>',
  ].join('');
  return { svg, labels: [...corners(panel), ...barNames(panel), ...words(panel), ...rulerNumbers(panel)] };
}

/** A drawing without text, and the texts that are laid over it. */
export interface Testcard {
  readonly svg: string;
  readonly labels: readonly Label[];
}

/** A text by the place of its capitals: around `centre`, or from `left` on. */
export interface Label {
  readonly text: string;
  readonly left?: number;
  readonly centre?: number;
  readonly top: number;
  /** Height of a capital in pixels. */
  readonly capital: number;
  readonly color: string;
}

interface Area extends Size {
  readonly left: number;
  readonly top: number;
}

function rect({ left, top, width, height }: Area, fill: string): string {
  return `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="${fill}" shape-rendering="crispEdges"/>`;
}

function hex(color: number): string {
  return `#${color.toString(16).padStart(6, '0')}`;
}

function frame({ width, height }: Size): string {
  const [right, bottom] = [width - CORNER, height - CORNER];
  const places = [
    [0, 0],
    [right, 0],
    [right, bottom],
    [0, bottom],
  ] as const;
  const yellow = hex(FRAME_COLOR);
  return [
    rect({ left: 0, top: 0, width, height: CORNER }, yellow),
    rect({ left: 0, top: bottom, width, height: CORNER }, yellow),
    rect({ left: 0, top: 0, width: CORNER, height }, yellow),
    rect({ left: right, top: 0, width: CORNER, height }, yellow),
    ...places.map(([left, top], i) =>
      rect({ left, top, width: CORNER, height: CORNER }, hex(CORNER_COLORS[i] ?? 0)),
    ),
  ].join('');
}

/** Of the longest tick of a ruler. */
function longTick({ width, height }: Size): number {
  return Math.max(8, Math.round(Math.min(width, height) / 40));
}

/** A tick every 10 pixels from the upper left corner, longer ones every 50 and 100. */
function rulers(panel: Size): string {
  const { width, height } = panel;
  const out: string[] = [];
  const long = longTick(panel);
  const tick = (at: number): number => (at % 100 === 0 ? long : at % 50 === 0 ? long * 0.7 : long * 0.4);
  for (let at = 10; at < width - CORNER; at += 10) {
    out.push(rect({ left: at, top: CORNER, width: 1, height: Math.round(tick(at)) }, LIGHT));
  }
  for (let at = 10; at < height - CORNER; at += 10) {
    out.push(rect({ left: CORNER, top: at, width: Math.round(tick(at)), height: 1 }, LIGHT));
  }
  return out.join('');
}

function rulerNumbers(panel: Size): Label[] {
  const { width, height } = panel;
  const long = longTick(panel);
  const capital = long / 1.6;
  const out: Label[] = [];
  for (let at = 100; at < width - 100; at += 100) {
    out.push({ text: String(at), centre: at, top: CORNER + long * 1.25, capital, color: DIM });
  }
  for (let at = 100; at < height - 100; at += 100) {
    out.push({ text: String(at), left: CORNER + long * 1.25, top: at - capital / 2, capital, color: DIM });
  }
  return out;
}

/** 1 to 4 clockwise from the upper left. */
function corners({ width, height }: Size): Label[] {
  const unit = Math.min(width, height) / 100;
  const [inset, below, capital] = [unit * 15, unit * 10, unit * 9];
  const [right, bottom] = [width - inset, height - below - capital];
  const corner = (text: string, centre: number, top: number): Label => ({
    text,
    centre,
    top,
    capital,
    color: LIGHT,
  });
  return [
    corner('1', inset, below),
    corner('2', right, below),
    corner('3', right, bottom),
    corner('4', inset, bottom),
  ];
}

/** Where each colour bar stands. */
function barAreas({ width, height }: Size): Area[] {
  const [left, top, tall] = [Math.round(width * 0.12), Math.round(height * 0.25), Math.round(height * 0.16)];
  const each = Math.round((width * 0.76) / BARS.length);
  return BARS.map((_, i) => ({ left: left + i * each, top, width: each, height: tall }));
}

function bars(panel: Size): string {
  return barAreas(panel)
    .map((area, i) => rect(area, BARS[i]?.[0] ?? LIGHT))
    .join('');
}

function barNames(panel: Size): Label[] {
  return barAreas(panel).map(({ left, top, width, height }, i) => {
    const capital = Math.min(width * 0.3, panel.height * 0.03);
    const text = BARS[i]?.[1] ?? '';
    return { text, centre: left + width / 2, top: top + height + capital * 0.6, capital, color: LIGHT };
  });
}

const RAMPS = ['#ffffff', '#ff0000', '#00ff00', '#0000ff'];

function ramps(): string {
  const stops = RAMPS.map(
    (color, i) =>
      `<linearGradient id="ramp${i}"><stop offset="0" stop-color="#000000"/><stop offset="1" stop-color="${color}"/></linearGradient>`,
  );
  return `<defs>${stops.join('')}</defs>`;
}

/** Steps in a ramp show the depth of a channel. */
function rampRects({ width, height }: Size): string {
  const [left, wide] = [Math.round(width * 0.12), BARS.length * Math.round((width * 0.76) / BARS.length)];
  const [top, tall] = [Math.round(height * 0.48), Math.round(height * 0.022)];
  return RAMPS.map((_, i) =>
    rect({ left, top: top + i * tall, width: wide, height: tall }, `url(#ramp${i})`),
  ).join('');
}

/** An arrow and the word up: wrong in every turn and mirror. */
function arrow({ width, height }: Size): string {
  const unit = Math.min(width, height) / 100;
  const x = width * 0.36;
  const [top, wide, tall] = [height * 0.615, unit * 7, height * 0.13];
  return `<path d="M${x} ${top}L${x + wide} ${top + wide * 1.2}H${x + wide * 0.4}V${top + tall}H${x - wide * 0.4}V${top + wide * 1.2}H${x - wide}Z" fill="#ffb454"/>`;
}

/** Beside the arrow; and the size that the card was drawn for. */
function words({ width, height }: Size): Label[] {
  const unit = Math.min(width, height) / 100;
  const left = width * 0.36 + unit * 11.2;
  const top = height * (0.615 + 0.13 * 0.15);
  return [
    { text: 'UP', left, top, capital: unit * 7, color: LIGHT },
    { text: `${width} x ${height}`, left, top: top + unit * 11, capital: unit * 3.4, color: DIM },
  ];
}

/** An ellipse where pixels are not square, or the card was stretched. */
function circle({ width, height }: Size): string {
  const side = Math.min(width, height);
  return `<circle cx="${width / 2}" cy="${height / 2}" r="${side * 0.46}" fill="none" stroke="#2c3850" stroke-width="${Math.max(1, Math.round(side / 300))}"/>`;
}

/** Lines and columns of single pixels: grey or coloured where something scales. */
function fineLines({ width, height }: Size): string {
  const side = Math.round(Math.min(width, height) * 0.09) & ~1;
  const [left, top] = [Math.round(width / 2), Math.round(height * 0.82)];
  const at = Array.from({ length: side / 2 }, (_, i) => i * 2);
  const rows = at.map((y) => `M${left - side - 4} ${top + y}h${side}v1h-${side}z`).join('');
  const columns = at.map((x) => `M${left + 4 + x} ${top}h1v${side}h-1z`).join('');
  return `<path d="${rows}${columns}" fill="#ffffff" shape-rendering="crispEdges"/>`;
}
