import { hex, sha256, viewOf } from '../binary/index.ts';
import { type FdtNode, readFdt, walk } from '../devicetree/index.ts';
import { compareMaps, type Difference } from './difference.ts';

/** Nodes that only one of two device trees has, and properties that differ in those that both have. */
export function diffTrees(where: string, a: Uint8Array, b: Uint8Array): Difference[] {
  const [before, after] = [nodesOf(a), nodesOf(b)];
  const found: Difference[] = [];
  for (const [path, node] of before) {
    const other = after.get(path);
    if (other === undefined) {
      if (!isBelow(path, before, after)) found.push({ where, kind: 'node', change: 'removed', name: path });
    } else found.push(...diffProperties(where, path, [node, other]));
  }
  for (const path of after.keys()) {
    const isNew = !before.has(path) && !isBelow(path, after, before);
    if (isNew) found.push({ where, kind: 'node', change: 'added', name: path });
  }
  return found;
}

function diffProperties(where: string, path: string, [a, b]: readonly [FdtNode, FdtNode]): Difference[] {
  const textsOf = ({ properties }: FdtNode): Map<string, string> =>
    new Map([...properties].map(([name, value]) => [name, valueText(value)]));
  const sides = { where, kind: 'property', before: textsOf(a), after: textsOf(b) } as const;
  return compareMaps(sides).map((each) => ({ ...each, name: `${path} ${each.name}` }));
}

type Nodes = ReadonlyMap<string, FdtNode>;

function nodesOf(blob: Uint8Array): Nodes {
  return new Map([...walk(readFdt(blob))].map(({ path, node }) => [path, node]));
}

/** A node that went or came with its parent is not told again. */
function isBelow(path: string, own: Nodes, other: Nodes): boolean {
  const parent = path.slice(0, path.lastIndexOf('/')) || '/';
  return parent !== path && own.has(parent) && !other.has(parent);
}

/** So many cells and bytes are told; of more the size and the digest are told as well. */
const MOST_CELLS = 16;
const MOST_BYTES = 24;

/** A value as a source would have it: strings, cells, bytes. */
export function valueText(value: Uint8Array): string {
  if (value.length === 0) return 'present';
  const text = Buffer.from(value).toString('latin1');
  // Printable strings, each with its NUL and none of them empty.
  if (/^(?:[\x20-\x7e]+\0)+$/.test(text)) {
    return text
      .slice(0, -1)
      .split('\0')
      .map((part) => JSON.stringify(part))
      .join(', ');
  }
  if (value.length % 4 === 0 && value.length / 4 <= MOST_CELLS) {
    const view = viewOf(value);
    const cells = Array.from({ length: value.length / 4 }, (_, i) => hex(view.getUint32(i * 4)));
    return `<${cells.join(' ')}>`;
  }
  const shown = Buffer.from(value.subarray(0, MOST_BYTES)).toString('hex');
  return value.length <= MOST_BYTES
    ? `[${shown}]`
    : `[${shown}... ${value.length} bytes, sha256 ${sha256(value).slice(0, 8)}]`;
}
