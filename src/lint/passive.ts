import { baseName, compatibleOf, type FdtNode, type Placed } from '../devicetree/index.ts';

/** Nodes whose children the kernel turns into devices by itself (of_default_bus_match_table, drivers/of/platform.c). */
const BUSES: ReadonlySet<string> = new Set(['simple-bus', 'simple-mfd', 'isa', 'arm,amba-bus']);

/** Folders outside the buses whose children become devices at boot (of_platform_default_populate_init). */
const POPULATED: ReadonlySet<string> = new Set(['/firmware', '/reserved-memory', '/chosen']);

/** Compatible strings that describe and are never bound. */
const DESCRIPTIVE: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^operating-points-v2/, 'a table of operating points'],
  [/(^|,)(domain-)?idle-state$/, 'an idle state'],
  [/^(shared|restricted|removed)-dma-pool$/, 'a memory region'],
  [/^(cache|.*,l[23]-cache)$/, 'a cache'],
  [/^(fixed-layout|fixed-partitions|fixed-cell|nvmem-cells|mac-base)$/, 'a layout of stored data'],
  [/^(usb-[abc]|micro-usb-b|mini-usb-b)-connector$/, 'a socket, described for the driver above it'],
  [/^qcom,rpm-msg-ram$/, 'memory that others read through a reference'],
  [/^simple-battery$/, 'a battery, described for its charger'],
  [/^(simple-graph-card-codec|audio-graph-port)$/, 'a port of a sound card'],
];

/** Compatible strings of devices that announce themselves on their bus, where ids choose the driver. */
const ANNOUNCED: readonly RegExp[] = [
  /^usb[0-9a-f]{1,4},[0-9a-f]{1,4}/,
  /^usbif[0-9a-f]/,
  /^pci(ex)?[0-9a-f]{4},[0-9a-f]/,
  /^pciclass,/,
  /^ethernet-phy-(id|ieee)/,
  /^(sdw|slim)[0-9a-f]{3,}/,
  /^arm,primecell$/,
];

/** Whether the kernel makes devices of this node's children without a driver's help. */
export function isBus(placed: Placed): boolean {
  return placed.parent === undefined || compatibleOf(placed.node).some((entry) => BUSES.has(entry));
}

/** Whether children of the node at `path` become devices at boot although it is no bus. */
export function isPopulatedFolder(path: string): boolean {
  return POPULATED.has(path);
}

/** Why no driver is expected for a node; undefined when one is. */
export function needsNoDriver(placed: Placed): string | undefined {
  if (placed.parent === undefined) return 'the board itself';
  if (isCpu(placed.node)) return 'a processor';
  if (placed.path.startsWith('/cpus/')) return 'part of the processors';
  if (placed.parent.path === '/reserved-memory') return 'a memory region';
  const compatible = compatibleOf(placed.node);
  const found = DESCRIPTIVE.find(([pattern]) => compatible.some((entry) => pattern.test(entry)));
  if (found !== undefined) return found[1];
  if (compatible.includes('syscon') && !supplies(placed.node)) return 'registers for other drivers';
  const bus = compatible.includes('simple-bus') || compatible.every((entry) => BUSES.has(entry));
  return bus && !supplies(placed.node) ? 'a bus' : undefined;
}

/**
 * Whether a driver that matches the node does something for it. The one of simple-pm-bus matches every
 * bus, only to keep others off plain ones, and refuses those with a name of their own
 * (drivers/bus/simple-pm-bus.c simple_pm_bus_probe).
 */
export function drives(driver: string, placed: Placed): boolean {
  return driver !== 'simple_pm_bus' || compatibleOf(placed.node).includes('simple-pm-bus');
}

/** Whether others can ask something of it, for which a driver must be there: a clock, a reset, ... */
function supplies(node: FdtNode): boolean {
  return [...node.properties.keys()].some(
    (name) => /^#.+-cells$/.test(name) && name !== '#address-cells' && name !== '#size-cells',
  );
}

/** Whether the device is found on its bus by its own ids: PCI, USB, MDIO, SDIO, AMBA. */
export function isAnnounced(placed: Placed): boolean {
  if (placed.parent !== undefined && baseName(placed.parent.node) === 'mmc') return true;
  return compatibleOf(placed.node).some((entry) => ANNOUNCED.some((pattern) => pattern.test(entry)));
}

function isCpu(node: FdtNode): boolean {
  return baseName(node) === 'cpu' && node.name.includes('@');
}
