import { streamError } from './fault.ts';
import type { Output } from './output.ts';

/** Shortest match (lz4_Block_format.md). */
const MIN_MATCH = 4;
/** A length of 15 in the token goes on in bytes of 255. */
const LONG = 15;
const MORE = 255;

/** One block in the input. */
export interface Lz4Block {
  readonly codec: 'lz4' | 'lz4-legacy';
  readonly from: number;
  readonly to: number;
  /** Where the data begins that matches may reach back to, in the output. */
  readonly window: number;
}

/**
 * Expands one block of lz4 into `out`.
 * @throws FormatError `compress.lz4`, `compress.lz4-legacy` for damage, `compress.limit` beyond the cap
 */
export function expandLz4Block(input: Uint8Array, block: Lz4Block, out: Output): void {
  const { codec, to, window } = block;
  const fail = (field: string, offset: number, got: string | number, wanted: string) =>
    streamError(codec, { field, offset, got, wanted });
  let at = block.from;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble !== LONG) return length;
    for (let more = MORE; more === MORE; ) {
      if (at >= to) throw fail('length', at, 'end of block', 'a length byte');
      more = input[at++] ?? 0;
      length += more;
    }
    return length;
  };
  while (at < to) {
    const token = input[at++] ?? 0;
    const literals = lengthFrom(token >> 4);
    if (literals > to - at) throw fail('literals', at, literals, `at most ${to - at} bytes`);
    out.copy(input, at, literals);
    at += literals;
    // The last sequence of a block has literals alone.
    if (at === to) return;
    if (at + 2 > to) throw fail('offset', at, 'end of block', 'two bytes');
    const distance = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8);
    if (distance === 0 || distance > out.length - window) {
      throw fail('offset', at, distance, `1 to ${out.length - window}`);
    }
    at += 2;
    out.repeat(distance, lengthFrom(token & LONG) + MIN_MATCH);
  }
  throw fail('token', at, 'end of block', 'a last sequence of literals');
}
