import type { Fdt, FdtNode } from './fdt.ts';
import { cellsOf } from './property.ts';
import { type Placed, walk } from './tree.ts';

/** Look-ups over a tree that is not edited meanwhile. */
export interface TreeIndex {
  readonly fdt: Fdt;
  /** All nodes, parents first. */
  readonly nodes: readonly Placed[];
  place(node: FdtNode): Placed | undefined;
  byPath(path: string): Placed | undefined;
  byPhandle(phandle: number): Placed | undefined;
}

/** Builds the look-ups of a tree: phandles (`phandle` or the older `linux,phandle`), paths, parents. */
export function indexTree(fdt: Fdt): TreeIndex {
  const nodes = [...walk(fdt)];
  const places = new Map(nodes.map((placed) => [placed.node, placed]));
  const paths = new Map(nodes.map((placed) => [placed.path, placed]));
  const phandles = new Map<number, Placed>();
  for (const placed of nodes) {
    const phandle = (cellsOf(placed.node, 'phandle') ?? cellsOf(placed.node, 'linux,phandle'))?.[0];
    if (phandle !== undefined && !phandles.has(phandle)) phandles.set(phandle, placed);
  }
  return {
    fdt,
    nodes,
    place: (node) => places.get(node),
    byPath: (path) => paths.get(path),
    byPhandle: (phandle) => phandles.get(phandle),
  };
}
