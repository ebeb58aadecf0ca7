import type { Device, Driver } from '../device/index.ts';
import { baseName, compatibleOf, type Fdt, isReachable, textOf, walk } from '../devicetree/index.ts';
import {
  closeModules,
  type ModuleIndex,
  type ModuleSet,
  moduleName,
  ofModalias,
  type Wanted,
} from '../kernel/index.ts';

/** Who wants what the command line names. */
export const ASKED = '--module';

/**
 * The modules that a phone needs: what its device tree's enabled nodes ask for, what its definition
 * names, its added drivers, what was asked for, and all that these depend on.
 */
export function chooseModules(
  index: ModuleIndex,
  device: Device,
  fdt: Fdt | undefined,
  asked: readonly string[] = [],
): ModuleSet {
  const wanted: Wanted[] = [
    ...(fdt === undefined ? [] : wantedByTree(index, fdt)),
    ...device.kernel.modules.map((name) => ({ name, by: `the modules of ${device.id}` })),
    ...device.kernel.drivers.map(({ module }) => ({ name: module, by: `the drivers of ${device.id}` })),
    ...asked.map((name) => ({ name, by: ASKED })),
  ];
  return closeModules(index, wanted, device.kernel.withoutModules);
}

/**
 * The drivers that have to be built: a distribution may take in one day what it leaves out today, and its
 * own is taken then; a second one would clash with it.
 */
export function missingDrivers(drivers: readonly Driver[], { modules, builtin }: ModuleIndex): Driver[] {
  return drivers.filter(({ module }) => {
    const name = moduleName(module);
    return !modules.has(name) && !builtin.has(name);
  });
}

/** Nodes below a disabled one ask for nothing, as the kernel does not look at them. */
function wantedByTree(index: ModuleIndex, fdt: Fdt): Wanted[] {
  const wanted: Wanted[] = [];
  for (const placed of walk(fdt)) {
    const compatible = compatibleOf(placed.node);
    if (compatible.length === 0 || !isReachable(placed)) continue;
    const type = textOf(placed.node, 'device_type');
    const modalias = ofModalias({ name: baseName(placed.node), type, compatible });
    const by = `${placed.path} (${compatible.join(', ')})`;
    for (const module of index.aliases.match(modalias)) wanted.push({ name: module, by });
  }
  return wanted;
}
