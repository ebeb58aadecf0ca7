import { concat, FormatError } from '../binary/index.ts';
import { type BlockMemory, detectCodec, gunzip, gzipPieces } from '../compress/index.ts';
import { FDT, splitFdts } from '../devicetree/index.ts';

export interface KernelPartOptions {
  /** The kernel as consecutive pieces (an Image, or a window payload). */
  readonly image: readonly Uint8Array[];
  readonly compression: 'gzip' | 'none';
  /** gzip level, 1 to 9; default 6. */
  readonly level?: number;
  /** Device trees to append behind the (compressed) kernel. */
  readonly appended?: readonly Uint8Array[];
  /** Called with the bytes compressed so far and all bytes. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Blocks that were compressed before. */
  readonly memory?: BlockMemory;
}

/** The kernel section of a boot image taken apart. */
export interface KernelPart {
  readonly compression: 'gzip' | 'none';
  /** The kernel (or window payload), expanded. */
  readonly image: Uint8Array;
  /** Bytes that it takes in the section. */
  readonly storedSize: number;
  /** Device trees behind it. */
  readonly appended: readonly Uint8Array[];
}

/** Expands to no more than this unless told otherwise: far above kernels and window payloads, and told within 300 MB. */
export const KERNEL_LIMIT = 128 * 1024 * 1024;

/**
 * The kernel section: the kernel, compressed or not, and device trees right behind it. Little Kernel
 * looks for them where the gzip member ends (lk2nd dev_tree_appended), or at a zImage's end.
 * @throws MnxError `compress.level` for a level outside 1 to 9
 */
export async function kernelPart(options: KernelPartOptions): Promise<Uint8Array> {
  const { image, compression, level, appended = [], onProgress, memory } = options;
  if (compression === 'none') return concat([...image, ...appended]);
  const packed = await gzipPieces(image, {
    ...(level === undefined ? {} : { level }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(memory === undefined ? {} : { memory }),
  });
  return concat([...packed, ...appended]);
}

/**
 * Takes a kernel section apart again.
 * @param options.limit most bytes to expand
 * @throws FormatError when the gzip member is damaged, expands to more than `limit`, or is followed
 * by something else than device trees
 */
export function splitKernelPart(part: Uint8Array, options: { readonly limit?: number } = {}): KernelPart {
  if (detectCodec(part) === 'gzip') {
    const { data, consumed } = gunzip(part, { limit: options.limit ?? KERNEL_LIMIT });
    const appended = splitFdts(part.subarray(consumed));
    return { compression: 'gzip', image: data, storedSize: consumed, appended };
  }
  const storedSize = kernelEnd(part);
  return {
    compression: 'none',
    image: part.subarray(0, storedSize),
    storedSize,
    appended: splitFdts(part.subarray(storedSize)),
  };
}

const FDT_MAGIC = Buffer.alloc(FDT.tokenSize);
FDT_MAGIC.writeUInt32BE(FDT.magic);

/**
 * Where device trees begin behind a kernel that is not compressed: the first blob from which blobs
 * follow each other up to the end. An arm64 Image does not say where its file ends.
 */
function kernelEnd(part: Uint8Array): number {
  const haystack = Buffer.from(part.buffer, part.byteOffset, part.length);
  for (let at = haystack.indexOf(FDT_MAGIC); at >= 0; at = haystack.indexOf(FDT_MAGIC, at + 1)) {
    if (isChain(part.subarray(at))) return at;
  }
  return part.length;
}

function isChain(bytes: Uint8Array): boolean {
  try {
    return splitFdts(bytes).length > 0;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
