/**
 * Boot images: boot.img v0 to v4 in and out, the kernel section, the layouts that bring a kernel
 * through a loader, and what a loader makes of an image in memory.
 * @module
 */

export {
  appendBootconfig,
  BOOTCONFIG_LIMIT,
  type BootconfigInitrd,
  bootconfigFormat,
  hasBootconfig,
  readBootconfig,
  stripBootconfig,
  writeBootconfig,
} from './bootconfig.ts';
export { type EditablePart, editImage, type ImageEdit, ramdiskOf } from './edit.ts';
export { type FileSource, openFileSource } from './file-source.ts';
export {
  type Filling,
  filledUp,
  layersWithoutFilling,
  openedWithoutFilling,
  withoutFilling,
} from './filling.ts';
export { bootimgFormat } from './format.ts';
export { type GkiSignature, gkiContents, gkiSignatureOf, withGkiSignature } from './gki.ts';
export type { HeaderVersion } from './header.ts';
export {
  type Addresses,
  type BootImage,
  bootImageOf,
  ID_RULES,
  type IdRule,
  type ImageContent,
  type ImageId,
  type KeptFields,
  type KeptPadding,
  type PartName,
  type RangedBootImage,
  rangedBootImage,
} from './image.ts';
export { joinImages } from './join.ts';
export {
  KERNEL_LIMIT,
  type KernelPart,
  type KernelPartOptions,
  kernelPart,
  splitKernelPart,
} from './kernel-part.ts';
export type { Region } from './memory.ts';
export {
  closeImage,
  type Flat,
  flatten,
  type ImageContentOfKind,
  isAnyBootImage,
  type OpenedImage,
  openImage,
  unflatten,
} from './opened.ts';
export { osVersionText, packOsVersion } from './os-version.ts';
export { streamBootImage, writeBootImage } from './pack.ts';
export { type PlacedImage, placeImage } from './place.ts';
export {
  type BootMode,
  type LayoutCheck,
  type LayoutName,
  type LayoutParts,
  type LayoutPlan,
  planLayout,
} from './plan.ts';
export {
  isPxaImage,
  type PxaImage,
  type PxaPartName,
  pxaFormat,
  readPxaImage,
  writePxaImage,
} from './pxa.ts';
export {
  type ElfSegment,
  isSonyElfImage,
  readSonyElfImage,
  type SegmentName,
  type SonyElfImage,
  segmentName,
  writeSonyElfImage,
} from './sony-elf.ts';
export { sonyElfFormat } from './sony-format.ts';
export { segmentOf, sonyCmdline } from './sony-segments.ts';
export { type ByteRange, type ByteSource, rangeOfBytes, readRange, sourceOf } from './source.ts';
export {
  isSparseImage,
  readSparseImage,
  type SparseChunk,
  type SparseImage,
  writeSparseImage,
} from './sparse.ts';
export {
  expandedSize,
  expandSparse,
  type MakeSparseOptions,
  makeSparse,
  type SparseExtent,
  sparseChecksumFaults,
  sparseExtents,
  sparseFormat,
} from './sparse-content.ts';
export { decodeText, encodeText } from './text.ts';
export { isBootImage, openBootImage, readBootImage } from './unpack.ts';
export { isVendorBootImage, readVendorBootImage, writeVendorBootImage } from './vendor-boot.ts';
export { vendorBootFormat } from './vendor-format.ts';
export {
  fragmentTypeText,
  type NewFragment,
  type RamdiskFragment,
  type VendorBootImage,
  type VendorContent,
  type VendorSpec,
  vendorBootImageOf,
  vendorPartition,
} from './vendor-image.ts';
export {
  buildWindow,
  isWindow,
  readWindow,
  type Window,
  type WindowOptions,
  type WindowParts,
} from './window.ts';
export { type WindowPayload, windowFormat } from './window-format.ts';
export type { Wrapped, Wrapper, WrapperName } from './wrapper.ts';
export {
  findWrapper,
  type Unwrapped,
  unwrapAll,
  WRAPPERS,
  wrapAll,
  wrapperFormats,
  wrapperNamed,
} from './wrappers.ts';
