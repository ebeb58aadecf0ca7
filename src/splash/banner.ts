import type { Canvas } from './canvas.ts';
import { CAPITAL, type Font, LEADING } from './font.ts';
import { edgesOf, type PathCommand, rim, roundBox } from './outline.ts';
import type { Box } from './place.ts';
import type { Edges } from './raster.ts';
import type { Theme } from './theme.ts';

/** Parts of the panel's shorter side. */
const MARGIN = 0.06;
const PADDING = 0.038;
const TEXT = 0.0335;
const SIGN = 0.068;
const RIM = 0.0028;

/** A line of text over the picture: a plate at the bottom with a warning sign, wrapped at blanks. Gives the plate's place. */
export function drawBanner(canvas: Canvas, text: string, theme: Theme, font: Font): Box {
  const { width, height } = canvas;
  const side = Math.min(width, height);
  const [margin, padding, sign, size] = [side * MARGIN, side * PADDING, side * SIGN, side * TEXT];
  const left = margin + padding + sign + padding * 0.8;
  const lines = font.wrap(text, size, width - margin - padding - left);
  const textTall = ((lines.length - 1) * LEADING + CAPITAL) * size;
  const tall = Math.max(textTall, sign) + 2 * padding;
  const top = height - margin - tall;
  const plate = { left: margin, top, width: width - 2 * margin, height: tall, radius: padding * 0.7 };
  canvas.fill(roundBox(plate), theme.plate);
  canvas.fill(rim(plate, Math.max(1, Math.round(side * RIM))), theme.warning);
  const middle = top + tall / 2;
  drawSign(canvas, { left: margin + padding, top: middle - sign / 2, scale: sign / 24 }, theme);
  for (const [i, line] of lines.entries()) {
    const baseline = Math.round(middle - textTall / 2 + (i * LEADING + CAPITAL) * size);
    canvas.fill(font.edges(line, { left, baseline, size }), theme.text);
  }
  const [from, to] = [Math.floor(top), Math.ceil(top + tall)];
  return {
    left: Math.floor(margin),
    top: from,
    width: Math.ceil(width - 2 * Math.floor(margin)),
    height: to - from,
  };
}

/** A triangle in a box of 24, and an exclamation mark with its point. */
const TRIANGLE: readonly PathCommand[] = [
  { type: 'M', values: [12, 2.2] },
  { type: 'C', values: [12.5, 2.2, 13, 2.5, 13.3, 3] },
  { type: 'L', values: [23, 19.8] },
  { type: 'C', values: [23.6, 20.8, 22.9, 22, 21.7, 22] },
  { type: 'L', values: [2.3, 22] },
  { type: 'C', values: [1.1, 22, 0.4, 20.8, 1, 19.8] },
  { type: 'L', values: [10.7, 3] },
  { type: 'C', values: [11, 2.5, 11.5, 2.2, 12, 2.2] },
];

interface SignPlace {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
}

function drawSign(canvas: Canvas, { left, top, scale }: SignPlace, theme: Theme): void {
  const inSign = (x: number, y: number, width: number, height: number): Edges =>
    roundBox({
      left: left + x * scale,
      top: top + y * scale,
      width: width * scale,
      height: height * scale,
      radius: (width * scale) / 2,
    });
  canvas.fill(edgesOf(TRIANGLE, { left, top, scale, scaleY: scale }), theme.warning);
  canvas.fill(inSign(10.8, 8.6, 2.4, 6.6), theme.plate);
  canvas.fill(inSign(10.7, 16.6, 2.6, 2.6), theme.plate);
}
