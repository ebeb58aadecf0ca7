import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError, sha256, startsWith } from '../binary/index.ts';
import {
  isAnyBootImage,
  isPxaImage,
  isSonyElfImage,
  isSparseImage,
  isVendorBootImage,
  layersWithoutFilling,
  openBootImage,
  openFileSource,
  rangeOfBytes,
  readPxaImage,
  readSonyElfImage,
  readVendorBootImage,
  sourceOf,
  splitKernelPart,
  unwrapAll,
} from '../bootimg/index.ts';
import { detectCodec, expand, packedHint } from '../compress/index.ts';
import { cpioFormat, RAMDISK_LIMIT } from '../initramfs/index.ts';
import { kernelFormat, uncompressedImgFormat } from '../kernel/index.ts';
import { unpackFooter, unpackSparse } from './around.ts';
import { unpackBoot } from './boot-document.ts';
import { otherFormat, unpackOther } from './other-document.ts';
import { IMAGE_TOML, PartWriter, type Sink } from './part-files.ts';
import { unpackPxa } from './pxa-document.ts';
import { layerValue, type SectionOptions, unpackSection } from './section.ts';
import { unpackSony } from './sony-document.ts';
import { TomlText } from './toml-text.ts';
import { putFilling } from './trailing.ts';
import { unpackVendor } from './vendor-document.ts';

/** Files up to this size are looked at from all sides; larger ones are taken apart without coming into memory. */
const MEMORY_LIMIT = 256 * 1024 * 1024;

/** What of a large file is looked into all the same. */
const SMALL = 8 * 1024 * 1024;

const WORDS =
  'mnx pack puts these parts together again, to the same bytes while nothing is changed. Sizes and offsets follow the ' +
  'files, the id and an AVB footer follow the content; what is named here and not changed stays.';

/**
 * Takes a file apart into an empty folder: the parts as files, and image.toml, which says the rest.
 * @throws FormatError for damage, and `unpack.unknown` for a file in which there are no parts
 */
export async function unpackFile(file: string, folder: string, options: SectionOptions): Promise<void> {
  const source = openFileSource(file);
  try {
    const sink = { toml: new TomlText(), files: new PartWriter(folder) };
    sink.toml.comment(WORDS);
    if (source.size > MEMORY_LIMIT) await unpackLarge(file, options, sink);
    else await unpackBytes(source.read(0, source.size), options, sink);
    await writeFile(join(folder, IMAGE_TOML), sink.toml.text(), { flag: 'wx' });
  } finally {
    source.close();
  }
}

/** Only a boot image can be taken apart by reading its header alone. */
async function unpackLarge(file: string, options: SectionOptions, sink: Sink): Promise<void> {
  sink.toml.put('format', 'boot');
  const source = openFileSource(file, { reuse: true });
  try {
    const limits = { lookLimit: SMALL, fills: source.size };
    await unpackBoot(openBootImage(source), { ...options, ...limits }, sink);
  } finally {
    source.close();
  }
}

async function unpackBytes(file: Uint8Array, options: SectionOptions, sink: Sink): Promise<void> {
  const { toml, files } = sink;
  const inner = new TomlText();
  const innerSink = { toml: inner, files };
  const flat = isSparseImage(file) ? await unpackSparse(file, innerSink) : file;
  const bare = await unpackFooter(flat, innerSink);
  const { layers: found, payload } = unwrapAll(bare);
  const { layers, byte, inside } = layersWithoutFilling(found);
  for (const [i, layer] of layers.entries()) {
    inner.item('layer');
    const value = (await layerValue(layer, files, `layer-${i}`)) as Record<string, string>;
    for (const [key, item] of Object.entries(value)) inner.put(key, item);
  }
  putFilling(byte, bare.length, inner);
  const around = { wrapped: layers.length > 0, ...(inside ? { fills: bare.length } : {}) };
  const format = await unpackContent(payload, { ...options, ...around }, innerSink);
  toml.put('format', format);
  toml.put('sha256', sha256(file), 'of the file as it was');
  toml.append(inner);
}

interface ContentOptions extends SectionOptions {
  /** What is in a wrapper is kept as it is when nothing else is known of it. */
  readonly wrapped: boolean;
}

/** @returns name of the format */
async function unpackContent(bytes: Uint8Array, options: ContentOptions, sink: Sink): Promise<string> {
  if (isPxaImage(bytes)) {
    await unpackPxa(readPxaImage(bytes), options, sink);
    return 'boot-pxa';
  }
  if (isSonyElfImage(bytes)) {
    await unpackSony(readSonyElfImage(bytes), options, sink);
    return 'sony-elf';
  }
  if (isAnyBootImage(bytes) && !isVendorBootImage(bytes)) {
    await unpackBoot(openBootImage(sourceOf(bytes)), options, sink);
    return 'boot';
  }
  if (isVendorBootImage(bytes)) {
    await unpackVendor(readVendorBootImage(bytes), options, sink);
    return 'vendor_boot';
  }
  const other = otherFormat(bytes);
  if (other !== undefined) {
    await unpackOther(other, bytes, sink);
    return other.name;
  }
  const holds = await plainKind(bytes);
  if (holds === undefined && !options.wrapped) throw unknown(bytes);
  const name = holds ?? 'content';
  await unpackSection(
    { name, range: rangeOfBytes(bytes), ...(holds === undefined ? {} : { holds }) },
    options,
    sink,
  );
  return name;
}

/** A kernel with or without trees behind it, or a ramdisk in whatever codec. */
async function plainKind(bytes: Uint8Array): Promise<'kernel' | 'ramdisk' | undefined> {
  if (kernelFormat.detect(bytes) || uncompressedImgFormat.detect(bytes)) return 'kernel';
  if (cpioFormat.detect(bytes)) return 'ramdisk';
  const codec = detectCodec(bytes);
  if (codec === 'none') return undefined;
  if (codec === 'gzip' && holdsKernel(bytes)) return 'kernel';
  const expanded = await expand(bytes, { limit: RAMDISK_LIMIT });
  return cpioFormat.detect(expanded) ? 'ramdisk' : kernelFormat.detect(expanded) ? 'kernel' : undefined;
}

function holdsKernel(bytes: Uint8Array): boolean {
  try {
    return kernelFormat.detect(splitKernelPart(bytes).image);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

function unknown(bytes: Uint8Array): FormatError {
  return new FormatError(
    'unpack.unknown',
    {
      field: 'magic',
      offset: 0,
      got:
        bytes.length === 0 ? 'an empty file' : `bytes ${Buffer.from(bytes.subarray(0, 8)).toString('hex')}`,
      wanted: 'a boot image, vendor_boot, a table of device trees, vbmeta, a kernel or a ramdisk',
    },
    startsWith(bytes, '\xd0\x0d\xfe\xed')
      ? { hint: 'One device tree has no parts: dtc -I dtb -O dts shows it.' }
      : packedHint(bytes),
  );
}
