import { streamError } from './fault.ts';

/** Damage inside a block; `offset` counts from the start of the file. */
export function zstdFault(field: string, offset: number, got: string | number, wanted: string) {
  return streamError('zstd', { field, offset, got, wanted });
}

/** Bits of a stream that is read from its end (RFC 8878 4.1): the highest set bit of the last byte is a mark. */
export class BackwardBits {
  readonly #input: Uint8Array;
  readonly #from: number;
  /** Bits that are left; below zero the reader made up zeros. */
  left: number;

  constructor(input: Uint8Array, from: number, to: number) {
    const last = to > from ? (input[to - 1] ?? 0) : 0;
    if (last === 0) throw zstdFault('bitstream', to, 0, 'a last byte with a mark');
    this.#input = input;
    this.#from = from;
    this.left = (to - from) * 8 - 1 - Math.clz32(last << 24);
  }

  /** The next `count` bits (at most 24) without taking them; zeros behind the end. */
  peek(count: number): number {
    const bottom = this.left - count;
    if (bottom < 0) return this.left <= 0 ? 0 : this.#at(0, this.left) << -bottom;
    return this.#at(bottom, count);
  }

  /** Takes up to 31 bits. */
  take(count: number): number {
    if (count > 16) {
      const high = this.take(count - 16);
      return high * 0x10000 + this.take(16);
    }
    const value = this.peek(count);
    this.left -= count;
    return value;
  }

  #at(bit: number, count: number): number {
    const input = this.#input;
    const at = this.#from + (bit >>> 3);
    const word =
      (input[at] ?? 0) |
      ((input[at + 1] ?? 0) << 8) |
      ((input[at + 2] ?? 0) << 16) |
      ((input[at + 3] ?? 0) << 24);
    return (word >>> (bit & 7)) & ((1 << count) - 1);
  }
}

/** A table of finite state entropy: what a state means and how the next one is made. */
export interface FseTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** RFC 8878 4.1.1, from the normalised counts; -1 is "less than one". */
export function fseTable(counts: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(counts.length);
  let high = size;
  for (const [symbol, count] of counts.entries()) {
    if (count === -1) symbols[--high] = symbol;
    next[symbol] = Math.abs(count);
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let place = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let i = 0; i < count; i++) {
      symbols[place] = symbol;
      do place = (place + step) & (size - 1);
      while (place >= high);
    }
  }
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] ?? 0;
    const number = next[symbol] ?? 0;
    next[symbol] = number + 1;
    const wide = log - (31 - Math.clz32(number));
    bits[state] = wide;
    bases[state] = (number << wide) - size;
  }
  return { log, symbols, bits, bases };
}

/** A table that says the same symbol for ever. */
export function rleTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) };
}

/** Where a description lies and what it may hold. */
export interface TableSpan {
  readonly from: number;
  readonly to: number;
  readonly maxLog: number;
  readonly maxSymbol: number;
}

/** Reads a table's description (RFC 8878 4.1.1). @returns the table and where it ends. */
export function readFseTable(input: Uint8Array, span: TableSpan): { table: FseTable; end: number } {
  const { from, to, maxLog, maxSymbol } = span;
  let bit = 0;
  const bits = (count: number): number => {
    const at = from + (bit >>> 3);
    const word = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8) | ((input[at + 2] ?? 0) << 16);
    const value = (word >>> (bit & 7)) & ((1 << count) - 1);
    bit += count;
    if (from + (bit + 7) / 8 >= to + 1) throw zstdFault('table', to, 'end of section', 'more of the table');
    return value;
  };
  const log = bits(4) + 5;
  if (log > maxLog) throw zstdFault('table.log', from, log, `at most ${maxLog}`);
  const counts: number[] = [];
  let rest = 1 << log;
  while (rest > 0) {
    if (counts.length > maxSymbol)
      throw zstdFault('table', from, counts.length, `at most ${maxSymbol + 1} symbols`);
    const count = readCount(bits, rest, () => bit--);
    counts.push(count);
    rest -= Math.abs(count);
    for (let more = count === 0 ? 3 : 0; more === 3; ) {
      more = bits(2);
      for (let i = 0; i < more; i++) counts.push(0);
    }
  }
  if (rest < 0 || counts.length > maxSymbol + 1) {
    throw zstdFault('table', from, counts.length, `counts of at most ${maxSymbol + 1} symbols that add up`);
  }
  return { table: fseTable(counts, log), end: from + ((bit + 7) >>> 3) };
}

