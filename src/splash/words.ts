import type { Channel, Channels } from './formats.ts';

/** A rotation of the bits of a word that takes `mask` along. */
interface Rotation {
  readonly by: number;
  readonly mask: number;
}

/** RGBA as a little-endian word. */
const RGBA: Readonly<Record<keyof Channels, number>> = { red: 0, green: 8, blue: 16, alpha: 24 };

/** The same bytes as 32-bit words; copied when they do not start on a word. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

/**
 * The moves that take RGBA words to a 32-bit format, or back. Bytes that go equally far go together:
 * no order of four bytes that a framebuffer has takes more than two moves.
 */
export function rotations(channels: Channels, direction: 'pack' | 'unpack'): Rotation[] {
  const moves = new Map<number, number>();
  for (const [name, from] of Object.entries(RGBA)) {
    const to = (channels[name as keyof Channels] as Channel).shift;
    const [start, end] = direction === 'pack' ? [from, to] : [to, from];
    const by = (end - start + 32) % 32;
    moves.set(by, (moves.get(by) ?? 0) | (0xff << start));
  }
  return [...moves].map(([by, mask]) => ({ by, mask }));
}

/** Rows of words between two buffers. */
export interface Rows {
  readonly from: Int32Array;
  /** Words from a row to the next. */
  readonly fromStep: number;
  readonly to: Int32Array;
  readonly toStep: number;
  readonly width: number;
  readonly height: number;
}

/** Moves the bytes of every word of every row. */
export function rotateRows(rows: Rows, moves: readonly Rotation[]): void {
  const [first, second] = moves;
  if (first === undefined) return;
  if (second === undefined && first.by === 0) {
    copyRows(rows);
    return;
  }
  const { from, fromStep, to, toStep, width, height } = rows;
  const gapless = fromStep === width && toStep === width;
  const [length, count] = gapless ? [width * height, 1] : [width, height];
  for (let y = 0; y < count; y++) {
    const [source, target] = [from.subarray(y * fromStep), to.subarray(y * toStep)];
    if (second === undefined) rotateOne(source, target, length, first.by);
    else rotateTwo(source, target, length, [first, second]);
  }
}

function copyRows({ from, fromStep, to, toStep, width, height }: Rows): void {
  for (let y = 0; y < height; y++) to.set(from.subarray(y * fromStep, y * fromStep + width), y * toStep);
}

function rotateOne(from: Int32Array, to: Int32Array, length: number, by: number): void {
  const back = 32 - by;
  for (let x = 0; x < length; x++) {
    const word = from[x] as number;
    to[x] = (word << by) | (word >>> back);
  }
}

function rotateTwo(
  from: Int32Array,
  to: Int32Array,
  length: number,
  moves: readonly [Rotation, Rotation],
): void {
  const [{ by: left, mask }, { by: otherLeft, mask: otherMask }] = moves;
  const [right, otherRight] = [(32 - left) & 31, (32 - otherLeft) & 31];
  for (let x = 0; x < length; x++) {
    const word = from[x] as number;
    const [one, other] = [word & mask, word & otherMask];
    to[x] = (one << left) | (one >>> right) | (other << otherLeft) | (other >>> otherRight);
  }
}
