/**
 * The part of this room that writes images whose parts are files, without what looks into kernels: a
 * second door beside index.ts for `mnx mkbootimg`, which build scripts start many times and which has to
 * be as quick as what it replaces.
 * @module
 */
export { type FileSource, openFileSource } from './file-source.ts';
export { bootimgFormat } from './format.ts';
export type { PartName, RangedBootImage } from './image.ts';
export { packOsVersion } from './os-version.ts';
export { packInOnePass } from './pack.ts';
export { type ByteRange, rangeOfBytes } from './source.ts';
export { writeVendorBootImage } from './vendor-boot.ts';
export { type NewFragment, type VendorBootImage, vendorBootImageOf } from './vendor-image.ts';
