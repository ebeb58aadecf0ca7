import { type Fact, type Format, hex, sha256 } from '../binary/index.ts';
import { algorithmOf } from './algorithm.ts';
import type { Descriptor } from './descriptor.ts';
import { isVbmeta, readVbmeta, type Vbmeta, VbmetaHeader, vbmetaContent, writeVbmeta } from './vbmeta.ts';

/** vbmeta.img, and the structure that a footer points to. */
export const vbmetaFormat: Format<Vbmeta> = {
  name: 'vbmeta',
  detect: isVbmeta,
  read: readVbmeta,
  write: writeVbmeta,
  describe,
};

function describe(vbmeta: Vbmeta): readonly Fact[] {
  const content = vbmetaContent(vbmeta);
  const at = (key: keyof Vbmeta['header']) => ({ offset: VbmetaHeader.offsets[key] });
  const { requiredMajor, requiredMinor } = vbmeta.header;
  const key = content.publicKey;
  return [
    { name: 'required libavb', value: `${requiredMajor}.${requiredMinor}`, ...at('requiredMajor') },
    {
      name: 'algorithm',
      value: algorithmOf(content.algorithm)?.name ?? `unknown ${content.algorithm}`,
      ...at('algorithm'),
    },
    { name: 'rollback index', value: String(content.rollbackIndex), ...at('rollbackIndex') },
    {
      name: 'rollback index location',
      value: String(content.rollbackIndexLocation),
      ...at('rollbackIndexLocation'),
    },
    { name: 'flags', value: hex(content.flags), ...at('flags') },
    { name: 'release', value: content.release, ...at('release') },
    {
      name: 'public key',
      value: key.length === 0 ? 'none' : `sha256 ${sha256(key)}`,
      ...at('publicKeyOffset'),
    },
    ...content.descriptors.map((descriptor) => ({ name: descriptor.kind, value: sentence(descriptor) })),
    { name: 'trailing', value: `${vbmeta.trailing.length} bytes` },
  ];
}

function sentence(descriptor: Descriptor): string {
  switch (descriptor.kind) {
    case 'property':
      return `${descriptor.key} = ${JSON.stringify(Buffer.from(descriptor.value).toString('utf8'))}`;
    case 'kernel-cmdline':
      return descriptor.cmdline;
    case 'chain-partition':
      return `${descriptor.partition}, rollback index location ${descriptor.rollbackIndexLocation}`;
    case 'unknown':
      return `tag ${descriptor.tag}, ${descriptor.data.length} bytes`;
    default: {
      const digest = Buffer.from(descriptor.digest).toString('hex');
      return `${descriptor.partition}, ${descriptor.imageSize} bytes, ${descriptor.hashAlgorithm} ${digest}`;
    }
  }
}
