import { createPublicKey, type KeyObject } from 'node:crypto';
import { concat, equal, FormatError, layout, UsageError, u32be } from '../binary/index.ts';
import type { KeyBits } from './algorithm.ts';

/** AvbRSAPublicKeyHeader (libavb/avb_crypto.h); modulus and rr follow, `bits` / 8 bytes each. */
const Header = layout('avb-key', { bits: u32be, n0inv: u32be });

const WORD = 1n << 32n;
const EXPONENT = 'AQAB';
const BITS: readonly number[] = [2048, 4096, 8192] satisfies KeyBits[];

/** An AVB public key blob taken apart. */
export interface AvbPublicKey {
  readonly bits: KeyBits;
  readonly modulus: bigint;
  readonly key: KeyObject;
  /** Whether n0inv and rr, which loaders calculate with, belong to the modulus. */
  readonly consistent: boolean;
}

/**
 * Writes the key as loaders read it: bits, -1/n mod 2^32, n, and (2^bits)^2 mod n.
 * @param key Any key object with an RSA public part.
 * @throws UsageError `avb.key` when it is not RSA of 2048, 4096 or 8192 bits with exponent 65537.
 */
export function encodePublicKey(key: KeyObject): Uint8Array {
  const { kty, n, e } = key.export({ format: 'jwk' });
  if (kty !== 'RSA' || n === undefined || e !== EXPONENT) {
    throw new UsageError('avb.key', 'AVB takes RSA keys with the exponent 65537 only');
  }
  const modulus = toBigint(Buffer.from(n, 'base64url'));
  const bits = modulus.toString(2).length;
  if (!isKeyBits(bits)) {
    throw new UsageError('avb.key', `the key has ${bits} bits`, {
      hint: 'AVB takes RSA keys of 2048, 4096 or 8192 bits',
    });
  }
  return blobOf(modulus, bits);
}

/** Bytes of the blob of a key of `bits`. */
export function publicKeySize(bits: number): number {
  return bits === 0 ? 0 : Header.size + (2 * bits) / 8;
}

/**
 * Reads a blob, for example from a vbmeta structure or from `avb_pkmd.bin`.
 * @throws FormatError `avb.public-key` when it is no RSA key of a size that AVB knows.
 */
export function decodePublicKey(blob: Uint8Array): AvbPublicKey {
  const { bits } = Header.read(blob);
  if (!isKeyBits(bits)) throw fault('bits', Header.offsets.bits, bits, '2048, 4096 or 8192');
  if (blob.length !== publicKeySize(bits)) {
    throw fault('size', 0, blob.length, `${publicKeySize(bits)} bytes for ${bits} bits`);
  }
  const raw = blob.subarray(Header.size, Header.size + bits / 8);
  const modulus = toBigint(raw);
  if (modulus % 2n === 0n || modulus.toString(2).length !== bits) {
    throw fault('modulus', Header.size, 'an impossible modulus', `an odd number of ${bits} bits`);
  }
  const n = Buffer.from(raw).toString('base64url');
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n, e: EXPONENT }, format: 'jwk' });
    return { bits, modulus, key, consistent: equal(blob, blobOf(modulus, bits)) };
  } catch (cause) {
    throw fault('modulus', Header.size, 'a modulus that no RSA key has', 'a product of two primes', cause);
  }
}

function blobOf(modulus: bigint, bits: KeyBits): Uint8Array {
  const rr = (1n << BigInt(2 * bits)) % modulus;
  const n0inv = Number(WORD - inverse(modulus % WORD));
  return concat([Header.write({ bits, n0inv }), fromBigint(modulus, bits / 8), fromBigint(rr, bits / 8)]);
}

/** 1/n mod 2^32 of an odd n by Newton's iteration; each round doubles the correct bits from 3. */
function inverse(n: bigint): bigint {
  let x = n;
  for (let correct = 3; correct < 32; correct *= 2) x = (x * (2n - n * x)) & (WORD - 1n);
  return x;
}

function isKeyBits(bits: number): bits is KeyBits {
  return BITS.includes(bits);
}

function toBigint(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function fromBigint(value: bigint, size: number): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex'));
}

function fault(
  field: string,
  offset: number,
  got: string | number,
  wanted: string,
  cause?: unknown,
): FormatError {
  return new FormatError('avb.public-key', { field: `avb-key.${field}`, offset, got, wanted }, { cause });
}
