import { FormatError, sha256 } from '../binary/index.ts';
import {
  buildWindow,
  isWindow,
  kernelPart,
  rangeOfBytes,
  readWindow,
  splitKernelPart,
  type WindowParts,
} from '../bootimg/index.ts';
import { readKernelImage } from '../kernel/index.ts';
import type { PartReader, PartWriter } from './part-files.ts';
import { unpackRamdisk } from './ramdisk.ts';
import { packRamdisk } from './ramdisk-pack.ts';
import type { WindowTable } from './schema.ts';
import type { TomlText } from './toml-text.ts';

/** Free bytes that a loader may fill behind the tree, with the longest command line of a v0 header. */
const LOADER_ROOM = 1024 + 511;

/** Takes the payload within a kernel section apart as well; nothing when it holds none. */
export async function unpackWindow(
  section: Uint8Array,
  {
    toml,
    files,
    ramdisk,
  }: { readonly toml: TomlText; readonly files: PartWriter; readonly ramdisk: boolean },
): Promise<void> {
  const parts = windowIn(section);
  if (parts === undefined) return;
  toml.table('part.window');
  toml.comment(
    'What is in the kernel section. When one of these is changed, the section is made from them anew.',
  );
  toml.put('image', await files.put('window.Image', [parts.image]));
  const packed = await files.put('window.ramdisk', [parts.ramdisk]);
  toml.put('ramdisk', packed);
  toml.put('dtb', await files.put('window.dtb', [parts.dtb]));
  toml.put('base', parts.base);
  toml.put('image_offset', parts.imageOffset);
  toml.put('ramdisk_offset', parts.ramdiskOffset);
  toml.put('dtb_offset', parts.dtbOffset);
  toml.put('sha256', sha256(parts.image, parts.ramdisk, parts.dtb));
  if (ramdisk) await unpackRamdisk(parts.ramdisk, packed, { toml, files });
}

function windowIn(section: Uint8Array): WindowParts | undefined {
  try {
    const { image } = splitKernelPart(section);
    return isWindow(image) ? readWindow(image) : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** The kernel section as its parts now ask for; undefined while they are as they were. */
export async function packWindow(table: WindowTable, files: PartReader): Promise<Uint8Array | undefined> {
  const [image, stored, dtb] = [files.bytes(table.image), files.bytes(table.ramdisk), files.bytes(table.dtb)];
  const ramdisk =
    table.trees.length === 0 ? stored : await packRamdisk(table.trees, rangeOfBytes(stored), files);
  if (sha256(image, ramdisk, dtb) === table.sha256) return undefined;
  const textOffset = Number(readKernelImage(image).textOffset);
  const window = buildWindow({
    image,
    ramdisk,
    dtb,
    placement: {
      base: table.base,
      tags: table.dtb_offset,
      fdtSlack: LOADER_ROOM,
      window: { ramdisk: table.ramdisk_offset, image: table.image_offset - textOffset },
    },
    cmdlineLength: 0,
  });
  return kernelPart({ image: window.pieces, compression: 'gzip', appended: [window.dtb] });
}
