import { MnxError } from '../binary/index.ts';
import type { BootImage } from './image.ts';

/** Whether the bytes begin as a boot.img does. */
export function isBootImage(_bytes: Uint8Array): boolean {
  return false;
}

/** Reads a boot.img (v0 to v4) or init_boot.img; sections are views into `bytes`. */
export function readBootImage(_bytes: Uint8Array): BootImage {
  throw new MnxError('bootimg.unpack', 'being written');
}
