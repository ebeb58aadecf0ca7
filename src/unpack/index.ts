/**
 * Images as folders: parts and an image.toml that a person can edit, and back to the same bytes.
 * @module
 */
export { type Packed, type PackOptions, packFolder } from './pack.ts';
export { IMAGE_TOML } from './part-files.ts';
export type { SectionOptions } from './section.ts';
export { unpackFile } from './unpack.ts';
