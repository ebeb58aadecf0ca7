import type { FdtNode } from './fdt.ts';
import { cellsOf, hasProperty } from './property.ts';
import type { Placed } from './tree.ts';
import { cellSizes } from './tree.ts';
import type { TreeIndex } from './tree-index.ts';

/** Cells of a phandle with its arguments: `count` cells follow at `next`. */
interface Reference {
  readonly placed: Placed;
  readonly next: number;
}

/** Where a walk up the interrupt parents may not go on for ever. */
const MAX_HOPS = 64;

/**
 * The interrupt controllers that a node's `interrupts` or `interrupts-extended` reach, as
 * of_irq_parse_one() in drivers/of/irq.c finds them: the parent is inherited from above, and a nexus
 * with an `interrupt-map` stands for the controllers behind it.
 */
export function interruptControllers(index: TreeIndex, consumer: Placed): Placed[] {
  const extended = cellsOf(consumer.node, 'interrupts-extended');
  if (extended !== undefined) return extendedControllers(index, extended);
  if (!hasProperty(consumer.node, 'interrupts')) return [];
  const parent = interruptParent(index, consumer);
  return parent === undefined ? [] : behindNexus(index, parent);
}

function extendedControllers(index: TreeIndex, cells: readonly number[]): Placed[] {
  const found: Placed[] = [];
  for (let at = 0; at < cells.length; ) {
    const reference = referenceAt(index, cells, at);
    if (reference === undefined) break;
    found.push(...behindNexus(index, reference.placed));
    at = reference.next + (cellsOf(reference.placed.node, '#interrupt-cells')?.[0] ?? 0);
  }
  return found;
}

/** of_irq_find_parent(): climbs until a node has `#interrupt-cells`. */
function interruptParent(index: TreeIndex, consumer: Placed): Placed | undefined {
  let at: Placed | undefined = consumer;
  for (let hop = 0; hop < MAX_HOPS && at !== undefined; hop++) {
    const phandle: number | undefined = cellsOf(at.node, 'interrupt-parent')?.[0];
    at = phandle === undefined ? at.parent : index.byPhandle(phandle);
    if (at !== undefined && hasProperty(at.node, '#interrupt-cells')) return at;
  }
  return undefined;
}

/** A controller is itself; a nexus is the controllers that its map leads to. */
function behindNexus(index: TreeIndex, placed: Placed): Placed[] {
  const isNexus =
    hasProperty(placed.node, 'interrupt-map') && !hasProperty(placed.node, 'interrupt-controller');
  return isNexus ? mapTargets(index, placed.node) : [placed];
}

/** The controllers named in an `interrupt-map` (parse_interrupt_map() in drivers/of/property.c). */
export function mapTargets(index: TreeIndex, node: FdtNode): Placed[] {
  const map = cellsOf(node, 'interrupt-map');
  const own = cellsOf(node, '#interrupt-cells')?.[0];
  if (map === undefined || own === undefined) return [];
  const targets = new Set<Placed>();
  const skip = cellSizes(node).address + own;
  for (let at = skip; at < map.length; at += skip) {
    const reference = referenceAt(index, map, at);
    if (reference === undefined) break;
    targets.add(reference.placed);
    const parent = reference.placed.node;
    const address = cellsOf(parent, '#address-cells')?.[0] ?? 0;
    at = reference.next + address + (cellsOf(parent, '#interrupt-cells')?.[0] ?? 0);
  }
  return [...targets];
}

function referenceAt(index: TreeIndex, cells: readonly number[], at: number): Reference | undefined {
  const placed = index.byPhandle(cells[at] ?? 0);
  return placed === undefined ? undefined : { placed, next: at + 1 };
}
