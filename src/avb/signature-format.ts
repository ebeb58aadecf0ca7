import { concat, type Fact, type Format } from '../binary/index.ts';
import { type BootSignature, isBootSignature, readBootSignature } from './boot-signature.ts';

/** What stands behind the last page of an image that AVB 1 signs. */
export interface SignatureFile {
  readonly signature: BootSignature;
  readonly trailing: Uint8Array;
}

/** The signature of Android Verified Boot 1. */
export const bootSignatureFormat: Format<SignatureFile> = {
  name: 'avb1-signature',
  detect: isBootSignature,
  read: (bytes) => {
    const signature = readBootSignature(bytes);
    return { signature, trailing: bytes.subarray(signature.raw.length) };
  },
  write: ({ signature, trailing }) => concat([signature.raw, trailing]),
  describe,
};

function describe({ signature, trailing }: SignatureFile): Fact[] {
  const { raw, certificate, target, length } = signature;
  return [
    { name: 'target', value: target },
    { name: 'signed', value: `${length} bytes` },
    { name: 'certificate', value: `${certificate.length} bytes` },
    { name: 'signature', value: `${signature.signature.length} bytes`, offset: 0, size: raw.length },
    { name: 'trailing', value: `${trailing.length} bytes` },
  ];
}
