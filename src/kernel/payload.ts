import { cString, FormatError, MnxError } from '../binary/index.ts';
import { type Codec, detectCodec, expandMember } from '../compress/index.ts';
import { readBzimage } from './bzimage.ts';
import { extractIkconfig } from './config.ts';
import { banner, type KernelImage, readKernelImage, ZbootHeader } from './image.ts';
import { uncompressedImgFormat } from './wrapper.ts';

/** The compressed kernel inside a kernel that unpacks itself. */
export interface KernelPayload {
  readonly codec: Codec;
  /** From the start of the file. */
  readonly offset: number;
  readonly size: number;
}

/** Kernels of phones expand to 20 to 60 MiB. */
const DEFAULT_LIMIT = 256 * 1024 * 1024;
const ZIMAGE_MAGICS: readonly (readonly number[])[] = [
  [0x1f, 0x8b, 0x08, 0x00],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  [0x5d, 0x00, 0x00],
  [0x02, 0x21, 0x4c, 0x18],
  [0x89, 0x4c, 0x5a, 0x4f],
];
/** A magic stands by chance in code as well; so many places are tried. */
const MAX_TRIES = 16;

/** zboot-header.S, comp_type: the names that the kernel's Makefile.zboot writes. */
const ZBOOT_CODECS: Readonly<Record<string, Codec>> = {
  gzip: 'gzip',
  zstd: 'zstd',
  zstd22: 'zstd',
  xzkern: 'xz',
  xz: 'xz',
  lzma: 'lzma',
  lz4: 'lz4-legacy',
  lzo: 'lzo',
};

/**
 * Where the compressed kernel lies in an EFI zboot image or a bzImage, as their headers say. A zImage
 * does not say it: {@link expandKernel} looks for it.
 *
 * @returns undefined for a kernel without one
 * @throws FormatError when it does not lie inside the file
 */
export function kernelPayload(file: Uint8Array): KernelPayload | undefined {
  const { kind } = readKernelImage(file);
  if (kind === 'zboot') return zbootPayload(file);
  if (kind === 'bzimage') return bzimagePayload(file);
  return undefined;
}

function zbootPayload(file: Uint8Array): KernelPayload {
  const { payloadOffset, payloadSize, compression } = ZbootHeader.read(file);
  const name = cString(compression);
  const codec = ZBOOT_CODECS[name];
  const { offsets } = ZbootHeader;
  if (codec === undefined) {
    throw fault(
      'zboot.compression',
      offsets.compression,
      JSON.stringify(name),
      Object.keys(ZBOOT_CODECS).join(', '),
    );
  }
  const place = { codec, offset: payloadOffset, size: payloadSize };
  return inside(file, place, { field: 'zboot.payloadSize', offset: offsets.payloadSize });
}

function bzimagePayload(file: Uint8Array): KernelPayload | undefined {
  const payload = readBzimage(file)?.details?.payload;
  if (payload === undefined || payload.size === 0) return undefined;
  const codec = detectCodec(file.subarray(payload.offset));
  return inside(file, { codec, ...payload }, { field: 'bzimage.payloadSize', offset: payload.offset });
}

function inside(
  file: Uint8Array,
  payload: KernelPayload,
  place: { readonly field: string; readonly offset: number },
): KernelPayload {
  if (payload.size > 0 && payload.offset + payload.size <= file.length) return payload;
  throw fault(place.field, place.offset, payload.size, `a payload that ends by ${file.length}`);
}

function fault(field: string, offset: number, got: string | number, wanted: string): FormatError {
  return new FormatError('kernel.payload', { field, offset, got, wanted });
}

/** A kernel without what it was packed in. */
export interface ExpandedKernel {
  readonly image: Uint8Array;
  /** What was taken off, from the outside: `gzip`, `zboot`, `uncompressed-img`. */
  readonly layers: readonly string[];
}

/** A gzip of a zboot of a zstd is as deep as kernels go. */
const MAX_LAYERS = 4;

/**
 * Takes off all compression: a compressed Image, EFI zboot, bzImage, zImage, UNCOMPRESSED_IMG.
 * @param options.limit most bytes to expand, all layers together; default 256 MiB
 * @throws FormatError for damage and beyond the limit
 */
