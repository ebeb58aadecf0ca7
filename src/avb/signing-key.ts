import { createPrivateKey, createPublicKey, KeyObject, sign } from 'node:crypto';
import { UsageError } from '../binary/index.ts';
import { type Algorithm, type AlgorithmName, algorithmNamed, algorithmOf } from './algorithm.ts';
import { encodePublicKey } from './public-key.ts';

/** A private RSA key: PEM text (PKCS#1 or PKCS#8, not encrypted), its bytes, or node's key object. */
export type SigningKey = string | Uint8Array | KeyObject;

/** A key that fits its algorithm, ready to sign. */
export interface Signer {
  readonly algorithm: Algorithm;
  /** AVB public key blob. */
  readonly publicKey: Uint8Array;
  /** PKCS#1 v1.5 signature over the parts joined. */
  sign(data: Uint8Array): Uint8Array;
}

/**
 * Brings key and algorithm together. Without a name the key decides: SHA256_RSA of its size.
 * @returns undefined for NONE, which is also the default without a key.
 * @throws UsageError `avb.key` when a key is missing, unreadable, or of another size than the algorithm's.
 */
export function signerOf(key: SigningKey | undefined, name: AlgorithmName | undefined): Signer | undefined {
  if (key === undefined || name === 'NONE') {
    if (name === undefined || name === 'NONE') return undefined;
    throw new UsageError('avb.key', `${name} needs a key`, { hint: 'give a private RSA key as PEM' });
  }
  const secret = openKey(key);
  const publicKey = encodePublicKey(secret);
  const bits = secret.asymmetricKeyDetails?.modulusLength ?? 0;
  const algorithm = algorithmNamed(name ?? `SHA256_RSA${bits}`);
  const hash = algorithm.hash;
  if (algorithm.bits !== bits || hash === undefined) {
    throw new UsageError('avb.key', `the key has ${bits} bits, ${algorithm.name} wants ${algorithm.bits}`);
  }
  return { algorithm, publicKey, sign: (data) => new Uint8Array(sign(hash, data, secret)) };
}

/**
 * What makes a structure again with a key: the digest that it had, SHA-256 where it had none, and the size of
 * the key, which may be another one's.
 * @param type number of the old algorithm, in its header
 * @throws UsageError `avb.key`, `avb.algorithm`
 */
export function signedAgain(
  key: SigningKey,
  type: number,
): { readonly key: SigningKey; readonly algorithm: AlgorithmName } {
  const bits = openKey(key).asymmetricKeyDetails?.modulusLength ?? 0;
  const hash = algorithmOf(type)?.hash ?? 'sha256';
  return { key, algorithm: algorithmNamed(`${hash.toUpperCase()}_RSA${bits}`).name };
}

function openKey(key: SigningKey): KeyObject {
  const opened = key instanceof KeyObject ? key : parse(key);
  if (opened.type === 'private' && opened.asymmetricKeyType === 'rsa') return opened;
  throw new UsageError('avb.key', 'the key is no private RSA key');
}

function parse(key: string | Uint8Array): KeyObject {
  try {
    return createPrivateKey(typeof key === 'string' ? key : Buffer.from(key));
  } catch (cause) {
    throw new UsageError('avb.key', 'the key cannot be read', {
      cause,
      hint: 'it must be a private key in PEM without a passphrase; `openssl rsa -in KEY -out PLAIN` takes one off',
    });
  }
}

/**
 * The AVB public key blob of a key in PEM, private or public.
 * @throws UsageError `avb.key` when it cannot be read, or is of a kind that AVB does not take
 */
export function publicKeyOf(pem: Uint8Array): Uint8Array {
  try {
    return encodePublicKey(createPublicKey(Buffer.from(pem)));
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError('avb.key', 'the key cannot be read', {
      cause,
      hint: 'it must be an RSA key in PEM',
    });
  }
}
