import { bytes, expectSize, layout, u32be, u64be } from '../binary/index.ts';

/** Every descriptor begins so; the rest is padded to a multiple of 8 (libavb/avb_descriptor.h). */
export const Head = layout('avb-descriptor', { tag: u64be, following: u64be });

const head = { tag: u64be, following: u64be };
const treeGeometry = {
  dmVerityVersion: u32be,
  imageSize: u64be,
  treeOffset: u64be,
  treeSize: u64be,
  dataBlockSize: u32be,
  hashBlockSize: u32be,
  fecRoots: u32be,
  fecOffset: u64be,
  fecSize: u64be,
};

/** What hash and hashtree descriptors end with; name, salt and digest follow. */
const hashed = {
  hashAlgorithm: bytes(32),
  nameSize: u32be,
  saltSize: u32be,
  digestSize: u32be,
  flags: u32be,
  reserved: bytes(60),
};

/** libavb/avb_property_descriptor.h; key NUL value NUL follow. */
export const PropertyTable = expectSize(
  layout('avb-property', { ...head, keySize: u64be, valueSize: u64be }),
  32,
);

/** libavb/avb_hashtree_descriptor.h. */
export const HashtreeTable = expectSize(layout('avb-hashtree', { ...head, ...treeGeometry, ...hashed }), 180);

/** libavb/avb_hash_descriptor.h. */
export const HashTable = expectSize(layout('avb-hash', { ...head, imageSize: u64be, ...hashed }), 132);

/** libavb/avb_kernel_cmdline_descriptor.h; the text follows. */
export const CmdlineTable = expectSize(layout('avb-cmdline', { ...head, flags: u32be, textSize: u32be }), 24);

/** libavb/avb_chain_partition_descriptor.h; name and key follow. */
export const ChainTable = expectSize(
  layout('avb-chain', {
    ...head,
    rollbackIndexLocation: u32be,
    nameSize: u32be,
    keySize: u32be,
    flags: u32be,
    reserved: bytes(60),
  }),
  92,
);

/** AvbDescriptorTag. */
export const TAG = { property: 0n, hashtree: 1n, hash: 2n, cmdline: 3n, chain: 4n } as const;

/** Descriptors lie on multiples of this. */
export const DESCRIPTOR_ALIGN = 8;
