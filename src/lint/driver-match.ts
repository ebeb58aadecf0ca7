import { baseName, cellsOf, compatibleOf, hasProperty, type Placed, textOf } from '../devicetree/index.ts';
import { type ModuleIndex, matchModalias, ofModalias } from '../kernel/index.ts';

/** Finds drivers by the aliases that a kernel's modules and built-ins announce. */
export interface DriverLookup {
  /** Names of modules and built-ins that take a modalias. */
  match(modalias: string): readonly string[];
  isBuiltin(name: string): boolean;
}

/** A driver that the index does not hold yet: built from source, or still to be. */
export interface ExtraDriver {
  readonly name: string;
  /** The `compatible` strings that it takes. */
  readonly compatible: readonly string[];
}

/** Looks in the kernel's own drivers, then in the added ones. */
export function driverLookup(index: ModuleIndex, extra: readonly ExtraDriver[] = []): DriverLookup {
  return {
    match: (modalias) => {
      const added = extra.filter(({ compatible }) => compatible.some((entry) => announces(modalias, entry)));
      return [...new Set([...matchModalias(index, modalias), ...added.map(({ name }) => name)])];
    },
    isBuiltin: (name) => index.builtin.has(name),
  };
}

/** Whether an `of:` modalias carries the compatible string as one of its own. */
function announces(modalias: string, compatible: string): boolean {
  return modalias.startsWith('of:') && `${modalias}C`.includes(`C${compatible.replaceAll(' ', '_')}C`);
}

/** Everything a node's device is announced as, most telling first. */
export function modaliasesOf(placed: Placed): string[] {
  const compatible = compatibleOf(placed.node);
  const of = ofModalias({
    name: baseName(placed.node),
    type: textOf(placed.node, 'device_type'),
    compatible,
  });
  return [of, ...busAliases(placed, compatible), ...primecell(placed, compatible)];
}

/**
 * I2C and SPI fall back to the driver's id table, by the first compatible string without its vendor
 * (of_alias_from_compatible() in drivers/of/base.c).
 */
function busAliases(placed: Placed, compatible: readonly string[]): string[] {
  const bus = placed.parent === undefined ? '' : baseName(placed.parent.node);
  if (bus !== 'i2c' && bus !== 'spi') return [];
  const first = compatible[0] ?? '';
  return [`${bus}:${first.slice(first.indexOf(',') + 1)}`];
}

/**
 * AMBA PrimeCells are matched by the id in their registers, which a device tree seldom repeats; these
 * are the ids of ARM's own cells (the part number in bits 0..11, designer 0x41 above it).
 */
const PRIMECELLS: ReadonlyMap<string, number> = new Map([
  ['arm,pl010', 0x00041010],
  ['arm,pl011', 0x00041011],
  ['arm,pl022', 0x00041022],
  ['arm,pl031', 0x00041031],
  ['arm,pl041', 0x00041041],
  ['arm,pl050', 0x00041050],
  ['arm,pl061', 0x00041061],
  ['arm,pl080', 0x00041080],
  ['arm,pl081', 0x00041081],
  ['arm,pl110', 0x00041110],
  ['arm,pl111', 0x00041111],
  ['arm,pl180', 0x00041180],
  ['arm,pl181', 0x00041181],
  ['arm,pl330', 0x00041330],
  ['arm,sp805', 0x00141805],
]);

function primecell(placed: Placed, compatible: readonly string[]): string[] {
  if (!compatible.includes('arm,primecell')) return [];
  const stated = hasProperty(placed.node, 'arm,primecell-periphid')
    ? cellsOf(placed.node, 'arm,primecell-periphid')?.[0]
    : undefined;
  const id = stated ?? compatible.map((entry) => PRIMECELLS.get(entry)).find((entry) => entry !== undefined);
  return id === undefined ? [] : [`amba:d${id.toString(16).toUpperCase().padStart(8, '0')}`];
}
