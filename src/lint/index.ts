/**
 * What a loader and a kernel will refuse, told before anything is flashed.
 * @module
 */
export { type AvbReport, checkAvb } from './avb.ts';
export { type BootconfigUse, checkBootconfig } from './bootconfig.ts';
export { type CmdlineFacts, checkCmdline } from './cmdline.ts';
export { type Blocker, type Coverage, type CoverageOptions, coverage } from './coverage.ts';
export type { ExtraDriver } from './driver-match.ts';
export { checkDtb, type DtbFacts } from './dtb.ts';
export { type Finding, hasErrors, sortFindings } from './finding.ts';
export { checkGadget, type KernelTold } from './gadget.ts';
export { checkGki, type GkiReport } from './gki.ts';
export { checkHeader, type HeaderLoader } from './header.ts';
export { type ImageFacts, imageFacts } from './image-facts.ts';
export { compatiblesIn } from './image-strings.ts';
export { type ConfigUse, checkKernelConfig, checkRamdiskOption } from './kernel-config.ts';
export { checkKernelVersion } from './kernel-version.ts';
export {
  type HeaderAddresses,
  headerMap,
  type LoadedParts,
  type Mapped,
  type MemoryMap,
  type MemoryRange,
  plainMap,
  windowMap,
} from './memory-map.ts';
export type { Blocked, Need, NodeCoverage } from './node-coverage.ts';
export { checkPair } from './pair.ts';
export { checkRamdisk } from './ramdisk.ts';
export { checkRamdiskCodec } from './ramdisk-codec.ts';
export { requireRoles, roleNodes } from './require-roles.ts';
export { consolePath, type Role, type RoleNode } from './roles.ts';
export type { ServedBy, Service } from './service.ts';
export { checkShellKey } from './shell-key.ts';
export { checkSizes, type SizedPart, type SizeFacts } from './sizes.ts';
export { checkSkipInitramfs } from './skip-initramfs.ts';
export { checkUnlock } from './unlock.ts';
export { type Verified, type VerifyOptions, verifyImage } from './verify-image.ts';
