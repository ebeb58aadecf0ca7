/**
 * What a device is: definitions in TOML, families, variants, loaders, and their validation.
 * @module
 */
export { checkDevice } from './check.ts';
export type {
  Arch,
  BootimgSpec,
  Device,
  Driver,
  Emulator,
  InitramfsSpec,
  KernelSource,
  Loader,
  PackageName,
  Part,
  Partitions,
  PixelFormat,
  Placement,
  Screen,
  Stage2Spec,
  Support,
  UsbSpec,
  WindowSpec,
} from './device.ts';
export type { DeviceFinding } from './finding.ts';
export { type DeviceEntry, listDevices } from './list.ts';
export { type LoadOptions, loadDevice, withLoader } from './load.ts';
export { bytesPerPixel } from './pixel-format.ts';
export { RAMDISK_CODECS, type RamdiskCodec } from './ramdisk-codec.ts';
