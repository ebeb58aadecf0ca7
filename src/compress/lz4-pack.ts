import { MIN_MATCH, type Sequence, sequencesOf } from './matches.ts';
import { Output } from './output.ts';

/** lz4_Block_format.md: what must stay literals at a block's end, and how far a match reaches. */
const RULES = { reach: 0xffff, lastLiterals: 5, margin: 12 };
const LONG = 15;
const MORE = 255;

/** Most bytes that a block of `size` bytes can become. */
export function lz4Bound(size: number): number {
  return size + Math.floor(size / MORE) + 16;
}

/** Packs bytes into one lz4 block. The bytes depend on the input alone. */
export function packLz4Block(input: Uint8Array): Uint8Array {
  const out = new Output('lz4', lz4Bound(input.length));
  for (const sequence of sequencesOf(input, RULES)) write(out, sequence);
  return out.finish();
}

function write(out: Output, { literals, match }: Sequence): void {
  const extra = match === undefined ? 0 : match.length - MIN_MATCH;
  out.fill((Math.min(literals.length, LONG) << 4) | Math.min(extra, LONG), 1);
  longLength(out, literals.length);
  out.copy(literals, 0, literals.length);
  if (match === undefined) return;
  out.fill(match.distance & 0xff, 1);
  out.fill(match.distance >> 8, 1);
  longLength(out, extra);
}

function longLength(out: Output, length: number): void {
  if (length < LONG) return;
  out.fill(MORE, Math.floor((length - LONG) / MORE));
  out.fill((length - LONG) % MORE, 1);
}
