import { concat, latin1 } from '../binary/index.ts';
import { FDT, type FdtNode } from './fdt.ts';

/** The string block of a blob and where each property name stands in it. */
export interface StringTable {
  readonly bytes: Uint8Array;
  offsetOf(name: string): number;
}

/**
 * Collects the property names of a tree in order of first use. A name that is the tail of an earlier
 * one shares its bytes, at the lowest place that fits: the arrangement of dtc
 * (flattree.c stringtable_insert), so that a tree from dtc comes out with the bytes it had.
 * @param seed a string block to start from; names found in it stay where they are.
 */
export function stringTable(root: FdtNode, seed: Uint8Array = new Uint8Array(0)): StringTable {
  const offsets = new Map<string, number>();
  const tails = new Map<string, number>();
  const parts: Uint8Array[] = [seed];
  let size = seed.length;
  for (const [name, at] of seededNames(seed)) addTails(tails, name, at);
  visit(root, (name) => {
    if (offsets.has(name)) return;
    const shared = tails.get(name);
    offsets.set(name, shared ?? size);
    if (shared !== undefined) return;
    addTails(tails, name, size);
    const bytes = concat([latin1(name), new Uint8Array(1)]);
    parts.push(bytes);
    size += bytes.length;
  });
  return { bytes: concat(parts), offsetOf: (name) => offsets.get(name) ?? 0 };
}

function visit(root: FdtNode, found: (name: string) => void): void {
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const name of node.properties.keys()) found(name);
    stack.push(...node.children.toReversed());
  }
}

/** Names beyond {@link FDT.maxName} never occur in a tree, so only that much of a seed's end can be shared. */
function addTails(tails: Map<string, number>, name: string, at: number): void {
  for (let i = Math.max(0, name.length - FDT.maxName); i <= name.length; i++) {
    const tail = name.slice(i);
    if (!tails.has(tail)) tails.set(tail, at + i);
  }
}

function* seededNames(seed: Uint8Array): Generator<[string, number]> {
  let start = 0;
  for (let end = seed.indexOf(0); end >= 0; end = seed.indexOf(0, start)) {
    yield [Buffer.from(seed.subarray(start, end)).toString('latin1'), start];
    start = end + 1;
  }
}
