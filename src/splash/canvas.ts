import type { Pixels } from './frame.ts';
import type { Box } from './place.ts';
import { cover, type Edges } from './raster.ts';
import { wordsOf } from './words.ts';

/** Part of the upright panel as opaque RGBA, drawn on in the panel's own places. */
export class Canvas implements Pixels {
  readonly box: Box;
  readonly rgba: Uint8Array;
  readonly #words: Int32Array;

  /** `box` in whole pixels of the upright panel; `rgba` is drawn on where it lies. */
  constructor(box: Box, rgba: Uint8Array) {
    this.box = box;
    this.rgba = rgba;
    this.#words = wordsOf(rgba);
  }

  /** All in one colour. */
  static blank(box: Box, background: string): Canvas {
    const canvas = new Canvas(box, new Uint8Array(box.width * box.height * 4));
    canvas.#words.fill(wordOf(background));
    return canvas;
  }

  /** A whole picture to draw on. */
  static over({ width, height, rgba }: Pixels): Canvas {
    // Words are drawn: bytes that start elsewhere than on a word are copied.
    return new Canvas(
      { left: 0, top: 0, width, height },
      rgba.byteOffset % 4 === 0 ? rgba : new Uint8Array(rgba),
    );
  }

  /** Takes a part of another canvas over, as far as this one has it. */
  take(from: Canvas, { left, top, width, height }: Box): void {
    const [start, end] = [
      Math.max(left, this.box.left),
      Math.min(left + width, this.box.left + this.box.width),
    ];
    const bottom = Math.min(top + height, this.box.top + this.box.height);
    if (start >= end) return;
    for (let y = Math.max(top, this.box.top); y < bottom; y++) {
      const source = (y - from.box.top) * from.box.width - from.box.left;
      const target = (y - this.box.top) * this.box.width - this.box.left;
      this.#words.set(from.#words.subarray(source + start, source + end), target + start);
    }
  }

  get width(): number {
    return this.box.width;
  }

  get height(): number {
    return this.box.height;
  }

  /** Fills closed figures with a colour; their edges are smooth. */
  fill(edges: Edges, color: string): void {
    const cells = cover(edges);
    if (cells === undefined) return;
    const { left, top, width, height } = this.box;
    const words = this.#words;
    const ink = wordOf(color);
    const bottom = Math.min(cells.top + cells.height, top + height);
    for (let y = Math.max(cells.top, top); y < bottom; y++) {
      const row = (y - top) * width - left;
      const from = (y - cells.top) * cells.stride;
      let sum = 0;
      for (let i = 0; i < cells.width; i++) {
        sum += cells.changes[from + i] as number;
        const level = Math.floor(Math.min(1, Math.abs(sum)) * LEVELS + 0.5);
        const x = cells.left + i;
        if (level === 0 || x < left || x >= left + width) continue;
        words[row + x] = level === LEVELS ? ink : mixed(words[row + x] as number, ink, level);
      }
    }
  }
}

/** Steps from the outside of an edge to its inside. Finer ones are not seen on a phone, and text takes a third more room. */
const LEVELS = 3;

function mixed(ground: number, ink: number, level: number): number {
  let word = OPAQUE;
  for (let shift = 0; shift < 24; shift += 8) {
    const [from, to] = [(ground >>> shift) & 255, (ink >>> shift) & 255];
    word |= Math.round(from + ((to - from) * level) / LEVELS) << shift;
  }
  return word;
}

const OPAQUE = 0xff << 24;

/** `#rrggbb` as a little-endian word of RGBA. */
function wordOf(color: string): number {
  const value = Number.parseInt(color.slice(1), 16);
  return ((value & 0xff) << 16) | (value & 0xff00) | (value >>> 16) | OPAQUE;
}

/** The other way round. */
export function colorOf(word: number): string {
  const value = ((word & 0xff) << 16) | (word & 0xff00) | ((word >>> 16) & 0xff);
  return `#${value.toString(16).padStart(6, '0')}`;
}
