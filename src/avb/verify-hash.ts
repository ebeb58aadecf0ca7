import { equal, type HashName } from '../binary/index.ts';
import type { HashDescriptor } from './descriptor.ts';
import { readFooter, vbmetaBytes } from './footer.ts';
import { digestOf, type ImageBytes, piecesOf, sizeOf, slice } from './pieces.ts';
import { readVbmeta, vbmetaContent } from './vbmeta.ts';
import { type VbmetaCheck, verifyVbmeta } from './verify-vbmeta.ts';

/**
 * `match`; `mismatch`: the bytes differ; `stale-size`: the digest covers another size than the content has;
 * `short`: the image ends before that size; `persistent`: the digest is on the device; `unknown`: a hash that is not known.
 */
export type HashVerdict = 'match' | 'mismatch' | 'stale-size' | 'short' | 'persistent' | 'unknown';

/** How an image stands to a hash descriptor. */
export interface HashCheck {
  readonly verdict: HashVerdict;
  /** Bytes that the descriptor covers. */
  readonly imageSize: bigint;
  /** Bytes that the content has. */
  readonly contentSize: number;
  /** What the covered bytes hash to; absent when they cannot be hashed. */
  readonly digest: Uint8Array | undefined;
}

/** Hashes that node has under a name of AVB's. */
const HASHES: readonly string[] = ['sha1', 'sha256', 'sha512'] satisfies HashName[];

/**
 * Holds an image against its descriptor.
 * @param contentSize Bytes of the real content (for a boot image: its last section's page end). Default: the
 * footer's original size, else all bytes. A digest that covers another size is reported as `stale-size`,
 * also when it matches what it covers.
 */
export function verifyHashDescriptor(
  image: ImageBytes,
  descriptor: HashDescriptor,
  contentSize?: number,
): HashCheck {
  const pieces = piecesOf(image);
  const content = contentSize ?? readFooter(pieces)?.originalImageSize ?? sizeOf(pieces);
  const { imageSize } = descriptor;
  const result = (verdict: HashVerdict, digest?: Uint8Array) => ({
    verdict,
    imageSize,
    contentSize: content,
    digest,
  });
  if (imageSize > BigInt(sizeOf(pieces))) return result('short');
  if (!isHash(descriptor.hashAlgorithm)) return result('unknown');
  const covered = slice(pieces, 0, Number(imageSize));
  const digest = digestOf(descriptor.hashAlgorithm, [descriptor.salt, ...covered]);
  if (imageSize !== BigInt(content)) return result('stale-size', digest);
  if (descriptor.digest.length === 0) return result('persistent', digest);
  return result(equal(digest, descriptor.digest) ? 'match' : 'mismatch', digest);
}

/** All that can be said about an image with a footer. */
export interface HashFooterCheck {
  readonly vbmeta: VbmetaCheck;
  /** Hash descriptors of its vbmeta structure; those of other partitions cannot be checked here. */
  readonly hashes: readonly { readonly descriptor: HashDescriptor; readonly check: HashCheck }[];
}

/**
 * Checks the vbmeta structure behind an image's footer and its hash descriptors.
 * @param options.partitionName Descriptors of other partitions are left out.
 * @returns undefined when the image has no footer.
 * @throws FormatError when footer or vbmeta structure are damaged.
 */
export function verifyHashFooter(
  image: ImageBytes,
  options: {
    readonly publicKey?: Uint8Array;
    readonly contentSize?: number;
    readonly partitionName?: string;
  } = {},
): HashFooterCheck | undefined {
  const footer = readFooter(image);
  if (footer === undefined) return undefined;
  const vbmeta = readVbmeta(vbmetaBytes(image, footer));
  const hashes = vbmetaContent(vbmeta)
    .descriptors.filter((descriptor) => descriptor.kind === 'hash')
    .filter(({ partition }) => options.partitionName === undefined || partition === options.partitionName)
    .map((descriptor) => ({
      descriptor,
      check: verifyHashDescriptor(image, descriptor, options.contentSize),
    }));
  return { vbmeta: verifyVbmeta(vbmeta, options.publicKey), hashes };
}

function isHash(name: string): name is HashName {
  return HASHES.includes(name);
}