/** One normalised count: small values take a bit less (RFC 8878 4.1.1). */
function readCount(bits: (count: number) => number, rest: number, back: () => void): number {
  const width = 32 - Math.clz32(rest + 1);
  const spare = (1 << width) - 1 - (rest + 1);
  const value = bits(width);
  const low = value & ((1 << (width - 1)) - 1);
  if (low < spare) {
    back();
    return low - 1;
  }
  return (value >= 1 << (width - 1) ? value - spare : value) - 1;
}

/** A Huffman table for literals: symbol and code length for each value of `log` bits. */
export interface HuffmanTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

const MAX_WEIGHT = 11;
const WEIGHT_LOG = 6;

/** Reads a tree's description (RFC 8878 4.2.1). @returns the table and where it ends. */
export function readHuffman(
  input: Uint8Array,
  from: number,
  to: number,
): { table: HuffmanTable; end: number } {
  const head = input[from] ?? 0;
  const at = from + 1;
  const direct = head >= 128;
  const end = at + (direct ? (head - 126) >> 1 : head);
  if (from >= to || end > to) throw zstdFault('tree', from, 'end of section', 'a whole tree');
  const weights = direct ? directWeights(input, at, head - 127) : packedWeights(input, at, end);
  return { table: huffmanTable(weights, from), end };
}

function directWeights(input: Uint8Array, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const pair = input[at + (i >> 1)] ?? 0;
    return i % 2 === 0 ? pair >> 4 : pair & 15;
  });
}

/** Weights by two interleaved states (RFC 8878 4.2.1.2). */
function packedWeights(input: Uint8Array, from: number, to: number): number[] {
  const span = { from, to, maxLog: WEIGHT_LOG, maxSymbol: 255 };
  const { table, end } = readFseTable(input, span);
  const stream = new BackwardBits(input, end, to);
  const states: [number, number] = [stream.take(table.log), stream.take(table.log)];
  const weights: number[] = [];
  if (stream.left < 0) throw zstdFault('tree', from, 'end of stream', 'two states');
  for (let turn: 0 | 1 = 0; ; turn = turn === 0 ? 1 : 0) {
    const state = states[turn];
    weights.push(table.symbols[state] ?? 0);
    if (weights.length > 254) throw zstdFault('tree', from, weights.length, 'at most 255 weights');
    states[turn] = (table.bases[state] ?? 0) + stream.take(table.bits[state] ?? 0);
    if (stream.left < 0) {
      weights.push(table.symbols[states[turn === 0 ? 1 : 0]] ?? 0);
      return weights;
    }
  }
}

/** The last weight is what is missing to a power of two (RFC 8878 4.2.1). */
function huffmanTable(weights: readonly number[], offset: number): HuffmanTable {
  const sum = weights.reduce((total, weight) => total + (weight > 0 ? 2 ** (weight - 1) : 0), 0);
  const log = 32 - Math.clz32(sum);
  const rest = 2 ** log - sum;
  if (sum === 0 || log > MAX_WEIGHT || (rest & (rest - 1)) !== 0 || weights.some((weight) => weight > log)) {
    throw zstdFault('tree', offset, sum, 'weights that make a tree of at most 11 levels');
  }
  const all = [...weights, 32 - Math.clz32(rest)];
  const symbols = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let place = 0;
  for (let weight = 1; weight <= log; weight++) {
    for (const [symbol, own] of all.entries()) {
      if (own !== weight) continue;
      const to = place + (1 << (weight - 1));
      symbols.fill(symbol, place, to);
      bits.fill(log + 1 - weight, place, to);
      place = to;
    }
  }
  return { log, symbols, bits };
}
