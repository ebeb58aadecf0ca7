import { compatibleOf, type Placed } from '../devicetree/index.ts';
import { type DriverLookup, modaliasesOf } from './driver-match.ts';
import { drives, isAnnounced, needsNoDriver } from './passive.ts';

/**
 * Who serves a node.
 * `module`, `builtin`: a driver whose aliases take it. `image`: no alias, but the kernel image knows
 * the compatible string: drivers without a device table for user space, and what the kernel sets up
 * before any driver (interrupt controllers, timers, fixed clocks, PSCI). `bus`: the device announces
 * itself and its bus chooses the driver. `parent`: the driver of a node above carries the compatible
 * string. `unneeded`: the node only describes. `nobody`: none of these.
 */
export type ServedBy = 'module' | 'builtin' | 'image' | 'bus' | 'parent' | 'unneeded' | 'nobody';

export interface Service {
  readonly by: ServedBy;
  /** Modules or built-ins whose aliases take the node; for `parent` those of the node above. */
  readonly drivers: readonly string[];
  /** Why no driver is needed, for `unneeded`. */
  readonly why?: string;
}

/** What is known of the drivers of a kernel. */
export interface Knowledge {
  readonly lookup: DriverLookup;
  /** Whether the uncompressed kernel image holds the compatible string, NUL behind it. */
  knownToImage(compatible: string): boolean;
  /** Whether a module's own bytes hold the string. */
  knownToDriver(driver: string, compatible: string): boolean;
}

/** Strings that every kernel knows and that say nothing of a driver for the node. */
const GENERIC: ReadonlySet<string> = new Set(['arm,primecell']);

/** @param parents drivers of the nearest device above the node. */
export function serviceOf(placed: Placed, knowledge: Knowledge, parents: readonly string[]): Service {
  const matches = [...new Set(modaliasesOf(placed).flatMap((alias) => knowledge.lookup.match(alias)))];
  const drivers = matches.filter((driver) => drives(driver, placed));
  if (drivers.length > 0) {
    const builtin = drivers.some((name) => knowledge.lookup.isBuiltin(name));
    return { by: builtin ? 'builtin' : 'module', drivers };
  }
  const why = needsNoDriver(placed);
  if (why !== undefined) return { by: 'unneeded', drivers: matches, why };
  const compatible = compatibleOf(placed.node);
  if (compatible.some((entry) => !GENERIC.has(entry) && knowledge.knownToImage(entry)))
    return { by: 'image', drivers: [] };
  if (isAnnounced(placed)) return { by: 'bus', drivers: [] };
  const above = parents.filter((name) => compatible.some((entry) => knowledge.knownToDriver(name, entry)));
  return above.length > 0 ? { by: 'parent', drivers: above } : { by: 'nobody', drivers: [] };
}
