import {
  bytes,
  concat,
  expectSize,
  FormatError,
  type LayoutValue,
  layout,
  magic,
  startsWith,
  toNumber,
  u32be,
  u64be,
} from '../binary/index.ts';
import { decodeDescriptors } from './decode-descriptor.ts';
import type { Descriptor } from './descriptor.ts';

export const VBMETA_MAGIC = 'AVB0';

/** AvbVBMetaImageHeader (libavb/avb_vbmeta_image.h); two blocks follow. Offsets count from their block. */
export const VbmetaHeader = expectSize(
  layout('vbmeta', {
    magic: magic(VBMETA_MAGIC),
    requiredMajor: u32be,
    requiredMinor: u32be,
    authenticationSize: u64be,
    auxiliarySize: u64be,
    algorithm: u32be,
    hashOffset: u64be,
    hashSize: u64be,
    signatureOffset: u64be,
    signatureSize: u64be,
    publicKeyOffset: u64be,
    publicKeySize: u64be,
    metadataOffset: u64be,
    metadataSize: u64be,
    descriptorsOffset: u64be,
    descriptorsSize: u64be,
    rollbackIndex: u64be,
    flags: u32be,
    rollbackIndexLocation: u32be,
    release: bytes(48),
    reserved: bytes(80),
  }),
  256,
);

/** Both blocks are multiples of this. */
export const BLOCK_ALIGN = 64;

/** Header flag: dm-verity is off. */
export const HASHTREE_DISABLED = 1;
/** Header flag: nothing is verified; 3 is the usual "disabled" vbmeta. */
export const VERIFICATION_DISABLED = 2;

/** A vbmeta structure as it lies in a file: nothing is lost. */
export interface Vbmeta {
  readonly header: LayoutValue<typeof VbmetaHeader>;
  /** Digest and signature. */
  readonly authentication: Uint8Array;
  /** Descriptors, public key and its metadata. */
  readonly auxiliary: Uint8Array;
  /** What follows the structure, usually zeros; a view of the input, which may be a whole partition. */
  readonly trailing: Uint8Array;
}

/** What a vbmeta structure says. */
export interface VbmetaContent {
  /** Number of the algorithm: 0 NONE, 1 to 6 as in {@link ALGORITHM_NAMES}. */
  readonly algorithm: number;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
  /** AVB public key blob, empty when unsigned. */
  readonly publicKey: Uint8Array;
  readonly publicKeyMetadata: Uint8Array;
  readonly descriptors: readonly Descriptor[];
  readonly rollbackIndex: bigint;
  readonly rollbackIndexLocation: number;
  readonly flags: number;
  /** Which program made it. */
  readonly release: string;
}

/** Whether the bytes begin as a vbmeta structure. */
export function isVbmeta(input: Uint8Array): boolean {
  return startsWith(input, VBMETA_MAGIC);
}

/**
 * Reads a vbmeta structure and checks what libavb checks before it looks at digests: version, block
 * sizes, ranges, release string, descriptors.
 * @throws FormatError when it is damaged or cut short.
 */
export function readVbmeta(input: Uint8Array): Vbmeta {
  const header = VbmetaHeader.read(input);
  if (header.requiredMajor !== 1) throw fault('requiredMajor', header.requiredMajor, 'AVB 1.x');
  if (!header.release.includes(0)) throw fault('release', 'no NUL', 'text that ends with a NUL');
  const authEnd = blockEnd(header, 'authenticationSize', VbmetaHeader.size, input.length);
  const auxEnd = blockEnd(header, 'auxiliarySize', authEnd, input.length);
  const vbmeta = {
    header,
    authentication: input.slice(VbmetaHeader.size, authEnd),
    auxiliary: input.slice(authEnd, auxEnd),
    trailing: input.subarray(auxEnd),
  };
  vbmetaContent(vbmeta);
  return vbmeta;
}

/** Writes what {@link readVbmeta} read, byte for byte. */
export function writeVbmeta({ header, authentication, auxiliary, trailing }: Vbmeta): Uint8Array {
  return concat([VbmetaHeader.write(header), authentication, auxiliary, trailing]);
}

/**
 * What the structure says.
 * @throws FormatError when a range leaves its block or a descriptor is damaged.
 */
export function vbmetaContent({ header, authentication, auxiliary }: Vbmeta): VbmetaContent {
  const descriptors = part(header, 'descriptors', auxiliary);
  const base = VbmetaHeader.size + authentication.length + Number(header.descriptorsOffset);
  return {
    algorithm: header.algorithm,
    hash: part(header, 'hash', authentication),
    signature: part(header, 'signature', authentication),
    publicKey: part(header, 'publicKey', auxiliary),
    publicKeyMetadata: part(header, 'metadata', auxiliary),
    descriptors: decodeDescriptors(descriptors, base),
    rollbackIndex: header.rollbackIndex,
    rollbackIndexLocation: header.rollbackIndexLocation,
    flags: header.flags,
    release: releaseOf(header.release),
  };
}

/** The bytes that digest and signature cover. */
export function signedBytes({ header, auxiliary }: Pick<Vbmeta, 'header' | 'auxiliary'>): Uint8Array {
  return concat([VbmetaHeader.write(header), auxiliary]);
}

function releaseOf(raw: Uint8Array): string {
  return Buffer.from(raw.subarray(0, raw.indexOf(0))).toString('latin1');
}

type Header = Vbmeta['header'];

function blockEnd(
  header: Header,
  key: 'authenticationSize' | 'auxiliarySize',
  start: number,
  length: number,
): number {
  const size = header[key];
  if (size % BigInt(BLOCK_ALIGN) !== 0n || size > BigInt(length - start)) {
    throw fault(key, size, `a multiple of ${BLOCK_ALIGN}, at most ${length - start}`);
  }
  return start + Number(size);
}

function part(
  header: Header,
  name: 'hash' | 'signature' | 'publicKey' | 'metadata' | 'descriptors',
  block: Uint8Array,
): Uint8Array {
  const place = (key: keyof Header) => ({ path: `vbmeta.${key}`, offset: VbmetaHeader.offsets[key] });
  const offset = toNumber(header[`${name}Offset`], place(`${name}Offset`));
  const size = toNumber(header[`${name}Size`], place(`${name}Size`));
  if (offset > block.length) throw fault(`${name}Offset`, offset, `at most ${block.length}`);
  if (size > block.length - offset) throw fault(`${name}Size`, size, `at most ${block.length - offset}`);
  return block.slice(offset, offset + size);
}

function fault(key: keyof Header, got: string | number | bigint, wanted: string): FormatError {
  return new FormatError('avb.vbmeta', {
    field: `vbmeta.${key}`,
    offset: VbmetaHeader.offsets[key],
    got,
    wanted,
  });
}