export async function expandKernel(
  file: Uint8Array,
  options: { readonly limit?: number } = {},
): Promise<ExpandedKernel> {
  const { limit = DEFAULT_LIMIT } = options;
  const layers: string[] = [];
  let image = file;
  // All layers together: one in the other they would take as many times as long.
  let left = limit;
  while (layers.length < MAX_LAYERS) {
    const inner = await takeOff(image, left);
    if (inner === undefined) break;
    layers.push(inner.layer);
    image = inner.image;
    left -= image.length;
  }
  return { image, layers };
}

async function takeOff(
  file: Uint8Array,
  limit: number,
): Promise<{ readonly layer: string; readonly image: Uint8Array } | undefined> {
  if (uncompressedImgFormat.detect(file)) {
    return { layer: 'uncompressed-img', image: uncompressedImgFormat.read(file).kernel };
  }
  const codec = detectCodec(file);
  if (codec !== 'none') return { layer: codec, image: (await expandMember(file, { limit })).data };
  const kind = kindOf(file);
  if (kind === 'zimage') {
    const image = await searchZimage(file, limit);
    return image === undefined ? undefined : { layer: kind, image };
  }
  const payload = kind === 'zboot' || kind === 'bzimage' ? kernelPayload(file) : undefined;
  if (kind === undefined || payload === undefined) return undefined;
  const packed = file.subarray(payload.offset, payload.offset + payload.size);
  return { layer: kind, image: (await expandMember(packed, { limit, codec: payload.codec })).data };
}

function kindOf(file: Uint8Array): KernelImage['kind'] | undefined {
  try {
    return readKernelImage(file).kind;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/**
 * The first place with a codec's magic from which something with a banner expands.
 * @throws FormatError `compress.limit`: a place that goes beyond the cap ends the search
 */
async function searchZimage(file: Uint8Array, limit: number): Promise<Uint8Array | undefined> {
  const haystack = Buffer.from(file.buffer, file.byteOffset, file.length);
  const places = ZIMAGE_MAGICS.flatMap((magic) => allOf(haystack, magic)).toSorted((a, b) => a - b);
  for (const at of places.slice(0, MAX_TRIES)) {
    const image = await attempt(file.subarray(at), limit);
    if (image !== undefined && banner(image) !== undefined) return image;
  }
  return undefined;
}

function allOf(haystack: Buffer, magic: readonly number[]): number[] {
  const pattern = Buffer.from(magic);
  const found: number[] = [];
  for (let at = haystack.indexOf(pattern); at >= 0 && found.length < MAX_TRIES; ) {
    found.push(at);
    at = haystack.indexOf(pattern, at + 1);
  }
  return found;
}

async function attempt(bytes: Uint8Array, limit: number): Promise<Uint8Array | undefined> {
  try {
    return (await expandMember(bytes, { limit })).data;
  } catch (error) {
    if (error instanceof MnxError && error.code !== 'compress.limit') return undefined;
    throw error;
  }
}

/** The version that an expanded kernel says of itself: `3.4.113 (builder@host) ...`. */
export function kernelVersion(image: Uint8Array): string | undefined {
  return banner(image);
}

/** What can be known of a kernel file once it is expanded. */
export interface KernelFacts {
  readonly layers: readonly string[];
  /** `6.12.1-mine (builder@host) ...` */
  readonly version: string | undefined;
  /** The `.config` that the kernel carries. */
  readonly config: string | undefined;
}

/**
 * Version and configuration of a kernel, whatever it is packed in.
 * @throws as {@link expandKernel}
 */
export async function kernelFacts(
  file: Uint8Array,
  options: { readonly limit?: number } = {},
): Promise<KernelFacts> {
  const { image, layers } = await expandKernel(file, options);
  return { layers, version: banner(image), config: extractIkconfig(image) };
}

/**
 * Where a kernel that is not compressed as a whole says that it ends, so that device trees may follow:
 * zImage, bzImage, EFI zboot (never followed) and UNCOMPRESSED_IMG. An arm64 Image does not say it.
 *
 * @returns undefined where nothing says it
 */
export function kernelEnd(part: Uint8Array): number | undefined {
  if (uncompressedImgFormat.detect(part)) {
    return part.length - uncompressedImgFormat.read(part).appended.length;
  }
  const kind = kindOf(part);
  if (kind === 'zimage' || kind === 'bzimage') return readKernelImage(part).fileSize;
  return undefined;
}
