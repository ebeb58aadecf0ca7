import { MnxError } from '../binary/index.ts';
import type { Device } from './device.ts';

export interface LoadOptions {
  /** Name of a `[variant.NAME]` table; absent: the file's `default_variant`. */
  readonly variant?: string;
  /** Folder of the shipped definitions; absent: the package's own. */
  readonly folder?: string;
  /** Another loader than the file names, as `withLoader` takes it. */
  readonly loader?: string;
}

export function loadDevice(nameOrFile: string, _options: LoadOptions = {}): Device {
  throw new MnxError('device.unknown', `no device ${nameOrFile}`);
}

export function withLoader(device: Device, _loaderName: string, _folder?: string): Device {
  return device;
}
