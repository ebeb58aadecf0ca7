import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { concat, digest, MnxError, utf8 } from '../binary/index.ts';
import { sshNumber, sshString } from './ssh-wire.ts';

/** Curves of dropbear's ECDSA keys: as JWK, SSH and OpenSSL name them. */
export const CURVES = [
  { jwk: 'P-256', ssh: 'nistp256', openssl: 'prime256v1', bytes: 32 },
  { jwk: 'P-384', ssh: 'nistp384', openssl: 'secp384r1', bytes: 48 },
  { jwk: 'P-521', ssh: 'nistp521', openssl: 'secp521r1', bytes: 66 },
] as const;

/** What a host key can be. */
export const HOST_KEY_HINT =
  'A host key is ed25519, ECDSA (256, 384, 521 bits) or RSA (1024 to 4096 bits): ssh-keygen -t ed25519 makes the first.';

/** A key in the order in which dropbear has its parts. */
interface Wire {
  /** Type, in dropbear's file and in known_hosts. */
  readonly type: string;
  /** How dropbear calls the file. */
  readonly file: 'ed25519' | 'ecdsa' | 'rsa';
  /** What stands behind the type of the public key, and of the private one where there is one. */
  readonly shared: readonly Uint8Array[];
  readonly secret: readonly Uint8Array[];
}

/**
 * A private key as dropbear keeps it (dropbear ed25519.c, ecdsa.c and rsa.c, buf_put_*_priv_key):
 * the type, the public half, the private numbers; of ed25519 one string of seed and public point.
 * @throws MnxError `initramfs.host-key` for a key that dropbear has no type for
 */
export function dropbearHostKey(key: KeyObject): Uint8Array {
  if (key.type !== 'private') throw typeFault(`a ${key.type} key`);
  const { type, secret } = wireOf(key);
  return concat([sshString(utf8(type)), ...secret]);
}

/** Path of a host key in an image: dropbear and stage-1 go by the name. */
export function hostKeyPath(key: KeyObject): string {
  return `etc/dropbear/dropbear_${wireOf(key).file}_host_key`;
}

/** The public half of a host key, as the protocol sends it. */
export function publicBlob(key: KeyObject): Uint8Array {
  const { type, shared } = wireOf(createPublicKey(key));
  return concat([sshString(utf8(type)), ...shared]);
}

/** `SHA256:...` of the blob of a public key, as `ssh-keygen -l` shows it. */
export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${Buffer.from(digest('sha256', blob)).toString('base64').replace(/=+$/, '')}`;
}

/** `SHA256:...` of a host key, as ssh shows it. */
export function hostKeyFingerprint(key: KeyObject): string {
  return fingerprintOf(publicBlob(key));
}

/** The line of known_hosts (sshd(8)) by which `ssh` knows a device; `host` may be a HostKeyAlias. */
export function knownHostsLine(host: string, key: KeyObject): string {
  return `${host} ${wireOf(key).type} ${Buffer.from(publicBlob(key)).toString('base64')}\n`;
}

function wireOf(key: KeyObject): Wire {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return ed25519(key.export({ format: 'jwk' }));
    case 'ec':
      return ecdsa(key);
    case 'rsa':
      return rsa(key.export({ format: 'jwk' }));
    default:
      throw typeFault(`a key of type ${key.asymmetricKeyType}`);
  }
}

function ed25519({ x, d }: JsonWebKey): Wire {
  const point = bytesOf(x);
  return {
    type: 'ssh-ed25519',
    file: 'ed25519',
    shared: [sshString(point)],
    secret: [sshString(concat([bytesOf(d), point]))],
  };
}

function ecdsa(key: KeyObject): Wire {
  const named = key.asymmetricKeyDetails?.namedCurve;
  const curve = CURVES.find(({ openssl }) => openssl === named);
  if (curve === undefined) throw typeFault(`an ECDSA key on ${named}`);
  const { x, y, d } = key.export({ format: 'jwk' });
  // SEC 1, 2.3.3: a point that is not compressed.
  const point = concat([Uint8Array.of(4), bytesOf(x), bytesOf(y)]);
  const shared = [sshString(utf8(curve.ssh)), sshString(point)];
  return {
    type: `ecdsa-sha2-${curve.ssh}`,
    file: 'ecdsa',
    shared,
    secret: [...shared, sshNumber(bytesOf(d))],
  };
}

function rsa({ n, e, d, p, q }: JsonWebKey): Wire {
  const numbers = [e, n, d, p, q].map((value) => sshNumber(bytesOf(value)));
  return { type: 'ssh-rsa', file: 'rsa', shared: numbers.slice(0, 2), secret: numbers };
}

function bytesOf(text = ''): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}

function typeFault(got: string): MnxError {
  return new MnxError('initramfs.host-key', `${got} cannot be a host key`, {
    hint: HOST_KEY_HINT,
    exitCode: 2,
  });
}
