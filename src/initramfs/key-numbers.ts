import { createECDH, createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { equal, FormatError, UsageError } from '../binary/index.ts';
import { type CURVES, dropbearHostKey, HOST_KEY_HINT } from './host-key.ts';

type Curve = (typeof CURVES)[number];

/** What a private key's file says, whatever its format. */
export type KeyNumbers =
  | { readonly type: 'ed25519'; readonly seed: Uint8Array; readonly point: Uint8Array }
  | {
      readonly type: 'ecdsa';
      readonly curve: Curve;
      /** Not compressed: 4, x, y. */
      readonly point: Uint8Array;
      readonly d: Uint8Array;
    }
  | ({ readonly type: 'rsa' } & RsaNumbers);

type RsaNumbers = Readonly<Record<'n' | 'e' | 'd' | 'p' | 'q', Uint8Array>>;

/** dropbear reads a key file into a buffer of this size (sysoptions.h, MAX_PRIVKEY_SIZE). */
const DROPBEAR_LIMIT = 1700;
const RSA_BITS = { least: 1024, most: 4096 };

/**
 * The key of these numbers, once they belong together: a phone that shows another public key than it
 * can sign for lets nobody in. What is refused is not shown, since it is a secret.
 * @param name how errors call the file
 * @throws UsageError `initramfs.host-key-size`; FormatError `initramfs.host-key-format`
 */
export function keyOfNumbers(numbers: KeyNumbers, name: string): KeyObject {
  const key = importKey(jwkOf(numbers, name), name);
  if (numbers.type === 'ed25519') {
    const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
    if (x !== base64url(numbers.point)) throw damaged(name, 'the public half of another key');
  }
  const size = dropbearHostKey(key).length;
  if (size > DROPBEAR_LIMIT) throw sizeFault(name, `more than ${DROPBEAR_LIMIT} bytes`);
  return key;
}

function importKey(key: JsonWebKey, name: string): KeyObject {
  try {
    return createPrivateKey({ format: 'jwk', key });
  } catch {
    // What OpenSSL says about it might show the key.
    throw damaged(name, 'numbers that are no key');
  }
}

function jwkOf(numbers: KeyNumbers, name: string): JsonWebKey {
  switch (numbers.type) {
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', d: base64url(numbers.seed), x: base64url(numbers.point) };
    case 'ecdsa':
      return ecdsaJwk(numbers, name);
    case 'rsa':
      return rsaJwk(numbers, name);
  }
}

function ecdsaJwk(numbers: Extract<KeyNumbers, { type: 'ecdsa' }>, name: string): JsonWebKey {
  const { curve, point } = numbers;
  const half = createECDH(curve.openssl);
  try {
    half.setPrivateKey(numbers.d);
  } catch {
    throw damaged(name, 'a number that is no key of its curve');
  }
  if (!equal(new Uint8Array(half.getPublicKey()), point))
    throw damaged(name, 'the public half of another key');
  const padded = Buffer.concat([Buffer.alloc(curve.bytes), numbers.d]).subarray(-curve.bytes);
  return {
    kty: 'EC',
    crv: curve.jwk,
    x: base64url(point.subarray(1, 1 + curve.bytes)),
    y: base64url(point.subarray(1 + curve.bytes)),
    d: base64url(padded),
  };
}

function rsaJwk(numbers: RsaNumbers, name: string): JsonWebKey {
  const bits = toBigint(numbers.n).toString(2).length;
  if (bits < RSA_BITS.least || bits > RSA_BITS.most) throw sizeFault(name, `an RSA key of ${bits} bits`);
  const longest = Math.max(...Object.values(rsaOnly(numbers)).map(({ length }) => length));
  if (longest > RSA_BITS.most / 8) throw damaged(name, 'numbers larger than the key');
  const [n, e, d, p, q] = [numbers.n, numbers.e, numbers.d, numbers.p, numbers.q].map(toBigint) as Five;
  const whole = p > 2n && q > 2n && p * q === n && (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n;
  const qi = whole ? inverse(q, p) : undefined;
  if (qi === undefined) throw damaged(name, 'numbers that do not belong together');
  const derived = { dp: d % (p - 1n), dq: d % (q - 1n), qi };
  return { kty: 'RSA', ...mapped(rsaOnly(numbers), base64url), ...mapped(derived, bigUrl) };
}

type Five = [bigint, bigint, bigint, bigint, bigint];

function rsaOnly({ n, e, d, p, q }: RsaNumbers): RsaNumbers {
  return { n, e, d, p, q };
}

function mapped<V>(
  values: Readonly<Record<string, V>>,
  change: (value: V) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

/** Of a modulo m; undefined where they share a factor. */
function inverse(a: bigint, m: bigint): bigint | undefined {
  let [r, next, s, step] = [m, a % m, 0n, 1n];
  while (next !== 0n) {
    const times = r / next;
    [r, next] = [next, r - times * next];
    [s, step] = [step, s - times * step];
  }
  return r === 1n ? ((s % m) + m) % m : undefined;
}

function toBigint(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
}

function bigUrl(value: bigint): string {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex').toString('base64url');
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function sizeFault(name: string, what: string): UsageError {
  return new UsageError('initramfs.host-key-size', `${name}: dropbear does not take ${what}`, {
    hint: HOST_KEY_HINT,
  });
}

function damaged(name: string, got: string): FormatError {
  return new FormatError('initramfs.host-key-format', {
    field: name,
    offset: 0,
    got,
    wanted: 'a key whose numbers belong together',
  });
}
