import { alignUp, type HashName, MnxError, padding, UsageError, utf8 } from '../binary/index.ts';
import { type Descriptor, DO_NOT_USE_AB, type HashDescriptor } from './descriptor.ts';
import { eraseFooter, FooterTable, writeFooter } from './footer.ts';
import { makeVbmeta, type VbmetaSpec } from './make-vbmeta.ts';
import { digestOf, type ImageBytes, sizeOf, zeros } from './pieces.ts';

/** avbtool's units: block of an image that is not sparse, largest vbmeta structure. */
const BLOCK = 4096;
const MAX_VBMETA = 64 * 1024;

/** Bytes at the end of a partition that avbtool keeps for vbmeta structure and footer. */
export const FOOTER_RESERVE = MAX_VBMETA + BLOCK;

/** How an image is made verifiable. */
export interface HashFooterOptions extends Omit<VbmetaSpec, 'descriptors' | 'padding'> {
  readonly partitionName: string;
  /** Bytes of the partition, a multiple of 4096; `dynamic`: the least that holds the image. */
  readonly partitionSize: number | 'dynamic';
  /** Digest of the image; default sha256. */
  readonly hashAlgorithm?: HashName;
  /**
   * Default: a digest derived from the partition's name and the image's own digest, of the digest's size,
   * so that the same image gives the same bytes (avbtool draws random bytes).
   */
  readonly salt?: Uint8Array;
  /** Properties, in this order. */
  readonly props?: readonly (readonly [key: string, value: string | Uint8Array])[];
  /** Words for the kernel command line, one descriptor each. */
  readonly kernelCmdlines?: readonly string[];
  /** Further descriptors: chain partitions go behind the hash descriptor, as avbtool has them, others last. */
  readonly descriptors?: readonly Descriptor[];
  /** The partition is never name_a or name_b. */
  readonly doNotUseAb?: boolean;
}

/**
 * Adds a hash footer as avbtool 1.3.0 `add_hash_footer` does, byte for byte when `release` and `salt` are
 * given. A footer that is there is replaced: the image is first cut to its original size.
 * @returns The partition's bytes as pieces: views of the image, shared zeros, vbmeta structure, footer.
 * @throws UsageError for an impossible partition size or key; MnxError `avb.too-big` when the image does
 * not fit; FormatError when the footer that is there is damaged.
 */
export function addHashFooter(image: ImageBytes, options: HashFooterOptions): Uint8Array[] {
  const content = eraseFooter(image);
  const size = sizeOf(content);
  const partitionSize = partitionSizeOf(size, options);
  const { partitionName: _name, partitionSize: _size, descriptors: _own, ...spec } = options;
  const vbmeta = makeVbmeta({ ...spec, padding: 0, descriptors: descriptorsOf(content, options) });
  if (vbmeta.length > MAX_VBMETA) {
    throw new MnxError(
      'avb.too-big',
      `the vbmeta structure has ${vbmeta.length} bytes, at most ${MAX_VBMETA} fit`,
    );
  }
  const vbmetaOffset = alignUp(size, BLOCK);
  const footerAt = partitionSize - FooterTable.size;
  return [
    ...content,
    ...zeros(vbmetaOffset - size),
    vbmeta,
    ...zeros(footerAt - vbmetaOffset - vbmeta.length),
    writeFooter({ originalImageSize: size, vbmetaOffset, vbmetaSize: vbmeta.length }),
  ];
}

/**
 * The hash descriptor of an image.
 * @param content The image without footer and without padding to blocks.
 */
export function hashDescriptor(
  content: readonly Uint8Array[],
  options: Pick<HashFooterOptions, 'partitionName' | 'hashAlgorithm' | 'salt' | 'doNotUseAb'>,
): HashDescriptor {
  const hashAlgorithm = options.hashAlgorithm ?? 'sha256';
  const salt = options.salt ?? defaultSalt(content, options.partitionName, hashAlgorithm);
  return {
    kind: 'hash',
    imageSize: BigInt(sizeOf(content)),
    hashAlgorithm,
    partition: options.partitionName,
    salt,
    digest: digestOf(hashAlgorithm, [salt, ...content]),
    flags: options.doNotUseAb === true ? DO_NOT_USE_AB : 0,
  };
}

/** A salt need not be secret; it must only differ from image to image. */
function defaultSalt(content: readonly Uint8Array[], name: string, hash: HashName): Uint8Array {
  return digestOf(hash, [utf8(`mnx salt ${name}\0`), digestOf(hash, content)]);
}

function descriptorsOf(content: readonly Uint8Array[], options: HashFooterOptions): Descriptor[] {
  const props = (options.props ?? []).map(([key, value]) => ({
    kind: 'property' as const,
    key,
    value: typeof value === 'string' ? utf8(value) : value,
  }));
  const cmdlines = (options.kernelCmdlines ?? []).map((cmdline) => ({
    kind: 'kernel-cmdline' as const,
    flags: 0,
    cmdline,
  }));
  const more = options.descriptors ?? [];
  const chains = more.filter(({ kind }) => kind === 'chain-partition');
  const others = more.filter(({ kind }) => kind !== 'chain-partition');
  return [hashDescriptor(content, options), ...chains, ...props, ...cmdlines, ...others];
}

function partitionSizeOf(size: number, { partitionSize, partitionName }: HashFooterOptions): number {
  if (partitionSize === 'dynamic') return alignUp(size + FOOTER_RESERVE, BLOCK);
  if (
    !Number.isSafeInteger(partitionSize) ||
    partitionSize < FOOTER_RESERVE ||
    padding(partitionSize, BLOCK) !== 0
  ) {
    throw new UsageError('avb.partition-size', `a partition of ${partitionSize} bytes takes no footer`, {
      hint: `a multiple of ${BLOCK}, at least ${FOOTER_RESERVE}`,
    });
  }
  if (size > partitionSize - FOOTER_RESERVE) {
    const limit = partitionSize - FOOTER_RESERVE;
    throw new MnxError(
      'avb.too-big',
      `${partitionName}: the image has ${size} bytes, ${limit} fit with a footer`,
      {
        hint: `the partition has ${partitionSize} bytes, ${FOOTER_RESERVE} of them are kept for vbmeta and footer`,
      },
    );
  }
  return partitionSize;
}
