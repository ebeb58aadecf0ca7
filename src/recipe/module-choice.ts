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
import type { RootModule } from '../stage2/index.ts';

/** Who wants what the command line names. */
export const ASKED = '--module';
/** Who wants what the way to the root takes. */
export const ROOT = 'the root of the real system';

/** What a build wants beside what the device asks for. */
export interface MoreModules {
  /** Names or aliases that a person named. */
  readonly asked?: readonly string[];
  /** What the way to the root takes: there when it is asked for, not loaded before. */
  readonly onDemand?: readonly RootModule[];
  /** The image opens shells. */
  readonly debug?: boolean;
  /** Whether adb, where the device has it, comes along: FunctionFS is its function. */
  readonly adb?: boolean;
}

/**
 * The modules that a phone needs: what its device tree's enabled nodes ask for, what its definition
 * names, its added drivers, what was asked for, the way to the root, and all that these depend on.
 */
export function chooseModules(
  index: ModuleIndex,
  device: Device,
  fdt: Fdt | undefined,
  { asked = [], onDemand = [], debug = false, adb = false }: MoreModules = {},
): ModuleSet {
  const own = device.kernel.modules.map((name) => ({ name, by: `the modules of ${device.id}` }));
  const wanted: Wanted[] = [
    ...(fdt === undefined ? [] : wantedByTree(index, fdt)),
    ...own.filter(({ name }) => !isFileSystem(index, name)),
    ...device.kernel.drivers.map(({ module }) => ({ name: module, by: `the drivers of ${device.id}` })),
    ...wantedByGadget(index, device, adb),
    ...asked.map((name) => ({ name, by: ASKED })),
  ];
  // What a person asks for by name counts more than what the device leaves out.
  const named = new Set(asked.map(moduleName));
  const without = device.kernel.withoutModules.filter((name) => !named.has(moduleName(name)));
  const first = closeModules(index, wanted, without);
  const later: Wanted[] = [
    ...own.filter(({ name }) => isFileSystem(index, name)),
    ...[
      ...onDemand.map((module) => ({ ...module, by: ROOT })),
      ...disksOfGadget(device),
      ...(debug ? [HELD_KEY] : []),
    ]
      .filter(({ name, optional }) => optional !== true || isKnown(index, name))
      .map(({ name, by }) => ({ name, by })),
  ];
  if (later.length === 0) return first;
  const all = closeModules(index, [...wanted, ...later], without);
  const loaded = new Set(first.modules.map(({ name }) => name).filter((name) => !first.weak.has(name)));
  const weak = all.modules.map(({ name }) => name).filter((name) => !loaded.has(name));
  return { ...all, weak: new Set(weak) };
}

/** The kernel asks for a file system by itself when one is mounted; before that it only takes time to load. */
function isFileSystem({ modules }: ModuleIndex, rawName: string): boolean {
  return modules.get(moduleName(rawName))?.aliases.some((alias) => alias.startsWith('fs-')) === true;
}

function isKnown({ modules, builtin, aliases }: ModuleIndex, rawName: string): boolean {
  const name = moduleName(rawName);
  return modules.has(name) || builtin.has(name) || aliases.match(rawName).length > 0;
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

/** What tells which keys are held; only a --debug image asks. */
const HELD_KEY: RootModule & { readonly by: string } = {
  name: 'evdev',
  optional: true,
  by: 'the held key that opens a shell',
};

/** What the failure disk and mnx-usb-storage are; loaded when they are wanted. */
function disksOfGadget({ id, usb }: Device): (RootModule & { readonly by: string })[] {
  if (usb.mode !== 'configfs' && usb.mode !== 'auto') return [];
  return [{ name: 'usb_f_mass_storage', optional: true, by: `the failure disk of ${id}` }];
}

/** A function of the gadget is a module of its own; stage-1 goes on without one that the kernel lacks. */
function wantedByGadget(index: ModuleIndex, { id, usb }: Device, adb: boolean): Wanted[] {
  if (usb.mode === 'none' || usb.mode === 'android_usb') return [];
  const extras = usb.extras.filter((extra) => extra !== 'adb');
  return [...usb.functions, ...extras, ...(adb ? ['fs'] : [])]
    .map((name) => ({ name: `usb_f_${name}`, by: `the USB gadget of ${id}` }))
    .filter(({ name }) => isKnown(index, name));
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
