/**
 * The initramfs: cpio newc, the tree of files that becomes one, stage-1's surroundings and settings,
 * and what the kernel makes of the result.
 * @module
 */
export { type AddedFile, addToArchive, addToRamdisk } from './add-files.ts';
export { busyboxApplets } from './applets.ts';
export { type Archives, archivesOf, isFiller, type PackedArchive, RAMDISK_LIMIT } from './archives.ts';
export {
  type Brought,
  buildInitramfs,
  type Initramfs,
  type InitramfsParts,
  type ModuleFiles,
  type SshAccess,
} from './assemble.ts';
export { type CheckOptions, checkAsKernel, type KernelView } from './check.ts';
export { type Change, compareEntries, type EntryDifference } from './compare.ts';
export { CONF_KEYS, type Conf, type ConfKey, writeConf } from './conf.ts';
export { cpioFormat, readCpio } from './cpio.ts';
export { inodeKey, isLinked } from './decode.ts';
export { type ConfChoices, deviceConf } from './device-conf.ts';
export { type ClosureRequest, elfClosure, type Reason } from './elf-closure.ts';
export type {
  DeviceEntry,
  DirectoryEntry,
  Entry,
  EntryType,
  FileEntry,
  HardlinkEntry,
  SpecialEntry,
  StoredData,
  SymlinkEntry,
} from './entry.ts';
export { TYPE_BITS, TYPE_MASK } from './entry.ts';
export { extractEntries, type LeftOut } from './extract.ts';
export { type Hook, stepNamed } from './hooks.ts';
export { dropbearHostKey, hostKeyFingerprint, hostKeyPath, knownHostsLine, publicBlob } from './host-key.ts';
export { readHostKey } from './host-key-file.ts';
export type { Lost } from './kernel-reader.ts';
export { archivesEnd, type CpioArchive, type NewcMember, newcSum } from './newc.ts';
export { type OdcArchive, odcFormat } from './odc.ts';
export { listFolder, readOverlay } from './overlay.ts';
export { cpioPieces, packCpio } from './pack.ts';
export { type Room, roomOf } from './room.ts';
export { packSplash } from './splash-files.ts';
export { authorizedKeys, type PublicKey, parsePublicKeys } from './ssh.ts';
export { STAGE1_FOLDER, stepNames } from './stage1.ts';
export { type Contribution, FileTree, type Origin } from './tree.ts';
