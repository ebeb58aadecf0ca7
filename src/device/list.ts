import { readDefinition, variantName } from './definition.ts';
import type { Arch, Support } from './device.ts';
import { findDevice, namesIn, shippedFolder } from './folder.ts';
import { deviceOf } from './load.ts';

/** One line of `mnx devices`. */
export interface DeviceEntry {
  readonly id: string;
  readonly name: string;
  readonly manufacturer: string;
  readonly soc: string;
  readonly arch: Arch;
  readonly support: Support;
  /** Default first; empty when the device has none. */
  readonly variants: readonly string[];
  /** Whether a build of the default variant needs a kernel from the user. */
  readonly needsKernel: boolean;
  /** Path of the definition. */
  readonly file: string;
}

/**
 * All devices of a folder, sorted by name; each is loaded and validated as a build would.
 * @throws MnxError when one of the files is broken.
 */
export function listDevices(folder: string = shippedFolder()): DeviceEntry[] {
  return namesIn(folder).map((id) => {
    const definition = readDefinition(findDevice(id, folder), folder);
    const device = deviceOf(definition, variantName(definition, undefined), folder);
    return {
      id,
      name: device.name,
      manufacturer: device.manufacturer,
      soc: device.soc,
      arch: device.arch,
      support: device.support,
      variants: device.variants,
      needsKernel: device.kernel.package === undefined,
      file: definition.source.file,
    };
  });
}
