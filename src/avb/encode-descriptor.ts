import { concat, latin1, MnxError, padding, utf8 } from '../binary/index.ts';
import type {
  ChainPartitionDescriptor,
  Descriptor,
  HashDescriptor,
  HashtreeDescriptor,
  Slack,
} from './descriptor.ts';
import {
  ChainTable,
  CmdlineTable,
  DESCRIPTOR_ALIGN,
  HashTable,
  HashtreeTable,
  Head,
  PropertyTable,
  TAG,
} from './descriptor-layout.ts';

const NUL = new Uint8Array(1);
const RESERVED = 60;
const HASH_NAME = 32;

/**
 * Writes one descriptor with its padding.
 * @throws MnxError `binary.range` for numbers that do not fit, `avb.hash-name` for a name over 32 bytes.
 */
export function encodeDescriptor(descriptor: Descriptor): Uint8Array {
  switch (descriptor.kind) {
    case 'unknown':
      return concat([
        Head.write({ tag: descriptor.tag, following: BigInt(descriptor.data.length) }),
        descriptor.data,
      ]);
    case 'property': {
      const key = utf8(descriptor.key);
      const sizes = { keySize: BigInt(key.length), valueSize: BigInt(descriptor.value.length) };
      return finish(descriptor, PropertyTable.size, [key, NUL, descriptor.value, NUL], (following) =>
        PropertyTable.write({ tag: TAG.property, following, ...sizes }),
      );
    }
    case 'kernel-cmdline': {
      const text = utf8(descriptor.cmdline);
      return finish(descriptor, CmdlineTable.size, [text], (following) =>
        CmdlineTable.write({ tag: TAG.cmdline, following, flags: descriptor.flags, textSize: text.length }),
      );
    }
    case 'hash': {
      const { fields, content } = hashed(descriptor);
      return finish(descriptor, HashTable.size, content, (following) =>
        HashTable.write({ tag: TAG.hash, following, imageSize: descriptor.imageSize, ...fields }),
      );
    }
    case 'hashtree': {
      const { fields, content } = hashed(descriptor);
      return finish(descriptor, HashtreeTable.size, content, (following) =>
        HashtreeTable.write({ ...descriptor, tag: TAG.hashtree, following, ...fields }),
      );
    }
    case 'chain-partition':
      return encodeChain(descriptor);
  }
}

function encodeChain(descriptor: ChainPartitionDescriptor): Uint8Array {
  const name = utf8(descriptor.partition);
  const { publicKey, rollbackIndexLocation, flags } = descriptor;
  return finish(descriptor, ChainTable.size, [name, publicKey], (following) =>
    ChainTable.write({
      tag: TAG.chain,
      following,
      rollbackIndexLocation,
      flags,
      nameSize: name.length,
      keySize: publicKey.length,
      reserved: descriptor.reserved ?? new Uint8Array(RESERVED),
    }),
  );
}

function hashed(descriptor: HashDescriptor | HashtreeDescriptor) {
  const name = utf8(descriptor.partition);
  const algorithm = latin1(descriptor.hashAlgorithm);
  if (algorithm.length > HASH_NAME) {
    throw new MnxError('avb.hash-name', `hash name ${descriptor.hashAlgorithm} is over ${HASH_NAME} bytes`);
  }
  const fields = {
    hashAlgorithm: concat([algorithm, new Uint8Array(HASH_NAME - algorithm.length)]),
    nameSize: name.length,
    saltSize: descriptor.salt.length,
    digestSize: descriptor.digest.length,
    flags: descriptor.flags,
    reserved: descriptor.reserved ?? new Uint8Array(RESERVED),
  };
  return { fields, content: [name, descriptor.salt, descriptor.digest] };
}

function finish(
  slack: Slack,
  tableSize: number,
  content: readonly Uint8Array[],
  table: (following: bigint) => Uint8Array,
): Uint8Array {
  const size = content.reduce((sum, part) => sum + part.length, tableSize);
  const tail = slack.tail ?? new Uint8Array(padding(size, DESCRIPTOR_ALIGN));
  const following = BigInt(size + tail.length - Head.size);
  return concat([table(following), ...content, tail]);
}
