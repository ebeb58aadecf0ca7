import type { BitWriter } from './bit-writer.ts';

/** Symbols that share a table (compress.c of bzip2 1.0.8). */
const GROUP = 50;
const ROUNDS = 4;
/** The format has 20; the tool writes no more than 17. */
const MAX_LENGTH = 17;
const LESSER_COST = 0;
const GREATER_COST = 15;

/** How many tables pay for themselves. */
function tableCount(symbols: number): number {
  if (symbols < 200) return 2;
  if (symbols < 600) return 3;
  if (symbols < 1200) return 4;
  return symbols < 2400 ? 5 : 6;
}

/**
 * Writes symbols by two to six Huffman tables, each group of fifty by the one that suits it best;
 * tables and choices are found in four rounds from a split by frequency.
 * @param kinds number of different symbols, the end mark included
 */
export function writeSymbols(out: BitWriter, symbols: Uint16Array, kinds: number): void {
  const tables = firstTables(symbols, kinds);
  const groups = Math.ceil(symbols.length / GROUP);
  const choices = new Uint8Array(groups);
  for (let round = 0; round < ROUNDS; round++) {
    const counts = tables.map(() => new Int32Array(kinds));
    for (let group = 0; group < groups; group++) {
      const part = symbols.subarray(group * GROUP, (group + 1) * GROUP);
      const best = cheapest(tables, part);
      choices[group] = best;
      const own = counts[best];
      if (own !== undefined) for (const symbol of part) own[symbol] = (own[symbol] ?? 0) + 1;
    }
    for (const [i, own] of counts.entries()) tables[i] = codeLengths(own);
  }
  out.write(tables.length, 3);
  out.write(groups, 15);
  writeChoices(out, choices, tables.length);
  for (const table of tables) writeLengths(out, table);
  const codes = tables.map(codesOf);
  for (let group = 0; group < groups; group++) {
    const choice = choices[group] ?? 0;
    const [lengths, own] = [tables[choice], codes[choice]];
    for (const symbol of symbols.subarray(group * GROUP, (group + 1) * GROUP)) {
      out.write(own?.[symbol] ?? 0, lengths?.[symbol] ?? 0);
    }
  }
}

/** Each table prefers a stretch of symbols that is about equally frequent. */
function firstTables(symbols: Uint16Array, kinds: number): Uint8Array[] {
  const counts = new Int32Array(kinds);
  for (const symbol of symbols) counts[symbol] = (counts[symbol] ?? 0) + 1;
  const count = tableCount(symbols.length);
  const tables: Uint8Array[] = [];
  let from = 0;
  let left = symbols.length;
  for (let i = 0; i < count; i++) {
    const share = left / (count - i);
    let to = from;
    let taken = 0;
    while (to < kinds && (taken < share || i === count - 1)) taken += counts[to++] ?? 0;
    tables.push(
      Uint8Array.from({ length: kinds }, (_, symbol) =>
        symbol >= from && symbol < to ? LESSER_COST : GREATER_COST,
      ),
    );
    left -= taken;
    from = to;
  }
  return tables;
}

function cheapest(tables: readonly Uint8Array[], part: Uint16Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [i, table] of tables.entries()) {
    let cost = 0;
    for (const symbol of part) cost += table[symbol] ?? 0;
    if (cost >= least) continue;
    least = cost;
    best = i;
  }
  return best;
}

/** Lengths of a Huffman code in which every symbol has one; counts are flattened until none is too long. */
function codeLengths(counts: Int32Array): Uint8Array {
  let weights = Array.from(counts, (count) => Math.max(1, count));
  for (;;) {
    const lengths = huffman(weights);
    if (lengths.every((length) => length <= MAX_LENGTH)) return lengths;
    weights = weights.map((weight) => 1 + (weight >> 1));
  }
}

/** Two queues, both in order of weight: leaves, and nodes as they are made. */
function huffman(weights: readonly number[]): Uint8Array {
  const leaves = weights.map((_, i) => i).sort((a, b) => (weights[a] ?? 0) - (weights[b] ?? 0) || a - b);
  const sums = [...weights];
  const parents: number[] = [];
  let leaf = 0;
  let node = weights.length;
  const lightest = (): number => {
    const own = leaves[leaf];
    const takeNode = own === undefined || (node < sums.length && (sums[node] ?? 0) < (sums[own] ?? 0));
    return takeNode ? node++ : (leaves[leaf++] ?? 0);
  };
  for (let i = 1; i < weights.length; i++) {
    const [a, b] = [lightest(), lightest()];
    parents[a] = sums.length;
    parents[b] = sums.length;
    sums.push((sums[a] ?? 0) + (sums[b] ?? 0));
  }
  const depths = new Uint8Array(sums.length);
  for (let i = sums.length - 2; i >= 0; i--) depths[i] = (depths[parents[i] ?? 0] ?? 0) + 1;
  return depths.slice(0, weights.length);
}

/** Canonical codes: by length, then by symbol. */
function codesOf(lengths: Uint8Array): Int32Array {
  const codes = new Int32Array(lengths.length);
  let next = 0;
  for (let length = 1; length <= MAX_LENGTH; length++) {
    for (const [symbol, own] of lengths.entries()) if (own === length) codes[symbol] = next++;
    next <<= 1;
  }
  return codes;
}

/** Choices by how long ago each table was taken, in as many ones and a zero. */
function writeChoices(out: BitWriter, choices: Uint8Array, count: number): void {
  const recent = Array.from({ length: count }, (_, i) => i);
  for (const choice of choices) {
    const place = recent.indexOf(choice);
    recent.splice(place, 1);
    recent.unshift(choice);
    out.write((1 << (place + 1)) - 2, place + 1);
  }
}

/** A length, and for each symbol steps up (10) or down (11) from the one before. */
function writeLengths(out: BitWriter, lengths: Uint8Array): void {
  let now = lengths[0] ?? 0;
  out.write(now, 5);
  for (const length of lengths) {
    for (; now < length; now++) out.write(2, 2);
    for (; now > length; now--) out.write(3, 2);
    out.write(0, 1);
  }
}
