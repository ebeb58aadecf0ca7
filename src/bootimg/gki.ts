import {
  GKI_BLOCK,
  type GkiCertificate,
  type GkiContents,
  readGkiSignature,
  renewGkiSignature,
  type SigningKey,
} from '../avb/index.ts';
import { alignUp, concat } from '../binary/index.ts';
import { V3_PAGE_SIZE } from './header.ts';
import type { BootImage } from './image.ts';
import { writeBootImage } from './pack.ts';

/** The boot signature of a generic kernel image. */
export interface GkiSignature {
  /** `section`: the one of header v4; `behind`: what certify_bootimg puts after the last section. */
  readonly place: 'section' | 'behind';
  /** Bytes of the block that holds them. */
  readonly size: number;
  readonly certificates: readonly GkiCertificate[];
}

/**
 * The boot signature that an image carries.
 * @throws FormatError when it is damaged
 */
export function gkiSignatureOf(image: BootImage): GkiSignature | undefined {
  if (image.headerVersion < 3) return undefined;
  const { signature } = image.parts;
  return (
    blockAt('section', signature ?? new Uint8Array()) ??
    blockAt('behind', image.trailing.subarray(0, GKI_BLOCK))
  );
}

function blockAt(place: GkiSignature['place'], block: Uint8Array): GkiSignature | undefined {
  const certificates = block.length > GKI_BLOCK ? undefined : readGkiSignature(block);
  return certificates === undefined ? undefined : { place, size: block.length, certificates };
}

/** What the certificates of an image speak of. */
export function gkiContents(image: BootImage, { place }: Pick<GkiSignature, 'place'>): GkiContents {
  const bytes = concat(writeBootImage({ ...image, trailing: new Uint8Array() }));
  const section = place === 'section' ? alignUp(image.parts.signature?.length ?? 0, V3_PAGE_SIZE) : 0;
  const { kernel } = image.parts;
  return {
    boot: [bytes.subarray(0, bytes.length - section)],
    ...(kernel === undefined ? {} : { generic_kernel: [kernel] }),
  };
}

/**
 * The image with its boot signature made again for what is in it now.
 * @throws MnxError, UsageError as {@link renewGkiSignature}
 */
export function withGkiSignature(image: BootImage, old: GkiSignature, key?: SigningKey): BootImage {
  const { place, size, certificates } = old;
  const block = renewGkiSignature(certificates, gkiContents(image, old), { size, key });
  if (place === 'section') return { ...image, parts: { ...image.parts, signature: block } };
  return { ...image, trailing: concat([block, image.trailing.subarray(size)]) };
}
