/**
 * Kernels: images, configuration, modules, which of them a device needs and in which order they load.
 * @module
 */
export { aliasPattern, ofModalias } from './alias.ts';
export {
  type ClosureOptions,
  closeModules,
  type MissingModule,
  type ModuleSet,
} from './closure.ts';
export { extractIkconfig, type KernelConfig, parseKernelConfig } from './config.ts';
export { type Dynamic, type Elf, type ElfSection, isElf, readElf, sectionBytes } from './elf.ts';
export { type KernelImage, readKernelImage } from './image.ts';
export { decodeIndex, encodeIndex } from './index-json.ts';
export { matchModalias } from './lookup.ts';
export { type Modinfo, moduleName, readModinfo } from './modinfo.ts';
export {
  type BuiltinRecord,
  type IndexOptions,
  indexModules,
  type ModuleFile,
  type ModuleIndex,
  type ModuleRecord,
} from './module-index.ts';
export { stripDebug } from './strip.ts';
export { installedPath, moduleTables } from './tables.ts';
export { checkVermagic } from './vermagic.ts';
