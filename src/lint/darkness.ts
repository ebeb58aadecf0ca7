import type { Blocked, NodeCoverage } from './node-coverage.ts';

type Surveyed = Omit<NodeCoverage, 'dark'>;

/**
 * Spreads darkness from nodes without a driver to what they make and supply, until nothing changes.
 * Nodes that wait for each other in a circle, with no driverless node in it, stay lit: fw_devlink
 * relaxes cycles.
 */
export function findDark(nodes: readonly Surveyed[]): Map<string, Blocked> {
  const causes = new Map<string, Omit<Blocked, 'roots'>>();
  for (const { path, service } of nodes) {
    if (service.by === 'nobody') causes.set(path, { cause: 'driver', on: [] });
  }
  for (let before = -1; before !== causes.size; ) {
    before = causes.size;
    for (const node of nodes) {
      const cause = causes.has(node.path) ? undefined : causeOf(node, causes);
      if (cause !== undefined) causes.set(node.path, cause);
    }
  }
  // The pass that found a node may have seen only some of its dark suppliers.
  for (const node of nodes) {
    const known = causes.get(node.path);
    const whole = known === undefined || known.cause === 'driver' ? undefined : causeOf(node, causes);
    if (whole !== undefined) causes.set(node.path, whole);
  }
  return new Map([...causes].map(([path, cause]) => [path, { ...cause, roots: rootsOf(path, causes) }]));
}

function causeOf(node: Surveyed, dark: ReadonlyMap<string, unknown>): Omit<Blocked, 'roots'> | undefined {
  if (node.service.by === 'unneeded') return undefined;
  if (node.madeBy !== undefined && dark.has(node.madeBy)) return { cause: 'parent', on: [node.madeBy] };
  const on = node.needs.filter(({ hard, supplier }) => hard && dark.has(supplier));
  if (on.length === 0) return undefined;
  return { cause: 'supplier', on: [...new Set(on.map(({ supplier }) => supplier))] };
}

function rootsOf(path: string, causes: ReadonlyMap<string, Omit<Blocked, 'roots'>>): string[] {
  const seen = new Set([path]);
  const roots: string[] = [];
  const queue = [path];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    const cause = causes.get(at);
    if (cause?.cause === 'driver') roots.push(at);
    for (const next of cause?.on ?? []) {
      if (!seen.has(next)) queue.push(next);
      seen.add(next);
    }
  }
  return roots.toSorted();
}
