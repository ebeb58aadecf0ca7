import { type HashName, UsageError } from '../binary/index.ts';

/** How a vbmeta structure is protected, as avbtool names it. */
export type AlgorithmName =
  | 'NONE'
  | 'SHA256_RSA2048'
  | 'SHA256_RSA4096'
  | 'SHA256_RSA8192'
  | 'SHA512_RSA2048'
  | 'SHA512_RSA4096'
  | 'SHA512_RSA8192';

/** Sizes of the RSA keys that AVB knows. */
export type KeyBits = 2048 | 4096 | 8192;

/** One algorithm: its number in the header, its digest and its key. */
export interface Algorithm {
  readonly name: AlgorithmName;
  readonly type: number;
  readonly hash: HashName | undefined;
  /** Bytes of the digest. */
  readonly hashSize: number;
  /** 0 without a key. */
  readonly bits: KeyBits | 0;
}

/** libavb/avb_crypto.h, AvbAlgorithmType. */
const ALGORITHMS: readonly Algorithm[] = [
  { name: 'NONE', type: 0, hash: undefined, hashSize: 0, bits: 0 },
  { name: 'SHA256_RSA2048', type: 1, hash: 'sha256', hashSize: 32, bits: 2048 },
  { name: 'SHA256_RSA4096', type: 2, hash: 'sha256', hashSize: 32, bits: 4096 },
  { name: 'SHA256_RSA8192', type: 3, hash: 'sha256', hashSize: 32, bits: 8192 },
  { name: 'SHA512_RSA2048', type: 4, hash: 'sha512', hashSize: 64, bits: 2048 },
  { name: 'SHA512_RSA4096', type: 5, hash: 'sha512', hashSize: 64, bits: 4096 },
  { name: 'SHA512_RSA8192', type: 6, hash: 'sha512', hashSize: 64, bits: 8192 },
];

/** All names, in the order of their numbers. */
export const ALGORITHM_NAMES: readonly AlgorithmName[] = ALGORITHMS.map(({ name }) => name);

/** The algorithm that a header names; undefined for numbers of other tools (7 and 8 are avbroot's ML-DSA). */
export function algorithmOf(type: number): Algorithm | undefined {
  return ALGORITHMS.find((algorithm) => algorithm.type === type);
}

/** @throws UsageError `avb.algorithm` for a name that AVB does not have. */
export function algorithmNamed(name: string): Algorithm {
  const found = ALGORITHMS.find((algorithm) => algorithm.name === name);
  if (found === undefined) {
    throw new UsageError('avb.algorithm', `no AVB algorithm is called ${JSON.stringify(name)}`, {
      hint: `one of ${ALGORITHM_NAMES.join(', ')}`,
    });
  }
  return found;
}
