import type { Blocked, Need, NodeCoverage } from './node-coverage.ts';

type Surveyed = Omit<NodeCoverage, 'dark'>;
type Cause = Pick<Blocked, 'cause' | 'on'>;

/**
 * Spreads darkness from nodes without a driver to what they make and supply, until nothing changes.
 * Nodes that wait for each other in a circle, with no driverless node in it, stay lit: fw_devlink
 * relaxes cycles.
 */
export function findDark(nodes: readonly Surveyed[]): Map<string, Blocked> {
  const causes = spread(nodes, ({ hard }) => hard);
  const driverless = new Set(nodes.filter(({ service }) => service.by === 'nobody').map(({ path }) => path));
  const sure = spread(nodes, (need) => need.hard && !(need.relaxable && driverless.has(need.supplier)));
  return new Map(
    [...causes].map(([path, cause]) => [
      path,
      { ...cause, roots: rootsOf(path, causes), sure: sure.has(path) },
    ]),
  );
}

/** The closure over one choice of needs; every node's direct causes are complete. */
function spread(nodes: readonly Surveyed[], counts: (need: Need) => boolean): Map<string, Cause> {
  const causes = new Map<string, Cause>();
  for (const { path, service } of nodes) {
    if (service.by === 'nobody') causes.set(path, { cause: 'driver', on: [] });
  }
  for (let before = -1; before !== causes.size; ) {
    before = causes.size;
    for (const node of nodes) {
      if (causes.get(node.path)?.cause === 'driver') continue;
      // Nodes found earlier are asked again: more of their suppliers may have gone dark since.
      const cause = causeOf(node, causes, counts);
      if (cause !== undefined) causes.set(node.path, cause);
    }
  }
  return causes;
}

function causeOf(
  node: Surveyed,
  dark: ReadonlyMap<string, unknown>,
  counts: (need: Need) => boolean,
): Cause | undefined {
  if (node.service.by === 'unneeded') return undefined;
  if (node.madeBy !== undefined && dark.has(node.madeBy)) return { cause: 'parent', on: [node.madeBy] };
  const on = node.needs.filter((need) => counts(need) && dark.has(need.supplier));
  if (on.length === 0) return undefined;
  return { cause: 'supplier', on: [...new Set(on.map(({ supplier }) => supplier))] };
}

function rootsOf(path: string, causes: ReadonlyMap<string, Cause>): string[] {
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
