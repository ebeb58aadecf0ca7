import type { Device } from '../device/index.ts';

/** Programs that an image brings because the device file asks for what they do. */
export interface DeviceNeeds {
  /** Debian packages. */
  readonly packages: readonly string[];
  /** Of these, the programs that are packed. */
  readonly programs: readonly string[];
}

/** fbset tells a driver the order of the colours; it is no applet of Debian's busybox. */
export function deviceNeeds({ screen }: Pick<Device, 'screen'>): DeviceNeeds {
  return screen?.fbset === true
    ? { packages: ['fbset'], programs: ['usr/bin/fbset'] }
    : { packages: [], programs: [] };
}
