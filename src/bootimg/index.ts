/**
 * Boot images: boot.img v0 to v4 in and out, the kernel section, the layouts that bring a kernel
 * through a loader, and what a loader makes of an image in memory.
 * @module
 */
export { bootimgFormat } from './format.ts';
export type { HeaderVersion } from './header.ts';
export {
  type Addresses,
  type BootImage,
  bootImageOf,
  type ImageContent,
  type ImageId,
  type KeptFields,
  type KeptPadding,
  type PartName,
} from './image.ts';
export { type KernelPart, type KernelPartOptions, kernelPart, splitKernelPart } from './kernel-part.ts';
export type { Region } from './memory.ts';
export { osVersionText, packOsVersion } from './os-version.ts';
export { writeBootImage } from './pack.ts';
export { type PlacedImage, placeImage } from './place.ts';
export {
  type BootMode,
  type LayoutCheck,
  type LayoutName,
  type LayoutParts,
  type LayoutPlan,
  planLayout,
} from './plan.ts';
export { isBootImage, readBootImage } from './unpack.ts';
export {
  buildWindow,
  isWindow,
  readWindow,
  type Window,
  type WindowOptions,
  type WindowParts,
} from './window.ts';
