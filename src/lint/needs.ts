import {
  hasProperty,
  isEnabled,
  isReachable,
  type Placed,
  type Supplier,
  suppliersOf,
  type TreeIndex,
} from '../devicetree/index.ts';
import type { Need } from './node-coverage.ts';

/**
 * What a device needs: its own references and those of its parts, the nodes below that are no
 * devices of their own (a key of gpio-keys, an smd-edge of a remote processor), which its driver
 * claims. fw_devlink links the parts only for sync_state, but the driver's own claim is deferred
 * just the same.
 * @param isDevice whether a path is a node that a driver is expected for.
 */
export function needsOf(index: TreeIndex, placed: Placed, isDevice: (path: string) => boolean): Need[] {
  const needs = new Map<string, Need>();
  for (const part of withParts(index, placed)) {
    for (const supplier of suppliersOf(index.fdt, part.node, index)) {
      const found = resolve(index, placed, supplier, isDevice);
      if (found === undefined) continue;
      const need = part === placed ? found : { ...found, relaxable: true };
      const key = `${need.supplier} ${need.kind}`;
      const known = needs.get(key);
      if (known === undefined || strength(need) > strength(known)) needs.set(key, need);
    }
  }
  return [...needs.values()];
}

function strength({ hard, relaxable }: Need): number {
  return (hard ? 2 : 0) + (relaxable ? 0 : 1);
}

function withParts(index: TreeIndex, placed: Placed): Placed[] {
  const parts = placed.node.children
    .filter((child) => !hasProperty(child, 'compatible') && isEnabled(child))
    .map((child) => index.place(child))
    .filter((child) => child !== undefined);
  return [placed, ...parts.flatMap((part) => withParts(index, part))];
}

/** The supplying device; undefined for a disabled one, one that needs no driver, the consumer itself or what it makes. */
function resolve(
  index: TreeIndex,
  consumer: Placed,
  supplier: Supplier,
  isDevice: (path: string) => boolean,
): Need | undefined {
  const target = index.byPath(supplier.node);
  if (target === undefined || !isReachable(target)) return undefined;
  let at: Placed | undefined = target;
  while (at !== undefined && !isDevice(at.path)) at = at.parent;
  if (at === undefined) return undefined;
  // A device that depends on its own child is a cycle, which fw_devlink relaxes.
  if (at.path === consumer.path || at.path.startsWith(`${consumer.path}/`)) return undefined;
  const { kind, property } = supplier;
  const relaxable = at === target && !isClaimedByCore(supplier);
  return { kind, property, supplier: at.path, hard: supplier.strength === 'hard', relaxable };
}

/** What the driver core claims before it calls any driver: dev_pm_domain_attach(), of_clk_set_defaults(). */
function isClaimedByCore({ kind, property }: Supplier): boolean {
  return kind === 'power-domain' || property.startsWith('assigned-clock');
}
