import type { Output } from './output.ts';
import {
  BackwardBits,
  type FseTable,
  fseTable,
  type HuffmanTable,
  readFseTable,
  rleTable,
  zstdFault,
} from './zstd-entropy.ts';
import { type BlockSpan, readLiterals } from './zstd-literals.ts';

/** Base and extra bits of one code (RFC 8878 3.1.1.3.2.1.1). */
interface Ladder {
  readonly bases: readonly number[];
  readonly bits: readonly number[];
}

function ladder(first: number, plain: number, extra: readonly number[]): Ladder {
  const bits = [...new Array<number>(plain).fill(0), ...extra];
  const bases: number[] = [];
  let base = first;
  for (const wide of bits) {
    bases.push(base);
    base += 2 ** wide;
  }
  return { bases, bits };
}

const LITERAL_LENGTHS = ladder(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCH_LENGTHS = ladder(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

/** The three tables of a block, with their defaults (RFC 8878 3.1.1.3.2.2). */
const TABLES = [
  {
    name: 'literal-lengths',
    maxLog: 9,
    maxSymbol: 35,
    log: 6,
    counts: [
      4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
      -1, -1,
    ],
  },
  {
    name: 'offsets',
    maxLog: 8,
    maxSymbol: 31,
    log: 5,
    counts: [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
  },
  {
    name: 'match-lengths',
    maxLog: 9,
    maxSymbol: 52,
    log: 6,
    counts: [
      1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
    ],
  },
] as const;
const DEFAULTS = TABLES.map(({ counts, log }) => fseTable(counts, log));

const MODE = { predefined: 0, rle: 1, packed: 2 } as const;

/** What one block leaves to the next of its frame. */
export interface FrameState {
  tree: HuffmanTable | undefined;
  /** Literal lengths, offsets, match lengths. */
  tables: readonly (FseTable | undefined)[];
  offsets: [number, number, number];
  /** Where the frame's data begins in the output; matches reach no further back. */
  readonly start: number;
}

/** The state before a frame's first block; the three offsets are those of RFC 8878, 3.1.1.5. */
export function frameState(start: number): FrameState {
  return { tree: undefined, tables: [undefined, undefined, undefined], offsets: [1, 4, 8], start };
}

/**
 * Expands one compressed block (RFC 8878 3.1.1.3).
 * @throws FormatError `compress.zstd`, `compress.limit`
 */
export function expandBlock(input: Uint8Array, span: BlockSpan, state: FrameState, out: Output): void {
  const literals = readLiterals(input, span, state.tree);
  state.tree = literals.tree;
  const { count, at } = sequenceCount(input, literals.end, span.to);
  const blockStart = out.length;
  let used = 0;
  if (count > 0) {
    const { tables, end } = readTables(input, { ...span, from: at }, state.tables);
    state.tables = tables;
    const stream = new BackwardBits(input, end, span.to);
    used = runSequences(
      { stream, tables, count, literals: literals.data, most: blockStart + span.most },
      state,
      out,
    );
    if (stream.left !== 0) throw zstdFault('sequences', end, `${stream.left} bits left`, 'none');
  } else if (at !== span.to) {
    throw zstdFault('sequences', at, span.to - at, 'nothing behind a block without sequences');
  }
  out.copy(literals.data, used, literals.data.length - used);
  if (out.length - blockStart > span.most) {
    throw zstdFault('block', span.from, out.length - blockStart, `at most ${span.most} bytes`);
  }
}

function sequenceCount(input: Uint8Array, at: number, to: number): { count: number; at: number } {
  const first = input[at] ?? 0;
  const bytes = first < 128 ? 1 : first < 255 ? 2 : 3;
  if (at + bytes > to) throw zstdFault('sequences', at, 'end of block', 'a count');
  const second = input[at + 1] ?? 0;
  if (bytes === 1) return { count: first, at: at + 1 };
  if (bytes === 2) return { count: ((first - 128) << 8) + second, at: at + 2 };
  return { count: second + ((input[at + 2] ?? 0) << 8) + 0x7f00, at: at + 3 };
}

function readTables(
  input: Uint8Array,
  span: BlockSpan,
  before: readonly (FseTable | undefined)[],
): { tables: FseTable[]; end: number } {
  const modes = input[span.from] ?? 0;
  if (span.from >= span.to) throw zstdFault('sequences', span.from, 'end of block', 'the modes');
  if ((modes & 3) !== 0) throw zstdFault('sequences.modes', span.from, modes, 'no reserved bits');
  let at = span.from + 1;
  const tables = TABLES.map((kind, i) => {
    const mode = (modes >> (6 - 2 * i)) & 3;
    if (mode === MODE.predefined) return DEFAULTS[i] ?? rleTable(0);
    if (mode === MODE.rle) {
      const symbol = input[at++] ?? 0;
      if (at > span.to || symbol > kind.maxSymbol) {
        throw zstdFault(kind.name, at - 1, symbol, `at most ${kind.maxSymbol}`);
      }
      return rleTable(symbol);
    }
    if (mode === MODE.packed) {
      const { table, end } = readFseTable(input, {
        from: at,
        to: span.to,
        maxLog: kind.maxLog,
        maxSymbol: kind.maxSymbol,
      });
      at = end;
      return table;
    }
    const repeated = before[i];
    if (repeated === undefined)
      throw zstdFault(kind.name, span.from, 'no table before', 'a table of its own');
    return repeated;
  });
  return { tables, end: at };
}

interface Run {
  readonly stream: BackwardBits;
  readonly tables: readonly FseTable[];
  readonly count: number;
  readonly literals: Uint8Array;
  /** Length of the output that the block may reach. */
  readonly most: number;
}

/** Executes the sequences (RFC 8878 3.1.1.3.2.1.2, 3.1.1.4). @returns how many literals they used. */
function runSequences(run: Run, state: FrameState, out: Output): number {
  const { stream, literals } = run;
  const [lengths, offsets, matches] = run.tables;
  if (lengths === undefined || offsets === undefined || matches === undefined) return 0;
  let [a, b, c] = [stream.take(lengths.log), stream.take(offsets.log), stream.take(matches.log)];
  let used = 0;
  for (let left = run.count; left > 0; left--) {
    const code = offsets.symbols[b] ?? 0;
    const value = 2 ** code + stream.take(code);
    const matchCode = matches.symbols[c] ?? 0;
    const match = (MATCH_LENGTHS.bases[matchCode] ?? 0) + stream.take(MATCH_LENGTHS.bits[matchCode] ?? 0);
    const lengthCode = lengths.symbols[a] ?? 0;
    const length =
      (LITERAL_LENGTHS.bases[lengthCode] ?? 0) + stream.take(LITERAL_LENGTHS.bits[lengthCode] ?? 0);
    if (left > 1) {
      a = (lengths.bases[a] ?? 0) + stream.take(lengths.bits[a] ?? 0);
      c = (matches.bases[c] ?? 0) + stream.take(matches.bits[c] ?? 0);
      b = (offsets.bases[b] ?? 0) + stream.take(offsets.bits[b] ?? 0);
    }
    if (stream.left < 0 || length > literals.length - used || out.length + length + match > run.most) {
      throw zstdFault('sequence', used, `${length} literals, a match of ${match}`, 'what the block has left');
    }
    out.copy(literals, used, length);
    used += length;
    const distance = distanceOf(value, length === 0, state.offsets);
    if (distance < 1 || distance > out.length - state.start) {
      throw zstdFault('sequence.offset', used, distance, `1 to ${out.length - state.start}`);
    }
    out.repeat(distance, match);
  }
  return used;
}

/** RFC 8878 3.1.1.5: values up to 3 name one of the last three distances. */
function distanceOf(value: number, noLiterals: boolean, last: [number, number, number]): number {
  const [first, second, third] = last;
  let distance = value - 3;
  const which = value <= 3 ? value - 1 + (noLiterals ? 1 : 0) : 3;
  if (which === 0) return first;
  if (which === 1) {
    last[0] = second;
    last[1] = first;
    return second;
  }
  if (value <= 3) distance = which === 2 ? third : first - 1;
  last[0] = distance;
  last[1] = first;
  last[2] = second;
  return distance;
}
