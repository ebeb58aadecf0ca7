import { constants, type KeyObject, verify } from 'node:crypto';
import { equal, FormatError } from '../binary/index.ts';
import { type Algorithm, algorithmOf } from './algorithm.ts';
import { digestOf } from './pieces.ts';
import { decodePublicKey } from './public-key.ts';
import { readVbmeta, signedBytes, type Vbmeta, type VbmetaContent, vbmetaContent } from './vbmeta.ts';

/** How one thing came out. `absent`: there is none; `unknown`: an algorithm or key that AVB 1.3 does not have. */
export type Verdict = 'match' | 'mismatch' | 'absent' | 'unknown';

/** What a loader would find. */
export interface VbmetaCheck {
  /** Undefined for a number of other tools. */
  readonly algorithm: Algorithm | undefined;
  readonly digest: Verdict;
  readonly signature: Verdict;
  /** Against the expected key; `absent` when none was given. */
  readonly key: Verdict;
  /** Whether n0inv and rr of the embedded key, which loaders calculate with, are right. */
  readonly keyConsistent: boolean;
  /**
   * Nothing is wrong. Unsigned structures (NONE) are intact only while no key is expected and they carry
   * neither digest, signature nor key: one that does was signed once and had its algorithm taken off.
   */
  readonly intact: boolean;
}

/**
 * Checks digest and signature with the embedded key, and that key against the one wanted.
 * @param publicKey AVB public key blob that the loader trusts.
 * @throws FormatError when the structure itself is damaged.
 */
export function verifyVbmeta(input: Uint8Array | Vbmeta, publicKey?: Uint8Array): VbmetaCheck {
  const vbmeta = input instanceof Uint8Array ? readVbmeta(input) : input;
  const content = vbmetaContent(vbmeta);
  const algorithm = algorithmOf(content.algorithm);
  const key = expectedKey(content, publicKey);
  if (algorithm === undefined) {
    return { algorithm, digest: 'unknown', signature: 'unknown', key, keyConsistent: false, intact: false };
  }
  if (algorithm.hash === undefined) {
    const bare = content.hash.length + content.signature.length + content.publicKey.length === 0;
    const verdict = bare ? 'absent' : 'mismatch';
    const intact = bare && key === 'absent';
    return { algorithm, digest: verdict, signature: verdict, key, keyConsistent: bare, intact };
  }
  const data = signedBytes(vbmeta);
  const digest = equal(digestOf(algorithm.hash, [data]), content.hash) ? 'match' : 'mismatch';
  const { signature, keyConsistent } = checkSignature(content, algorithm, data);
  const intact = digest === 'match' && signature === 'match' && keyConsistent && key !== 'mismatch';
  return { algorithm, digest, signature, key, keyConsistent, intact };
}

function expectedKey(content: VbmetaContent, wanted: Uint8Array | undefined): Verdict {
  if (wanted === undefined) return 'absent';
  return equal(content.publicKey, wanted) ? 'match' : 'mismatch';
}

function checkSignature(content: VbmetaContent, algorithm: Algorithm, data: Uint8Array) {
  const opened = openKey(content.publicKey);
  if (opened === undefined) return { signature: 'unknown' as const, keyConsistent: false };
  const good =
    opened.bits === algorithm.bits && rsaVerify(algorithm.hash ?? '', data, opened.key, content.signature);
  return { signature: good ? ('match' as const) : ('mismatch' as const), keyConsistent: opened.consistent };
}

function openKey(blob: Uint8Array) {
  try {
    return decodePublicKey(blob);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** OpenSSL throws for some keys and signatures that it cannot work with: they do not verify. */
function rsaVerify(hash: string, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return verify(hash, data, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    return false;
  }
}
