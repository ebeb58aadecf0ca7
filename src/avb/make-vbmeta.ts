import { alignUp, concat, latin1, UsageError } from '../binary/index.ts';
import type { AlgorithmName } from './algorithm.ts';
import { type Descriptor, minorNeeded } from './descriptor.ts';
import { encodeDescriptor } from './encode-descriptor.ts';
import { digestOf } from './pieces.ts';
import { type Signer, type SigningKey, signerOf } from './signing-key.ts';
import { BLOCK_ALIGN, signedBytes, VBMETA_MAGIC, VbmetaHeader } from './vbmeta.ts';

/**
 * Release string of structures that mnx makes. It carries no version, so that the bytes stay the
 * same from one release of mnx to the next.
 */
export const DEFAULT_RELEASE = 'mnx';

/** What avbtool 1.3.0 writes; give it as `release` for its exact bytes. */
export const AVBTOOL_RELEASE = 'avbtool 1.3.0';

const RELEASE_SIZE = 47;

/** What a new vbmeta structure shall say. */
export interface VbmetaSpec {
  /** In the order in which they are written. */
  readonly descriptors?: readonly Descriptor[];
  /** Default: SHA256_RSA of the key's size, NONE without a key. */
  readonly algorithm?: AlgorithmName;
  readonly key?: SigningKey;
  /** Blob of the key's owner, for loaders that check it. */
  readonly publicKeyMetadata?: Uint8Array;
  readonly rollbackIndex?: bigint;
  readonly rollbackIndexLocation?: number;
  /** 1 hashtrees off, 2 verification off. */
  readonly flags?: number;
  /** At most 47 characters; default {@link DEFAULT_RELEASE}. */
  readonly release?: string;
  /** Least libavb 1.N wanted; raised to what the content needs. */
  readonly requiredMinor?: number;
  /** The file's size is rounded up to a multiple of this; 0 leaves it (avbtool --padding_size). */
  readonly padding?: number;
}

/**
 * Makes a vbmeta structure: the bytes of avbtool 1.3.0 `make_vbmeta_image` when `release` is
 * {@link AVBTOOL_RELEASE}.
 * @throws UsageError when key, algorithm, release string or padding do not fit.
 */
export function makeVbmeta(spec: VbmetaSpec = {}): Uint8Array {
  const signer = signerOf(spec.key, spec.algorithm);
  const descriptors = concat((spec.descriptors ?? []).map(encodeDescriptor));
  const content = [
    descriptors,
    signer?.publicKey ?? new Uint8Array(),
    spec.publicKeyMetadata ?? new Uint8Array(),
  ];
  const auxiliary = padded(content, BLOCK_ALIGN);
  const header = headerOf(spec, content, signer, auxiliary.length);
  const authentication = authenticate(signer, signedBytes({ header, auxiliary }));
  return padded([VbmetaHeader.write(header), authentication, auxiliary], paddingOf(spec));
}

function headerOf(
  spec: VbmetaSpec,
  content: readonly Uint8Array[],
  signer: Signer | undefined,
  auxiliarySize: number,
) {
  const [descriptors = 0, publicKey = 0, metadata = 0] = content.map((part) => part.length);
  const hashSize = signer?.algorithm.hashSize ?? 0;
  const signatureSize = (signer?.algorithm.bits ?? 0) / 8;
  return {
    magic: VBMETA_MAGIC,
    requiredMajor: 1,
    requiredMinor: minorOf(spec),
    authenticationSize: BigInt(alignUp(hashSize + signatureSize, BLOCK_ALIGN)),
    auxiliarySize: BigInt(auxiliarySize),
    algorithm: signer?.algorithm.type ?? 0,
    hashOffset: 0n,
    hashSize: BigInt(hashSize),
    signatureOffset: BigInt(hashSize),
    signatureSize: BigInt(signatureSize),
    publicKeyOffset: BigInt(descriptors),
    publicKeySize: BigInt(publicKey),
    metadataOffset: BigInt(descriptors + publicKey),
    metadataSize: BigInt(metadata),
    descriptorsOffset: 0n,
    descriptorsSize: BigInt(descriptors),
    rollbackIndex: spec.rollbackIndex ?? 0n,
    flags: spec.flags ?? 0,
    rollbackIndexLocation: spec.rollbackIndexLocation ?? 0,
    release: releaseField(spec.release ?? DEFAULT_RELEASE),
    reserved: new Uint8Array(80),
  };
}

function minorOf(spec: VbmetaSpec): number {
  const needs = (spec.descriptors ?? []).map(minorNeeded);
  const location = (spec.rollbackIndexLocation ?? 0) > 0 ? 2 : 0;
  return needs.reduce((a, b) => Math.max(a, b), Math.max(location, spec.requiredMinor ?? 0));
}

function authenticate(signer: Signer | undefined, data: Uint8Array): Uint8Array {
  const hash = signer?.algorithm.hash;
  if (signer === undefined || hash === undefined) return new Uint8Array();
  return padded([digestOf(hash, [data]), signer.sign(data)], BLOCK_ALIGN);
}

function releaseField(text: string): Uint8Array {
  if (!/^[\x20-\x7e]*$/.test(text) || text.length > RELEASE_SIZE) {
    throw new UsageError('avb.release', `the release string ${JSON.stringify(text)} does not fit`, {
      hint: `at most ${RELEASE_SIZE} printable ASCII characters`,
    });
  }
  return concat([latin1(text), new Uint8Array(RELEASE_SIZE + 1 - text.length)]);
}

function paddingOf({ padding = 0 }: VbmetaSpec): number {
  if (!Number.isInteger(padding) || padding < 0 || padding > 2 ** 30) {
    throw new UsageError('avb.padding', `a padding of ${padding} bytes is not possible`);
  }
  return padding === 0 ? 1 : padding;
}

function padded(parts: readonly Uint8Array[], unit: number): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return concat([...parts, new Uint8Array(alignUp(size, unit) - size)]);
}
