import { MnxError } from '../binary/index.ts';
import type { BootImage } from './image.ts';

/** The bytes of an image as consecutive pieces; sections are views of the value's own arrays. */
export function writeBootImage(_image: BootImage): Uint8Array[] {
  throw new MnxError('bootimg.pack', 'being written');
}
