import { CELL, ditherTable } from './dither.ts';
import type { Channels } from './formats.ts';
import type { PixelShape } from './pixels.ts';
import { wordsOf } from './words.ts';

/** Pixels of three bytes: red first, or blue first. Four of them are three words, where rows start on words. */
export function packBytes(
  rgba: Uint8Array,
  { width, height, stride }: PixelShape,
  out: Uint8Array,
  { red }: Channels,
): void {
  const from = wordsOf(rgba);
  const swap = red.shift !== 0;
  const words = stride % 4 === 0 ? new Int32Array(out.buffer) : undefined;
  const fours = words === undefined ? 0 : width >> 2;
  for (let y = 0; y < height; y++) {
    const source = y * width;
    if (words !== undefined) fourByFour(from.subarray(source), words.subarray((y * stride) / 4), fours, swap);
    for (let x = fours * 4; x < width; x++) {
      const pixel = ordered(from[source + x] as number, swap);
      const target = y * stride + x * 3;
      out[target] = pixel & 0xff;
      out[target + 1] = (pixel >>> 8) & 0xff;
      out[target + 2] = pixel >>> 16;
    }
  }
}

function fourByFour(from: Int32Array, to: Int32Array, count: number, swap: boolean): void {
  for (let i = 0, x = 0, at = 0; i < count; i++, x += 4, at += 3) {
    const [one, two] = [ordered(from[x] as number, swap), ordered(from[x + 1] as number, swap)];
    const [three, four] = [ordered(from[x + 2] as number, swap), ordered(from[x + 3] as number, swap)];
    to[at] = one | (two << 24);
    to[at + 1] = (two >>> 8) | (three << 16);
    to[at + 2] = (three >>> 16) | (four << 8);
  }
}

/** The three lower bytes of a word of RGBA, turned round where blue comes first. */
function ordered(word: number, swap: boolean): number {
  if (!swap) return word & 0xffffff;
  return ((word & 0xff) << 16) | (word & 0xff00) | ((word >>> 16) & 0xff);
}

/** Pixels of two bytes; bytes and not 16-bit words are written where a stride is odd. */
export function packDithered(
  rgba: Uint8Array,
  { width, height, stride }: PixelShape,
  out: Uint8Array,
  { red, green, blue }: Channels,
): void {
  const table = joined([ditherTable(red), ditherTable(green), ditherTable(blue)]);
  const from = wordsOf(rgba);
  const row = new Uint16Array(width);
  const bytes = new Uint8Array(row.buffer);
  for (let y = 0; y < height; y++) {
    ditherRow(from.subarray(y * width, (y + 1) * width), row, table.subarray((y % CELL) * CELL * 768));
    out.set(bytes, y * stride);
  }
}

/** The three tables of each cell one behind the other: one array is looked into faster than three. */
function joined(tables: readonly Uint16Array[]): Uint16Array {
  const out = new Uint16Array(CELL * CELL * 768);
  for (const [channel, table] of tables.entries()) {
    for (let i = 0; i < table.length; i++)
      out[(i >> 8) * 768 + channel * 256 + (i & 255)] = table[i] as number;
  }
  return out;
}

function ditherRow(from: Int32Array, to: Uint16Array, table: Uint16Array): void {
  const end = to.length;
  for (let x = 0, cell = 0; x < end; x++) {
    const word = from[x] as number;
    to[x] =
      (table[cell + (word & 0xff)] as number) |
      (table[cell + 256 + ((word >>> 8) & 0xff)] as number) |
      (table[cell + 512 + ((word >>> 16) & 0xff)] as number);
    cell = cell === LAST_CELL ? 0 : cell + 768;
  }
}

const LAST_CELL = (CELL - 1) * 768;
