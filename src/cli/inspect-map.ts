import { hex } from '../binary/index.ts';
import type { Layer } from '../inspect/index.ts';
import { visible } from './inspect-page.ts';
import { columns, paint, say, size, table } from './terminal.ts';

/** Bytes of a file that belong to one part. */
interface Stretch {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const ROWS = 16;
const MOST_COLUMNS = 64;
/** Room for the offset before each row. */
const MARGIN = 14;
const PADDING = 'padding';
const COLOURS = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'red'] as const;
/** Files are cut in blocks of this, so that a cell begins where sections do. */
const BLOCK = 512;

/** Draws which bytes of a file belong to what, each cell the same number of bytes. */
export function sayMap(layer: Layer): void {
  const total = layer.bytes.length;
  const stretches = stretchesOf(layer, 0, []);
  const width = Math.min(MOST_COLUMNS, Math.max(16, columns() - MARGIN));
  const cell = Math.ceil(total / (width * ROWS) / BLOCK) * BLOCK || BLOCK;
  const marks = marksOf(stretches);
  say(
    `${paint('bold', visible(layer.name))}: ${visible(layer.title)}, ${size(total)}; one cell is ${size(cell)}`,
  );
  say();
  const cells = cellsOf(stretches, total, cell);
  for (let at = 0; at < cells.length; at += width) {
    const row = cells.slice(at, at + width).map((name) => cellText(name, marks));
    say(`  ${paint('dim', hex(at * cell, 8))}  ${row.join('')}`);
  }
  say();
  sayLegend(stretches, marks, total);
}

/** The parts in the order of the file, with what lies between them. */
function stretchesOf(layer: Layer, base: number, path: readonly string[]): Stretch[] {
  const parts = layer.inside.flatMap((inner) =>
    inner.offset === undefined ? [] : [{ inner, start: base + inner.offset }],
  );
  const name = path.join(' > ');
  const end = base + layer.bytes.length;
  if (parts.length === 0) return [{ name: name || layer.title, start: base, end }];
  const found: Stretch[] = [];
  let at = base;
  const between = (to: number): void => {
    for (const { name: own, start, end: over } of namedBetween(layer, at - base, to - base)) {
      found.push({
        name: own === PADDING ? own : [...path, own].join(' > '),
        start: base + start,
        end: base + over,
      });
    }
  };
  for (const { inner, start } of parts.toSorted((a, b) => a.start - b.start)) {
    between(start);
    if (start < at) continue;
    found.push(...stretchesOf(inner, start, [...path, inner.name]));
    at = start + inner.bytes.length;
  }
  between(end);
  return found;
}

/** Bytes between parts: padding, the header, and what the format itself names, such as vendor_boot's table. */
function namedBetween(layer: Pick<Layer, 'facts' | 'bytes'>, from: number, to: number): Stretch[] {
  const { facts, bytes } = layer;
  if (to <= from) return [];
  if (bytes.subarray(from, to).every((byte) => byte === 0)) return [{ name: PADDING, start: from, end: to }];
  if (from === 0) return [{ name: 'header', start: from, end: to }];
  for (const { name, offset: start = -1, size: length = 0 } of facts) {
    const end = start + length;
    if (start < from || length === 0 || end > to) continue;
    return [...namedBetween(layer, from, start), { name, start, end }, ...namedBetween(layer, end, to)];
  }
  return [{ name: 'other', start: from, end: to }];
}

interface Mark {
  readonly letter: string;
  readonly colour: (typeof COLOURS)[number] | 'dim';
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** A letter for each part: its number, or the first of its own letters that is free. */
function marksOf(stretches: readonly Stretch[]): ReadonlyMap<string, Mark> {
  const marks = new Map<string, Mark>([[PADDING, { letter: '·', colour: 'dim' }]]);
  const taken = new Set<string>();
  for (const { name } of stretches) {
    if (marks.has(name)) continue;
    const [number = '', own = ''] = [/\d+$/.exec(name)?.[0], name.split(' > ').at(-1)];
    const wanted = [...(number.length === 1 ? number : ''), ...own, ...LETTERS];
    const letter = wanted.find((char) => LETTERS.includes(char) && !taken.has(char)) ?? '?';
    taken.add(letter);
    marks.set(name, { letter, colour: COLOURS[(marks.size - 1) % COLOURS.length] ?? 'cyan' });
  }
  return marks;
}

/** The part of each cell that has most of it; a part that has most of none takes the cell where it begins. */
function cellsOf(stretches: readonly Stretch[], total: number, cell: number): string[] {
  const cells = Array.from({ length: Math.ceil(total / cell) }, () => ({ name: PADDING, most: 0 }));
  for (const { name, start, end } of stretches) {
    for (let i = Math.floor(start / cell); i * cell < end; i++) {
      const share = Math.min(end, (i + 1) * cell) - Math.max(start, i * cell);
      if (share > (cells[i]?.most ?? 0)) cells[i] = { name, most: share };
    }
  }
  const names = cells.map(({ name }) => name);
  for (const { name, start } of stretches) {
    if (!names.includes(name) && name !== PADDING) names[Math.floor(start / cell)] = name;
  }
  return names;
}

function cellText(name: string, marks: ReadonlyMap<string, Mark>): string {
  const { letter = '?', colour = 'dim' } = marks.get(name) ?? {};
  return colour === 'dim' ? paint('dim', letter) : paint([colour, 'inverse'], letter);
}

function sayLegend(stretches: readonly Stretch[], marks: ReadonlyMap<string, Mark>, total: number): void {
  const parts = stretches.filter(({ name }) => name !== PADDING);
  const padding = stretches.filter(({ name }) => name === PADDING);
  const unused = padding.reduce((sum, { start, end }) => sum + end - start, 0);
  const rows = parts.map(({ name, start, end }) => [
    `  ${marks.get(name)?.letter ?? '?'}`,
    visible(name),
    `${hex(start, 8)}..${hex(end, 8)}`,
    size(end - start),
    percent(end - start, total),
  ]);
  if (unused > 0) rows.push(['  ·', PADDING, '', size(unused), percent(unused, total)]);
  const names = [...parts.map(({ name }) => name), PADDING];
  for (const [i, line] of table(rows, [3, 4]).entries()) {
    say(`  ${cellText(names[i] ?? PADDING, marks)}${line.slice(3)}`);
  }
}

function percent(bytes: number, total: number): string {
  return `${((bytes / total) * 100).toFixed(1)} %`;
}
