import { readBootImage } from '../../src/bootimg/index.ts';
import { expand } from '../../src/compress/index.ts';
import { type Entry, readCpio } from '../../src/initramfs/index.ts';

const LIMIT = 256 * 1024 * 1024;

/** Everything in an image's ramdisk. */
export async function ramdiskOf(image: Uint8Array): Promise<Entry[]> {
  return readCpio(await expand(readBootImage(image).parts.ramdisk ?? new Uint8Array(), { limit: LIMIT }));
}

/** A file of an image's ramdisk, by its whole path. */
export async function ramdiskFile(image: Uint8Array, path: string): Promise<Uint8Array> {
  const entry = (await ramdiskOf(image)).find((candidate) => candidate.path === path);
  if (entry?.type !== 'file') throw new Error(`the ramdisk has no file ${path}`);
  return entry.data;
}
