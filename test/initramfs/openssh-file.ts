import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { publicBlob } from '../../src/initramfs/index.ts';

/** An ssh string: its length and its bytes. */
export function string(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as Uint8Array);
  return Buffer.concat([uint32(content.length), content]);
}

export function uint32(value: number): Buffer {
  const word = Buffer.alloc(4);
  word.writeUInt32BE(value);
  return word;
}

/** A positive number as SSH has it. */
export function mpint(base64url = ''): Buffer {
  const digits = Buffer.from(base64url, 'base64url');
  const start = Math.max(
    0,
    digits.findIndex((byte) => byte !== 0),
  );
  const bare = digits.subarray(start);
  return string((bare[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bare]) : bare);
}

/** Parts of an OpenSSH private key file, each of which a test may replace. */
export interface OpensshParts {
  readonly magic: Buffer;
  readonly cipher: string;
  readonly kdf: string;
  readonly count: number;
  readonly shown: Uint8Array;
  readonly checks: readonly [number, number];
  readonly fields: Buffer;
  readonly padding: Buffer;
  readonly behind: Buffer;
}

/** What ssh-keygen would write for a key. */
export function opensshParts(key: KeyObject): OpensshParts {
  const fields = Buffer.concat([fieldsOf(key), string('somebody@desk')]);
  const short = (8 - ((8 + fields.length) % 8)) % 8;
  return {
    magic: Buffer.from('openssh-key-v1\0'),
    cipher: 'none',
    kdf: 'none',
    count: 1,
    shown: publicBlob(key),
    checks: [0x01020304, 0x01020304],
    fields,
    padding: Buffer.from(Array.from({ length: short }, (_, i) => i + 1)),
    behind: Buffer.alloc(0),
  };
}

export function opensshFile(parts: OpensshParts): Buffer {
  const { magic, cipher, kdf, count, shown, checks, fields, padding, behind } = parts;
  const secret = Buffer.concat([uint32(checks[0]), uint32(checks[1]), fields, padding]);
  const head = [magic, string(cipher), string(kdf), string(''), uint32(count)];
  const body = Buffer.concat([...head, string(shown), string(secret), behind]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return Buffer.from(
    ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
  );
}

const SSH_CURVES: Readonly<Record<string, string>> = {
  'P-256': 'nistp256',
  'P-384': 'nistp384',
  'P-521': 'nistp521',
};

/** Fields of the private part before the comment, by the words of OpenSSH's PROTOCOL.key. */
export function fieldsOf(key: KeyObject, change: Readonly<Record<string, string>> = {}): Buffer {
  const jwk = { ...key.export({ format: 'jwk' }), ...change };
  const raw = (value = '') => Buffer.from(value, 'base64url');
  if (jwk.kty === 'OKP') {
    const point = raw(jwk.x);
    return Buffer.concat([string('ssh-ed25519'), string(point), string(Buffer.concat([raw(jwk.d), point]))]);
  }
  if (jwk.kty === 'RSA') {
    const numbers = [jwk.n, jwk.e, jwk.d, jwk.qi, jwk.p, jwk.q].map(mpint);
    return Buffer.concat([string('ssh-rsa'), ...numbers]);
  }
  const curve = SSH_CURVES[jwk.crv ?? ''] ?? '';
  const point = Buffer.concat([Buffer.of(4), raw(jwk.x), raw(jwk.y)]);
  return Buffer.concat([string(`ecdsa-sha2-${curve}`), string(curve), string(point), mpint(jwk.d)]);
}

/** The key whose seed is 0, 1, 2 ... 31. */
export function knownKey(): KeyObject {
  const seed = Uint8Array.from({ length: 32 }, (_, i) => i);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** The public half in PEM: equal for equal keys. */
export function publicPem(key: KeyObject): string {
  return String(createPublicKey(key).export({ type: 'spki', format: 'pem' }));
}
