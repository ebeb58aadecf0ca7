/**
 * Where kernels and binaries come from: Debian packages, local folders and kernel trees, the cache,
 * the lock file. Nothing here names a mirror's host.
 * @module
 */
export type { Archive } from './archive.ts';
export { type Cache, type CacheEntry, openCache } from './cache.ts';
export { type PayloadContext, type PayloadOptions, payloadContext } from './context.ts';
export { fetchPackages } from './fetch.ts';
export {
  dtbPath,
  type KernelPayload,
  type KernelRequest,
  kernelFromFile,
  kernelFromPackage,
  kernelFromTree,
  kernelPayload,
} from './kernel-payload.ts';
export { type Lock, writeLock } from './lock.ts';
export { debianArch, type Input, inputOf, type PackageRef, type Resolved } from './package.ts';
export { type ProgramPayload, programPayload } from './programs.ts';
export type { OnProgress, Progress } from './progress.ts';
export { type Follow, followKernel, followLibraries, followNothing, resolvePackages } from './resolve.ts';
export { type Sysroot, sysroot } from './sysroot.ts';
export { type PackageRoots, packageRoots, unpackPackage } from './unpack.ts';
export { compareVersions } from './version.ts';
