import { alignUp, type HashName, MnxError, UsageError } from '../binary/index.ts';
import { FooterTable, readFooter, vbmetaBytes, writeFooter } from './footer.ts';
import { addHashFooter } from './hash-footer.ts';
import { type ImageBytes, piecesOf, sizeOf, zeros } from './pieces.ts';
import { type SigningKey, signedAgain } from './signing-key.ts';
import { readVbmeta, vbmetaContent } from './vbmeta.ts';

/** avbtool puts the vbmeta structure on a block of this size. */
const BLOCK = 4096;

/** Whether the structure behind an image's footer is signed, so that a new one needs a key. */
export function isSigned(image: ImageBytes): boolean {
  const footer = readFooter(image);
  return footer !== undefined && vbmetaContent(readVbmeta(vbmetaBytes(image, footer))).algorithm !== 0;
}

/**
 * The footer of an old image made again for a new one: partition size, name, salt, digests, properties, flags
 * and rollback index stay, the digest is new. Without a key it is unsigned (NONE).
 * @param old An image with a footer.
 * @param image The new image, without one.
 * @throws UsageError `avb.no-footer`, `avb.key`; MnxError `avb.too-big`
 */
export function renewFooter(old: ImageBytes, image: ImageBytes, key?: SigningKey): Uint8Array[] {
  const footer = readFooter(old);
  const content = footer === undefined ? undefined : vbmetaContent(readVbmeta(vbmetaBytes(old, footer)));
  const hash = content?.descriptors.find((descriptor) => descriptor.kind === 'hash');
  if (content === undefined || hash === undefined) {
    throw new UsageError('avb.no-footer', 'the image has no hash footer that could be made again');
  }
  const { rollbackIndex, rollbackIndexLocation, flags, release, publicKeyMetadata } = content;
  return addHashFooter(image, {
    partitionName: hash.partition,
    partitionSize: sizeOf(piecesOf(old)),
    hashAlgorithm: hash.hashAlgorithm as HashName,
    salt: hash.salt,
    doNotUseAb: hash.flags !== 0,
    descriptors: content.descriptors.filter((descriptor) => descriptor !== hash),
    rollbackIndex,
    rollbackIndexLocation,
    flags,
    release,
    publicKeyMetadata,
    ...(key === undefined ? {} : signedAgain(key, content.algorithm)),
  });
}

/**
 * An old image's vbmeta structure behind a new image, as it is: its digest no longer matches, which
 * unlocked loaders pass over.
 * @throws UsageError `avb.no-footer`; MnxError `avb.too-big` when the partition has no room for both
 */
export function carryFooter(old: ImageBytes, image: ImageBytes): Uint8Array[] {
  const footer = readFooter(old);
  if (footer === undefined) throw new UsageError('avb.no-footer', 'the image has no footer to carry over');
  const vbmeta = vbmetaBytes(old, footer);
  const size = sizeOf(piecesOf(image));
  const vbmetaOffset = alignUp(size, BLOCK);
  const footerAt = sizeOf(piecesOf(old)) - FooterTable.size;
  const room = footerAt - vbmetaOffset - vbmeta.length;
  if (room < 0)
    throw new MnxError('avb.too-big', `the image has ${size} bytes, ${-room} too many for its footer`);
  return [
    ...piecesOf(image),
    ...zeros(vbmetaOffset - size),
    vbmeta,
    ...zeros(room),
    writeFooter({ originalImageSize: size, vbmetaOffset, vbmetaSize: vbmeta.length }),
  ];
}
