/**
 * Device and options in; plan, build and manifest out. The only room that joins payloads with the rest.
 * @module
 */

export {
  type BuildResult,
  build,
  outputPaths,
  wholeImages,
  writeBuild,
} from './build.ts';
export { packageFolder } from './build-cache.ts';
export { type DeviceCoverage, deviceCoverage } from './cover.ts';
export { parseCrashLog, withCrashLog } from './crash-log.ts';
export { type Edited, editFile, type FileEdit } from './edit.ts';
export { fetchPayloads } from './fetch.ts';
export { knownHosts } from './host-key.ts';
export type { ImageFact, Manifest, PartFact } from './manifest.ts';
export { type Plan, planBuild } from './plan.ts';
export { buildRamdisk } from './ramdisk.ts';
export type { BuildRequest, SshRequest } from './request.ts';
export { stepNames } from './step-names.ts';
export { type VendorBootPlan, vendorBootPath } from './vendor-boot.ts';
export { type Chain, whyInside } from './why.ts';
