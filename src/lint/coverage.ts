import {
  compatibleOf,
  type Fdt,
  indexTree,
  isReachable,
  type Placed,
  type TreeIndex,
} from '../devicetree/index.ts';
import type { ModuleIndex } from '../kernel/index.ts';
import { findDark } from './darkness.ts';
import { driverLookup, type ExtraDriver } from './driver-match.ts';
import { needsOf } from './needs.ts';
import type { NodeCoverage } from './node-coverage.ts';
import { isBus, isPopulatedFolder } from './passive.ts';
import { type Knowledge, type Service, serviceOf } from './service.ts';

/** A node without a driver that others wait for. */
export interface Blocker {
  readonly path: string;
  readonly compatible: readonly string[];
  /** Nodes that name it as a supplier, soft references included. */
  readonly consumers: readonly string[];
  /** Nodes that stay dark because of it, however far away. */
  readonly waiting: readonly string[];
}

export interface Coverage {
  /** In tree order. */
  readonly nodes: readonly NodeCoverage[];
  readonly dark: readonly NodeCoverage[];
  /** Most awaited first. */
  readonly blockers: readonly Blocker[];
  /** The tree that was surveyed. */
  readonly fdt: Fdt;
}

export interface CoverageOptions {
  readonly fdt: Fdt;
  readonly index: ModuleIndex;
  /** Drivers beside those of the index. */
  readonly drivers?: readonly ExtraDriver[];
  /** Whether the uncompressed image holds a compatible string, with its NUL; default: never. */
  readonly knownToImage?: (compatible: string) => boolean;
  /** Whether the bytes of a module hold a compatible string; default: never. */
  readonly knownToDriver?: (driver: string, compatible: string) => boolean;
}

/**
 * Which driver serves every enabled node, what each waits for, and what stays dark.
 *
 * A node is dark when nobody serves it; when a node above, whose driver would make it a device, is
 * dark; or when a supplier that it needs hard is dark. The semantics are those of `fw_devlink=on`,
 * the default: a probe waits for every supplier that drivers/of/property.c reads as mandatory.
 *
 * The kernel never gives up waiting for a supplier that has a driver and is itself held back, nor for
 * one that never becomes a device because nobody made it (a regulator below a driverless PMIC). For a
 * supplier that is a device without a matching driver it relaxes the link after
 * deferred_probe_timeout (10 s with modules) and lets the consumer probe: power domains and assigned
 * clocks, which the core claims itself, still fail it; clocks, regulators, phys, resets,
 * interconnects, mailboxes, GPIOs, NVMEM and PWM answer -EPROBE_DEFER as soon as the driver claims
 * them, and a driver claims what its binding lists. So such a consumer counts as dark too; only its
 * `sure` is false: a driver that does without that supply would run after the timeout.
 *
 * IOMMUs and DMA channels are soft: the core goes on without them. Suppliers that are disabled make
 * no link, as in of_link_to_phandle(). `image` nodes are taken as served, also those that the kernel
 * sets up without binding a driver (timers, the interrupt controller).
 */
export function coverage(options: CoverageOptions): Coverage {
  const index = indexTree(options.fdt);
  const knowledge: Knowledge = {
    lookup: driverLookup(options.index, options.drivers),
    knownToImage: options.knownToImage ?? (() => false),
    knownToDriver: options.knownToDriver ?? (() => false),
  };
  const survey = surveyNodes(index, knowledge);
  const dark = findDark(survey);
  const nodes = survey.map((node) => ({ ...node, dark: dark.get(node.path) }));
  return {
    nodes,
    dark: nodes.filter((node) => node.dark !== undefined),
    blockers: blockersOf(nodes),
    fdt: options.fdt,
  };
}

function surveyNodes(index: TreeIndex, knowledge: Knowledge): Omit<NodeCoverage, 'dark'>[] {
  const enabled = index.nodes.filter((at) => compatibleOf(at.node).length > 0 && isReachable(at));
  const services = new Map<string, Service>();
  for (const placed of enabled) {
    const above = services.get(deviceAbove(placed, services) ?? '')?.drivers ?? [];
    services.set(placed.path, serviceOf(placed, knowledge, above));
  }
  const isDevice = (path: string): boolean => (services.get(path)?.by ?? 'unneeded') !== 'unneeded';
  return enabled.map((placed) => ({
    path: placed.path,
    compatible: compatibleOf(placed.node),
    service: services.get(placed.path) ?? { by: 'nobody', drivers: [] },
    madeBy: makerOf(placed, isDevice),
    needs: needsOf(index, placed, isDevice),
  }));
}

function deviceAbove(placed: Placed, services: ReadonlyMap<string, Service>): string | undefined {
  for (let at = placed.parent; at !== undefined; at = at.parent) {
    if (services.has(at.path)) return at.path;
  }
  return undefined;
}

/** Climbs over folders and descriptions; a bus or a folder populated at boot needs no maker. */
function makerOf(placed: Placed, isDevice: (path: string) => boolean): string | undefined {
  for (let at = placed.parent; at !== undefined; at = at.parent) {
    if (isBus(at)) return at.parent === undefined ? undefined : makerOf(at, isDevice);
    if (isPopulatedFolder(at.path)) return undefined;
    if (isDevice(at.path)) return at.path;
  }
  return undefined;
}

function blockersOf(nodes: readonly NodeCoverage[]): Blocker[] {
  const found = nodes.filter(({ dark }) => dark?.cause === 'driver');
  const blockers = found.map(({ path, compatible }) => ({
    path,
    compatible,
    consumers: nodes.filter(({ needs }) => needs.some((need) => need.supplier === path)).map((n) => n.path),
    waiting: nodes.filter((node) => node.path !== path && node.dark?.roots.includes(path)).map((n) => n.path),
  }));
  return blockers
    .filter(({ consumers, waiting }) => consumers.length + waiting.length > 0)
    .toSorted((a, b) => b.waiting.length - a.waiting.length || (a.path < b.path ? -1 : 1));
}
