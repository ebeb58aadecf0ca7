import { Canvas } from './canvas.ts';
import { CAPITAL, type Font, LEADING } from './font.ts';
import type { Layout, Part } from './layout.ts';
import { rim, roundBox } from './outline.ts';
import type { Box } from './place.ts';
import type { Banner } from './render.ts';
import type { ErrorText, Theme } from './theme.ts';

/** What the moving parts are drawn with. */
export interface Kit {
  readonly layout: Layout;
  readonly theme: Theme;
  readonly font: Font;
  /** Behind everything: the colour around the picture. */
  readonly background: string;
  /** Colours of parts under which the picture is all of one colour: nobody sees where they end. */
  readonly grounds: ReadonlyMap<Part, string>;
  /** What no message, bar or spinner may cover. */
  readonly banner?: Banner | undefined;
}

/** Sizes of text, in units of the layout. */
const SIZE = {
  message: 3.8,
  note: 3,
  title: 6.4,
  sign: 8.5,
  sentence: 4.4,
  step: 3.4,
  label: 2.8,
  access: 4.8,
} as const;
/** Free at either side of a text, in units. */
const MARGIN = 7;

/** States of a progress bar from empty to full. */
export const PROGRESS_STEPS = 50;
/** Pictures of the spinner, the last one empty. */
export const SPINNER_FRAMES = 6;

/** What the panel shows of a running step. */
export function messageScene(kit: Kit, text: string): Canvas {
  return linesScene(kit, text, { part: 'message', size: SIZE.message, color: kit.theme.text });
}

/** A line at the bottom that is no warning. */
export function noteScene(kit: Kit, text: string): Canvas {
  return linesScene(kit, text, { part: 'note', size: SIZE.note, color: kit.theme.dim });
}

interface Lines {
  readonly part: Part;
  /** In units of the layout. */
  readonly size: number;
  readonly color: string;
}

/** One line or two, in the middle of its strip. */
function linesScene(kit: Kit, text: string, { part, size: units, color }: Lines): Canvas {
  const canvas = blank(kit, part);
  const box = seenPart(kit, canvas);
  const size = units * kit.layout.unit;
  const margin = (kit.layout.sideways ? 1 : MARGIN) * kit.layout.unit;
  const lines = kit.font.wrap(text, size, box.width - 2 * margin);
  const tall = ((lines.length - 1) * LEADING + CAPITAL) * size;
  const top = box.top + (box.height - tall) / 2;
  for (const [i, line] of lines.entries()) {
    const left = box.left + (box.width - kit.font.width(line, size)) / 2;
    const baseline = Math.round(top + (i * LEADING + CAPITAL) * size);
    canvas.fill(kit.font.edges(line, { left, baseline, size }), color);
  }
  return canvas;
}

/** A bar filled from the left, or from below where the panel lies on its side; `state` of {@link PROGRESS_STEPS}. */
export function progressScene(kit: Kit, state: number): Canvas {
  const canvas = blank(kit, 'progress');
  const box = seenPart(kit, canvas);
  const [long, thick] = kit.layout.sideways ? [box.height, box.width] : [box.width, box.height];
  const length = Math.round(Math.min(0.5 * long, 60 * kit.layout.unit));
  const done = Math.round((length * state) / PROGRESS_STEPS);
  const across = Math.min(thick, Math.max(2, Math.round(0.75 * kit.layout.unit)));
  const [along, off] = [Math.round((long - length) / 2), Math.round((thick - across) / 2)];
  const bar = (part: number): Box =>
    kit.layout.sideways
      ? { left: box.left + off, top: box.top + along + length - part, width: across, height: part }
      : { left: box.left + along, top: box.top + off, width: part, height: across };
  canvas.fill(roundBox({ ...bar(length), radius: across / 2 }), kit.theme.track);
  if (done > 0) canvas.fill(roundBox({ ...bar(done), radius: across / 2 }), kit.theme.accent);
  return canvas;
}

/** Dots, of which one after the other lights up; frame 0 shows nothing. */
export function spinnerScene(kit: Kit, frame: number): Canvas {
  const canvas = blank(kit, 'spinner');
  if (frame === 0) return canvas;
  const box = seenPart(kit, canvas);
  const side = Math.min(box.width, box.height, 1.8 * kit.layout.unit);
  const count = SPINNER_FRAMES - 1;
  for (let dot = 0; dot < count; dot++) {
    const away = (dot - (count - 1) / 2) * side * 2;
    const [x, y] = kit.layout.sideways ? [0, away] : [away, 0];
    const left = Math.round(box.left + box.width / 2 + x - side / 2);
    const top = Math.round(box.top + box.height / 2 + y - side / 2);
    const color = dot === frame - 1 ? kit.theme.accent : kit.theme.track;
    canvas.fill(roundBox({ left, top, width: side, height: side, radius: side }), color);
  }
  return canvas;
}

