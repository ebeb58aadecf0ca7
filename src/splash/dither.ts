import { type Channel, widen } from './formats.ts';

/** Side of the threshold matrix; its cells are 0 to 63. */
export const CELL = 8;

/** Bayer's matrix, from the bits of x and y: each cell's rank among its 64. */
function rank(x: number, y: number): number {
  let value = 0;
  for (let bit = 0; bit < 3; bit++) {
    const [bx, by] = [(x >> bit) & 1, (y >> bit) & 1];
    value |= ((bx ^ by) << (5 - 2 * bit)) | (by << (4 - 2 * bit));
  }
  return value;
}

/**
 * For each cell of the matrix (row by row) and each of 256 levels the channel's value, shifted to its
 * place. A level that the channel has stays itself in every cell; one between two levels becomes the
 * upper one in as many cells as it is near to it, so that an area keeps its mean.
 */
export function ditherTable(channel: Channel): Uint16Array {
  const key = channel.shift * 16 + channel.bits;
  const table = known.get(key) ?? newTable(channel);
  known.set(key, table);
  return table;
}

/** By shift and bits; there are four of them. */
const known = new Map<number, Uint16Array>();

function newTable({ shift, bits }: Channel): Uint16Array {
  const table = new Uint16Array(CELL * CELL * 256);
  for (let cell = 0; cell < CELL * CELL; cell++) {
    const threshold = (rank(cell % CELL, Math.floor(cell / CELL)) + 0.5) / (CELL * CELL);
    for (let level = 0; level < 256; level++) {
      table[cell * 256 + level] = chosen(level, bits, threshold) << shift;
    }
  }
  return table;
}

function chosen(level: number, bits: number, threshold: number): number {
  const most = (1 << bits) - 1;
  let lower = Math.min(most, level >> (8 - bits));
  if (widen(lower, bits) > level) lower--;
  if (lower === most) return most;
  const [below, above] = [widen(lower, bits), widen(lower + 1, bits)];
  return (level - below) / (above - below) > threshold ? lower + 1 : lower;
}
