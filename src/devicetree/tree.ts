import type { Fdt, FdtNode } from './fdt.ts';
import { cellsOf, stringsOf, textOf } from './property.ts';

/** A node with its place. */
export interface Placed {
  readonly node: FdtNode;
  /** Absolute path with unit addresses: `/soc@0/mmc@7824900`; the root is `/`. */
  readonly path: string;
  readonly parent: Placed | undefined;
}

/** Every node, parents before children, in file order. */
export function* walk(fdt: Fdt): Generator<Placed> {
  const stack: Placed[] = [{ node: fdt.root, path: '/', parent: undefined }];
  for (let placed = stack.pop(); placed !== undefined; placed = stack.pop()) {
    yield placed;
    for (const child of placed.node.children.toReversed()) {
      stack.push({ node: child, path: joinPath(placed.path, child.name), parent: placed });
    }
  }
}

function joinPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/**
 * A node by path. A part without a unit address finds the first child of that name, as in libfdt
 * (fdt_subnode_offset): `/soc/mmc@7824900` finds `/soc@0/mmc@7824900`.
 */
export function findNode(fdt: Fdt, path: string): FdtNode | undefined {
  let node: FdtNode | undefined = fdt.root;
  for (const part of path.split('/').filter((text) => text !== '')) {
    node = node === undefined ? undefined : childNamed(node, part);
  }
  return node;
}

function childNamed(node: FdtNode, name: string): FdtNode | undefined {
  const exact = node.children.find((child) => child.name === name);
  if (exact !== undefined || name.includes('@')) return exact;
  return node.children.find((child) => baseName(child) === name);
}

/** The name without its unit address. */
export function baseName(node: FdtNode): string {
  return node.name.split('@', 1)[0] ?? '';
}

/** The path of a node of this tree. */
export function nodePath(fdt: Fdt, node: FdtNode): string | undefined {
  for (const placed of walk(fdt)) if (placed.node === node) return placed.path;
  return undefined;
}

/** The `compatible` strings, most specific first. */
export function compatibleOf(node: FdtNode): string[] {
  return stringsOf(node, 'compatible');
}

/** The node's own status: absent, `okay` or `ok` (drivers/of/base.c __of_device_is_status). */
export function isEnabled(node: FdtNode): boolean {
  const status = textOf(node, 'status');
  return status === undefined || status === 'okay' || status === 'ok';
}

/** Whether the node and all nodes above it are enabled: only then the kernel makes a device of it. */
export function isReachable(placed: Placed): boolean {
  for (let at: Placed | undefined = placed; at !== undefined; at = at.parent) {
    if (!isEnabled(at.node)) return false;
  }
  return true;
}

/**
 * `#address-cells` and `#size-cells` that the node sets for its children; 2 and 1 when it has none
 * (devicetree specification 0.4, 2.3.5).
 */
export function cellSizes(node: FdtNode): { address: number; size: number } {
  return {
    address: cellsOf(node, '#address-cells')?.[0] ?? 2,
    size: cellsOf(node, '#size-cells')?.[0] ?? 1,
  };
}

/** A path that may begin with an alias, and a console's options cut off: `serial0:115200n8`. */
export function resolvePath(fdt: Fdt, text: string): string | undefined {
  const path = text.split(':', 1)[0] ?? '';
  if (path.startsWith('/')) return path;
  const [alias = '', ...rest] = path.split('/');
  const aliases = findNode(fdt, '/aliases');
  const base = aliases === undefined ? undefined : textOf(aliases, alias);
  return base === undefined ? undefined : [base, ...rest].join('/');
}
