import { type Binding, bindingOf, ownName, pinState, type Strength, type SupplierKind } from './bindings.ts';
import type { Fdt, FdtNode } from './fdt.ts';
import { interruptControllers, mapTargets } from './interrupts.ts';
import { cellsOf, hasProperty, stringsOf } from './property.ts';
import type { Placed } from './tree.ts';
import { indexTree, type TreeIndex } from './tree-index.ts';

export type { Strength, SupplierKind };

/** One reference of a consumer to what it needs. */
export interface Supplier {
  readonly kind: SupplierKind;
  /** Property that names it: `clocks`. */
  readonly property: string;
  /** Path of the node that the reference points at. */
  readonly node: string;
  /** Path of the nearest node upwards with a `compatible`, which a driver binds; undefined when there is none. */
  readonly device: string | undefined;
  readonly strength: Strength;
  /** What the consumer calls it: `core`, `vdd`, `default`. */
  readonly name?: string;
}

/**
 * Every reference of `node` to a supplier, in the order of its properties, as the kernel's
 * fw_devlink reads them (drivers/of/property.c of_supplier_bindings). The argument counts come from
 * the suppliers' own `#...-cells`. A list ends at the first reference that cannot be followed.
 * @param index pass one when asking for many nodes of the same tree.
 */
export function suppliersOf(fdt: Fdt, node: FdtNode, index: TreeIndex = indexTree(fdt)): Supplier[] {
  const consumer = index.place(node);
  if (consumer === undefined) return [];
  return [...node.properties.keys()].flatMap((property) => ofProperty(index, consumer, property));
}

function ofProperty(index: TreeIndex, consumer: Placed, property: string): Supplier[] {
  if (property === 'interrupts-extended' || property === 'interrupts') {
    // With both, of_irq_parse_one() looks at interrupts-extended alone.
    if (property === 'interrupts' && hasProperty(consumer.node, 'interrupts-extended')) return [];
    return interruptControllers(index, consumer).map((placed) => interrupt(property, placed));
  }
  if (property === 'interrupt-map') {
    return mapTargets(index, consumer.node).map((placed) => interrupt(property, placed));
  }
  if (property === 'iommu-map') return iommuMap(index, consumer.node);
  const binding = bindingOf(property);
  if (binding === undefined) return [];
  // A hog's pins belong to the controller above it.
  if (binding.kind === 'gpio' && hasProperty(consumer.node, 'gpio-hog')) return [];
  return listed(index, consumer.node, property, binding);
}

function interrupt(property: string, placed: Placed): Supplier {
  return { kind: 'interrupt', property, node: placed.path, device: deviceOf(placed), strength: 'hard' };
}

function iommuMap(index: TreeIndex, node: FdtNode): Supplier[] {
  const cells = cellsOf(node, 'iommu-map') ?? [];
  const [entry, phandleAt] = [4, 1];
  return cells
    .filter((_, i) => i % entry === phandleAt)
    .map((phandle) => index.byPhandle(phandle))
    .filter((placed) => placed !== undefined)
    .map((placed) => ({
      kind: 'iommu',
      property: 'iommu-map',
      node: placed.path,
      device: deviceOf(placed),
      strength: 'soft',
    }));
}

function listed(index: TreeIndex, node: FdtNode, property: string, binding: Binding): Supplier[] {
  const cells = cellsOf(node, property) ?? [];
  const found: Supplier[] = [];
  let entry = 0;
  for (let at = 0; at < cells.length; entry++) {
    const phandle = cells[at++] ?? 0;
    // An empty place of the list.
    if (phandle === 0) continue;
    const placed = index.byPhandle(phandle);
    if (placed === undefined) break;
    const count = binding.cells === undefined ? 0 : cellsOf(placed.node, binding.cells)?.[0];
    if (count === undefined && binding.cellsRequired === true) break;
    at += count ?? 0;
    const name = nameOf(node, property, binding, entry);
    found.push({
      kind: binding.kind,
      property,
      node: placed.path,
      device: deviceOf(placed),
      strength: binding.strength,
      ...(name === undefined ? {} : { name }),
    });
  }
  return found;
}

function nameOf(node: FdtNode, property: string, binding: Binding, entry: number): string | undefined {
  if (binding.names !== undefined) return stringsOf(node, binding.names)[entry];
  const state = pinState(property);
  return state === undefined ? ownName(property) : stringsOf(node, 'pinctrl-names')[state];
}

/** The node that a driver binds for a supplier: itself or the nearest one above with a `compatible`. */
function deviceOf(placed: Placed): string | undefined {
  for (let at: Placed | undefined = placed; at !== undefined; at = at.parent) {
    if (at.parent !== undefined && hasProperty(at.node, 'compatible')) return at.path;
  }
  return undefined;
}