/** The sign in the error's colour, its code, and what happened. */
export function errorScene(kit: Kit, code: string, { color, sign, text }: ErrorText): Canvas {
  const canvas = blank(kit, 'error');
  const { unit } = kit.layout;
  const left = textLeft(kit, canvas);
  const wide = textWidth(kit, canvas);
  const disc = 13 * unit;
  const sentence = kit.font.wrap(text, SIZE.sentence * unit, wide);
  const titleSize = Math.min(
    SIZE.title * unit,
    (SIZE.title * unit * wide) / kit.font.width(code, SIZE.title * unit),
  );
  const tall =
    disc +
    (6 + 4.5) * unit +
    titleSize * CAPITAL +
    ((sentence.length - 1) * LEADING + CAPITAL) * SIZE.sentence * unit;
  const box = seenPart(kit, canvas);
  let y = Math.round(box.top + (box.height - tall) / 2);
  canvas.fill(roundBox({ left, top: y, width: disc, height: disc, radius: 3 * unit }), color);
  const signSize = SIZE.sign * unit;
  canvas.fill(
    kit.font.edges(sign, {
      left: left + (disc - kit.font.width(sign, signSize)) / 2,
      baseline: Math.round(y + (disc + CAPITAL * signSize) / 2),
      size: signSize,
    }),
    kit.background,
  );
  y = Math.round(y + disc + 6 * unit + titleSize * CAPITAL);
  canvas.fill(kit.font.edges(code, { left, baseline: y, size: titleSize }), color);
  y = Math.round(y + 4.5 * unit + CAPITAL * SIZE.sentence * unit);
  for (const line of sentence) {
    canvas.fill(kit.font.edges(line, { left, baseline: y, size: SIZE.sentence * unit }), kit.theme.text);
    y = Math.round(y + LEADING * SIZE.sentence * unit);
  }
  return canvas;
}

/** Which step of stage-1 failed. */
export function stepScene(kit: Kit, step: string): Canvas {
  const canvas = blank(kit, 'step');
  const size = SIZE.step * kit.layout.unit;
  const left = textLeft(kit, canvas);
  const lines = kit.font.wrap(`${kit.theme.labels.step} ${step}`, size, textWidth(kit, canvas));
  const tall = ((lines.length - 1) * LEADING + CAPITAL) * size;
  const box = seenPart(kit, canvas);
  let baseline = box.top + (box.height - tall) / 2 + CAPITAL * size;
  for (const line of lines) {
    canvas.fill(kit.font.edges(line, { left, baseline: Math.round(baseline), size }), kit.theme.dim);
    baseline += LEADING * size;
  }
  return canvas;
}

/** How to log in, in a frame. */
export function accessScene(kit: Kit, command: string): Canvas {
  const canvas = blank(kit, 'access');
  const { unit } = kit.layout;
  const box = seenPart(kit, canvas);
  const left = textLeft(kit, canvas);
  const wide = textWidth(kit, canvas);
  const pad = 2.6 * unit;
  const labelSize = SIZE.label * unit;
  // An address that is broken in two would be typed wrong.
  const longest = Math.max(...command.split(' ').map((word) => kit.font.width(word, SIZE.access * unit)));
  const size = SIZE.access * unit * Math.min(1, (wide - 2 * pad) / longest);
  const label = kit.font.wrap(kit.theme.labels.access, labelSize, wide - 2 * pad);
  const lines = kit.font.wrap(command, size, wide - 2 * pad);
  const tall =
    2 * pad + label.length * LEADING * labelSize + ((lines.length - 1) * LEADING + CAPITAL + 0.4) * size;
  const top = Math.round(box.top + (box.height - tall) / 2);
  const plate = { left, top, width: Math.round(wide), height: Math.round(tall), radius: 2 * unit };
  canvas.fill(rim(plate, Math.max(2, Math.round(0.3 * unit))), kit.theme.track);
  let y = top + pad + CAPITAL * labelSize;
  for (const line of label) {
    canvas.fill(
      kit.font.edges(line, { left: left + pad, baseline: Math.round(y), size: labelSize }),
      kit.theme.dim,
    );
    y += LEADING * labelSize;
  }
  y += 0.4 * size + (CAPITAL * size - CAPITAL * labelSize);
  for (const line of lines) {
    canvas.fill(kit.font.edges(line, { left: left + pad, baseline: Math.round(y), size }), kit.theme.accent);
    y += LEADING * size;
  }
  return canvas;
}

function blank({ layout, background, grounds, banner }: Kit, part: Part): Canvas {
  const canvas = Canvas.blank(layout.strips[part].box, grounds.get(part) ?? background);
  const overPicture = part === 'message' || part === 'progress' || part === 'spinner' || part === 'note';
  if (banner !== undefined && overPicture) canvas.take(banner.canvas, banner.box);
  return canvas;
}

function margin({ layout }: Kit): number {
  return (layout.sideways ? 1 : MARGIN + 1) * layout.unit;
}

function textLeft(kit: Kit, canvas: Canvas): number {
  return Math.round(seenPart(kit, canvas).left + margin(kit));
}

function textWidth(kit: Kit, canvas: Canvas): number {
  return seenPart(kit, canvas).width - 2 * margin(kit);
}

/** What of a strip no notch and no round glass takes. */
function seenPart({ layout: { room } }: Kit, { box }: Canvas): Box {
  const [left, top] = [Math.max(box.left, room.left), Math.max(box.top, room.top)];
  const right = Math.min(box.left + box.width, room.left + room.width);
  const bottom = Math.min(box.top + box.height, room.top + room.height);
  return { left, top, width: right - left, height: bottom - top };
}
