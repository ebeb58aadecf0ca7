/**
 * What a device is: definitions in TOML, families, variants, loaders, and their validation.
 * @module
 */
export { headerCmdlineLimit } from './bootimg.ts';
export { checkDevice } from './check.ts';
export type {
  Arch,
  BootimgSpec,
  Device,
  Driver,
  Emulator,
  FirmwareSpec,
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
export { type Forbidden, forbiddenOf } from './forbidden.ts';
export { keyNumber } from './keys.ts';
export { type DeviceEntry, listDevices } from './list.ts';
export { type LoadOptions, loadDevice, loadLoader, withLoader } from './load.ts';
export { bytesPerPixel, channels } from './pixel-format.ts';
export type { Quirks } from './quirks.ts';
export { RAMDISK_CODECS, type RamdiskCodec } from './ramdisk-codec.ts';
export {
  isRootFault,
  parseRoot,
  ROOT_FORMS,
  type RootFault,
  type RootFlag,
  type RootSpec,
} from './root-spec.ts';
export type { Signals } from './signals.ts';
