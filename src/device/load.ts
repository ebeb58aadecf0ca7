import { join } from 'node:path';
import * as v from 'valibot';
import { UsageError } from '../binary/index.ts';
import { faultError, faultsOf } from '../toml/index.ts';
import { assemble } from './assemble.ts';
import { chooseVariant, type Definition, readDefinition, variantName } from './definition.ts';
import type { BootimgSpec, Device, Loader } from './device.ts';
import { findDevice, shippedFolder } from './folder.ts';
import { readLoader } from './loader.ts';
import { completeDevice } from './schema.ts';

export interface LoadOptions {
  /** Name of a `[variant.NAME]` table; absent: the file's `default_variant`, else its first. */
  readonly variant?: string;
  /** Folder of the shipped definitions; absent: the package's own `devices/`. */
  readonly folder?: string;
  /** Another loader than the file names, as {@link withLoader} takes it. */
  readonly loader?: string;
}

/**
 * Loads a device: file, families and variant merged, defaults filled in, every number validated.
 *
 * @param nameOrFile a shipped name (`asus-z00t`) or the path of a `.toml`; `extends` and `loader` of a
 *   user's file are looked up beside it first, then among the shipped definitions
 * @throws UsageError (exit code 2) for an unknown device, variant, loader or family, each with the
 *   nearest name, and for an unknown key; MnxError (exit code 3) for broken TOML, a missing key or a
 *   bad value, with file, line and column
 */
export function loadDevice(nameOrFile: string, options: LoadOptions = {}): Device {
  const folder = options.folder ?? shippedFolder();
  const definition = readDefinition(findDevice(nameOrFile, folder), folder);
  const device = deviceOf(definition, variantName(definition, options.variant), folder);
  if (options.loader === undefined || options.loader === device.loader.id) return device;
  return changeLoader(device, readLoader(options.loader, definition.source.file, folder));
}

/**
 * A loader by itself: its rules, whatever the device.
 * @param folder folder of the shipped definitions; absent: the package's own
 * @throws UsageError `device.loader` naming the nearest one
 */
export function loadLoader(name: string, folder: string = shippedFolder()): Loader {
  return readLoader(name, join(folder, name), folder);
}

/** One variant of a definition as a device. */
export function deviceOf(definition: Definition, variant: string | undefined, folder: string): Device {
  const table = chooseVariant(definition, variant);
  const [fault] = faultsOf(completeDevice, { ...definition.source, table });
  if (fault !== undefined) throw faultError(fault);
  const complete = v.parse(completeDevice, table);
  return assemble(complete, {
    id: definition.id,
    sources: definition.sources,
    variants: [...definition.variants.keys()],
    variant,
    loader: readLoader(complete.loader, definition.source.file, folder),
  });
}

/**
 * The same device behind another loader. An emulated device keeps its machine: the loader's memory
 * is moved to `emulator.loaderBase`. Header version and the way of the DTB follow the loader where
 * it does not take what the device has.
 *
 * @param folder folder of the shipped definitions; absent: the package's own
 * @throws UsageError `device.loader` for an unknown loader; `device.loader-base` when the machine has
 *   no place for a loader with fixed addresses
 */
export function withLoader(device: Device, loaderName: string, folder: string = shippedFolder()): Device {
  return changeLoader(device, loadLoader(loaderName, folder));
}

function changeLoader(device: Device, loader: Loader): Device {
  return { ...device, loader: moved(device, loader), bootimg: fitted(device.bootimg, loader) };
}

function moved(device: Device, loader: Loader): Loader {
  if (device.emulator === undefined || loader.placement === undefined) return loader;
  const base = device.emulator.loaderBase;
  if (base === undefined) {
    throw new UsageError(
      'device.loader-base',
      `${device.id} has no memory for the fixed addresses of ${loader.id}`,
      {
        hint: 'Add loader_base to its [emulator] table.',
      },
    );
  }
  return { ...loader, placement: { ...loader.placement, base } };
}

function fitted(bootimg: BootimgSpec, loader: Loader): BootimgSpec {
  const version = loader.headerVersions.includes(bootimg.headerVersion)
    ? bootimg.headerVersion
    : (Math.max(...loader.headerVersions) as BootimgSpec['headerVersion']);
  const dtb = loader.dtb.includes(bootimg.dtb) ? bootimg.dtb : (loader.dtb[0] ?? 'none');
  return { ...bootimg, headerVersion: version, dtb };
}
