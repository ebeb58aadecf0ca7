/**
 * Kernel files: images, configuration, modules, their aliases and dependencies; ELF.
 * @module
 */
export { type AliasTable, aliasTable, matchModalias, type OfIdentity, ofModalias } from './alias.ts';
export { type Bzimage, readBzimage } from './bzimage.ts';
export {
  closeModules,
  type MissingModule,
  type ModuleSet,
  type Wanted,
} from './closure.ts';
export { extractIkconfig, type KernelConfig, parseKernelConfig } from './config.ts';
export { ELF_MACHINE, type Elf, type ElfDynamic, isElf, readElf } from './elf.ts';
export { type KernelFile, kernelFormat } from './format.ts';
export { Arm64Header, banner, type KernelImage, readKernelImage, releaseOf } from './image.ts';
export { type Modinfo, moduleName, moduleNameOfPath, readModinfo } from './modinfo.ts';
export {
  decodeIndex,
  encodeIndex,
  indexModules,
  type ModuleFile,
  type ModuleIndex,
  type ModuleRecord,
  withModules,
} from './module-index.ts';
export { installedPath, moduleTables } from './module-tables.ts';
export {
  type ExpandedKernel,
  expandKernel,
  type KernelFacts,
  type KernelPayload,
  kernelEnd,
  kernelFacts,
  kernelPayload,
  kernelVersion,
} from './payload.ts';
export { needsSignatures, withoutSignature } from './signature.ts';
export { type StaticProgram, staticElf } from './static-elf.ts';
export { stripDebug } from './strip.ts';
export { checkVermagic } from './vermagic.ts';
export { type UncompressedImg, uncompressedImgFormat } from './wrapper.ts';
