import { concat, type HashName, MnxError } from '../binary/index.ts';
import { algorithmOf } from './algorithm.ts';
import type { HashDescriptor } from './descriptor.ts';
import { hashDescriptor } from './hash-footer.ts';
import { makeVbmeta } from './make-vbmeta.ts';
import { allZero, sizeOf } from './pieces.ts';
import { type SigningKey, signedAgain } from './signing-key.ts';
import { isVbmeta, readVbmeta, type Vbmeta, vbmetaContent, writeVbmeta } from './vbmeta.ts';
import { type HashVerdict, verifyHashDescriptor } from './verify-hash.ts';
import { type VbmetaCheck, verifyVbmeta } from './verify-vbmeta.ts';

/** Bytes of the block that certify_bootimg puts behind an image (BOOT_SIGNATURE_SIZE). */
export const GKI_BLOCK = 16 * 1024;

/** One certificate of a generic kernel image: a vbmeta structure with the hash of what it is for. */
export interface GkiCertificate {
  readonly vbmeta: Vbmeta;
  readonly hash: HashDescriptor;
}

/** What certificates speak of: `boot` is the image up to the block, `generic_kernel` the kernel section. */
export type GkiContents = Readonly<Record<string, readonly Uint8Array[] | undefined>>;

/** How one certificate came out. `unknown`: it is for something that is not in the image. */
export interface GkiCheck {
  readonly name: string;
  readonly hash: HashVerdict;
  readonly structure: VbmetaCheck;
}

/**
 * The certificates in a boot signature block: vbmeta structures one behind the other, then zeros. mkbootimg
 * writes one into the section of header v4, certify_bootimg two behind the image; loaders pass both over.
 * @returns undefined when the block holds no certificate
 * @throws FormatError when one of them is damaged
 */
export function readGkiSignature(block: Uint8Array): readonly GkiCertificate[] | undefined {
  const found: GkiCertificate[] = [];
  let rest = block;
  while (isVbmeta(rest)) {
    const vbmeta = readVbmeta(rest);
    const hash = vbmetaContent(vbmeta).descriptors.find((descriptor) => descriptor.kind === 'hash');
    if (hash === undefined) return undefined;
    found.push({ vbmeta: { ...vbmeta, trailing: new Uint8Array() }, hash });
    rest = vbmeta.trailing;
  }
  return found.length > 0 && allZero(rest) ? found : undefined;
}

/** Holds certificates against what they are for. */
export function verifyGkiSignature(
  certificates: readonly GkiCertificate[],
  contents: GkiContents,
): GkiCheck[] {
  return certificates.map(({ vbmeta, hash }) => {
    const content = contents[hash.partition];
    return {
      name: hash.partition,
      hash: content === undefined ? 'unknown' : verifyHashDescriptor(content, hash, sizeOf(content)).verdict,
      structure: verifyVbmeta(vbmeta),
    };
  });
}

/** Whether any of the certificates is signed, so that new ones need a key. */
export function isGkiSigned(certificates: readonly GkiCertificate[]): boolean {
  return certificates.some(({ vbmeta }) => vbmetaContent(vbmeta).algorithm !== 0);
}

/**
 * The same certificates for a new content: salt, properties, release string and hash of the digest stay. With a key
 * those that were signed are signed again; the others never were and stay unsigned.
 * @param size Bytes of the block.
 * @throws MnxError `avb.too-big` when they no longer fit; UsageError `avb.key`
 */
export function renewGkiSignature(
  certificates: readonly GkiCertificate[],
  contents: GkiContents,
  { size, key }: { readonly size: number; readonly key: SigningKey | undefined },
): Uint8Array {
  const made = concat(certificates.map((certificate) => renewed(certificate, contents, key)));
  if (made.length > size) {
    throw new MnxError('avb.too-big', `the boot signature has ${made.length} bytes, its block ${size}`, {
      hint: 'Sign with a smaller key.',
    });
  }
  return concat([made, new Uint8Array(size - made.length)]);
}

function renewed(
  { vbmeta, hash }: GkiCertificate,
  contents: GkiContents,
  key: SigningKey | undefined,
): Uint8Array {
  const content = contents[hash.partition];
  // A digest that is not known is left as it is, and so is one of something that is not here.
  const known = content !== undefined && verifyHashDescriptor(content, hash).verdict !== 'unknown';
  if (!known) return writeVbmeta(vbmeta);
  const old = vbmetaContent(vbmeta);
  const fresh = hashDescriptor(content, {
    partitionName: hash.partition,
    hashAlgorithm: hash.hashAlgorithm as HashName,
    salt: hash.salt,
    doNotUseAb: hash.flags !== 0,
  });
  const { rollbackIndex, rollbackIndexLocation, flags, release, publicKeyMetadata } = old;
  return makeVbmeta({
    descriptors: old.descriptors.map((descriptor) => (descriptor.kind === 'hash' ? fresh : descriptor)),
    rollbackIndex,
    rollbackIndexLocation,
    flags,
    release,
    publicKeyMetadata,
    requiredMinor: vbmeta.header.requiredMinor,
    ...(key === undefined || algorithmOf(old.algorithm)?.hash === undefined
      ? {}
      : signedAgain(key, old.algorithm)),
  });
}
