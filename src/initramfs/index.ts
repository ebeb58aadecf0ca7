/**
 * The initramfs: cpio newc, the tree of files that becomes one, stage-1's surroundings and settings,
 * and what the kernel makes of the result.
 * @module
 */
export { cpioFormat, readCpio } from './cpio.ts';
export { type ClosureRequest, elfClosure } from './elf-closure.ts';
export type {
  DeviceEntry,
  DirectoryEntry,
  Entry,
  EntryType,
  FileEntry,
  HardlinkEntry,
  SpecialEntry,
  SymlinkEntry,
} from './entry.ts';
export type { CpioArchive, NewcMember } from './newc.ts';
export { readOverlay } from './overlay.ts';
export { packCpio } from './pack.ts';
export { type Contribution, FileTree, type Origin } from './tree.ts';
