/**
 * Android Verified Boot: vbmeta structures, hash footers, signing and verifying; AVB 1 signatures.
 * @module
 */
export {
  ALGORITHM_NAMES,
  type Algorithm,
  type AlgorithmName,
  algorithmNamed,
  algorithmOf,
  type KeyBits,
} from './algorithm.ts';
export {
  type BootSignature,
  type BootSignatureVerdict,
  findBootSignature,
  isBootSignature,
  readBootSignature,
  verifyBootSignature,
} from './boot-signature.ts';
export { decodeDescriptors } from './decode-descriptor.ts';
export {
  type ChainPartitionDescriptor,
  type Descriptor,
  DO_NOT_USE_AB,
  type HashDescriptor,
  type HashtreeDescriptor,
  type KernelCmdlineDescriptor,
  type PropertyDescriptor,
  type Slack,
  type UnknownDescriptor,
} from './descriptor.ts';
export { encodeDescriptor } from './encode-descriptor.ts';
export { eraseFooter, type Footer, readFooter, vbmetaBytes } from './footer.ts';
export { type FootedImage, footerFormat } from './footer-format.ts';
export { vbmetaFormat } from './format.ts';
export {
  GKI_BLOCK,
  type GkiCertificate,
  type GkiCheck,
  type GkiContents,
  isGkiSigned,
  readGkiSignature,
  renewGkiSignature,
  verifyGkiSignature,
} from './gki-signature.ts';
export { addHashFooter, FOOTER_RESERVE, type HashFooterOptions, hashDescriptor } from './hash-footer.ts';
export { AVBTOOL_RELEASE, DEFAULT_RELEASE, makeVbmeta, type VbmetaSpec } from './make-vbmeta.ts';
export type { ImageBytes } from './pieces.ts';
export { type AvbPublicKey, decodePublicKey, encodePublicKey } from './public-key.ts';
export { carryFooter, isSigned, renewFooter } from './renew-footer.ts';
export { bootSignatureFormat, type SignatureFile } from './signature-format.ts';
export { publicKeyOf, type SigningKey } from './signing-key.ts';
export {
  HASHTREE_DISABLED,
  isVbmeta,
  readVbmeta,
  type Vbmeta,
  type VbmetaContent,
  VERIFICATION_DISABLED,
  vbmetaContent,
  writeVbmeta,
} from './vbmeta.ts';
export {
  type HashCheck,
  type HashFooterCheck,
  type HashVerdict,
  verifyHashDescriptor,
  verifyHashFooter,
} from './verify-hash.ts';
export { type VbmetaCheck, type Verdict, verifyVbmeta } from './verify-vbmeta.ts';
