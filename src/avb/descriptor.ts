/** Bytes without a meaning that a read descriptor carried; written back as they were. */
export interface Slack {
  /** The table's reserved field, when not all zero. */
  readonly reserved?: Uint8Array;
  /** What follows the content, when it is not the least number of zeros to a multiple of 8. */
  readonly tail?: Uint8Array;
}

/** A named value, handed to the running system. */
export interface PropertyDescriptor extends Slack {
  readonly kind: 'property';
  readonly key: string;
  readonly value: Uint8Array;
}

/** Set when name.partition is meant, never name_a or name_b. */
export const DO_NOT_USE_AB = 1;

interface Hashed extends Slack {
  /** `sha256`, `sha512`, `sha1`, `blake2b-256`. */
  readonly hashAlgorithm: string;
  readonly partition: string;
  readonly salt: Uint8Array;
  /** Empty: the digest is kept on the device (persistent digest). */
  readonly digest: Uint8Array;
  /** Bit 0: {@link DO_NOT_USE_AB}. */
  readonly flags: number;
}

/** A partition that is hashed as a whole: boot, init_boot, vendor_boot, dtbo. */
export interface HashDescriptor extends Hashed {
  readonly kind: 'hash';
  /** Bytes that are hashed, before any padding. */
  readonly imageSize: bigint;
}

/** A partition under dm-verity. Sizes and offsets are bytes; `digest` is the tree's root. */
export interface HashtreeDescriptor extends Hashed {
  readonly kind: 'hashtree';
  readonly dmVerityVersion: number;
  readonly imageSize: bigint;
  readonly treeOffset: bigint;
  readonly treeSize: bigint;
  readonly dataBlockSize: number;
  readonly hashBlockSize: number;
  readonly fecRoots: number;
  readonly fecOffset: bigint;
  readonly fecSize: bigint;
}

/** Words for the kernel command line. */
export interface KernelCmdlineDescriptor extends Slack {
  readonly kind: 'kernel-cmdline';
  /** Bit 0: only while hashtrees are on; bit 1: only while they are off. */
  readonly flags: number;
  readonly cmdline: string;
}

/** A partition with a vbmeta structure of its own, signed with this key. */
export interface ChainPartitionDescriptor extends Slack {
  readonly kind: 'chain-partition';
  readonly partition: string;
  readonly rollbackIndexLocation: number;
  /** AVB public key blob. */
  readonly publicKey: Uint8Array;
  /** Bit 0: {@link DO_NOT_USE_AB}, since AVB 1.3. */
  readonly flags: number;
}

/** A tag that AVB 1.3 does not know, kept as it is. */
export interface UnknownDescriptor {
  readonly kind: 'unknown';
  readonly tag: bigint;
  /** A multiple of 8 bytes. */
  readonly data: Uint8Array;
}

export type Descriptor =
  | PropertyDescriptor
  | HashtreeDescriptor
  | HashDescriptor
  | KernelCmdlineDescriptor
  | ChainPartitionDescriptor
  | UnknownDescriptor;

/** The libavb minor version (1.N) that a descriptor needs (avbtool --print_required_libavb_version). */
export function minorNeeded(descriptor: Descriptor): number {
  if (descriptor.kind === 'chain-partition') return (descriptor.flags & DO_NOT_USE_AB) === 0 ? 0 : 3;
  if (descriptor.kind !== 'hash' && descriptor.kind !== 'hashtree') return 0;
  return (descriptor.flags & DO_NOT_USE_AB) !== 0 || descriptor.digest.length === 0 ? 1 : 0;
}
