import type { Arch, Support } from './device.ts';

/** One line of `mnx devices`. */
export interface DeviceEntry {
  readonly id: string;
  readonly name: string;
  readonly manufacturer: string;
  readonly soc: string;
  readonly arch: Arch;
  readonly support: Support;
  /** Default first. */
  readonly variants: readonly string[];
  /** Whether a build needs a kernel from the user. */
  readonly needsKernel: boolean;
  readonly file: string;
}

export function listDevices(_folder?: string): DeviceEntry[] {
  return [];
}
