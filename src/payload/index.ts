/**
 * Where kernels and binaries come from: Debian packages, local folders and kernel trees, the cache,
 * the lock file. Nothing here names a mirror's host.
 * @module
 */
export { type ArFile, type ArFileMember, arFormat, isDeb } from './ar-format.ts';
export type { Archive } from './archive.ts';
export { type Cache, type CacheEntry, type CacheKind, openCache } from './cache.ts';
export { type PayloadContext, type PayloadOptions, payloadContext } from './context.ts';
export { debControl } from './deb-control.ts';
export {
  type BuiltDriver,
  type BuiltDrivers,
  buildDrivers,
  type DriverKernel,
  type DriverRequest,
} from './driver.ts';
export { DRIVER_PROGRAMS } from './driver-host.ts';
export { dtbPath } from './dtb.ts';
export { fetchPackages } from './fetch.ts';
export { type FirmwarePayload, type FirmwareRequest, firmwarePayload } from './firmware.ts';
export { findProgram, type HostProgram } from './host-program.ts';
export type { KernelPayload } from './kernel.ts';
export { type KernelFile, kernelFromFile } from './kernel-file.ts';
export { kernelFromPackage, type PackagedKernel } from './kernel-package.ts';
export { type KernelRequest, kernelPayload } from './kernel-payload.ts';
export { kernelFromTree } from './kernel-tree.ts';
export { type Lock, writeLock } from './lock.ts';
export { debianArch, type Input, inputOf, type PackageRef, type Resolved } from './package.ts';
export { type ProgramPayload, type ProgramRequest, programPayload } from './programs.ts';
export type { OnProgress, Progress } from './progress.ts';
export { type Follow, followKernel, followLibraries, followNothing, resolvePackages } from './resolve.ts';
export { type Sysroot, sysroot } from './sysroot.ts';
export { type PackageRoots, packageRoots, unpackPackage } from './unpack.ts';
export { compareVersions } from './version.ts';
