import { createPublicKey, type KeyObject } from 'node:crypto';
import { concat, digest, layout, MnxError, startsWith, UsageError, u32be, utf8 } from '../binary/index.ts';

/** A public key that may log in, nothing but the key: no comment, no options. */
export interface PublicKey {
  readonly type: string;
  /** The key as base64, as it stands in authorized_keys. */
  readonly blob: string;
  /** `SHA256:...`, as `ssh-keygen -l` shows it. */
  readonly fingerprint: string;
}

/** Types that dropbear 2025 logs in with (dropbear signkey.c). */
const TYPES: readonly string[] = [
  'ssh-ed25519',
  'sk-ssh-ed25519@openssh.com',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'ssh-rsa',
];

/** RFC 4251, section 5: a string is its length and its bytes. */
const StringLength = layout('ssh-string', { length: u32be });

function sshString(bytes: Uint8Array): Uint8Array {
  return concat([StringLength.write({ length: bytes.length }), bytes]);
}

/**
 * Reads a public key file or an authorized_keys file. Comments fall away, since they name a person
 * and a machine; certificates are skipped, since dropbear does not know them. Lines with options (`from="..."`)
 * are refused rather than widened.
 *
 * @param name how errors call the file.
 * @throws UsageError `initramfs.private-key`, `initramfs.key-options`, `initramfs.key-type`, `initramfs.key`.
 */
export function parsePublicKeys(text: string, name: string): PublicKey[] {
  if (/BEGIN [A-Z0-9 ]*PRIVATE KEY|^PuTTY-User-Key-File/m.test(text)) {
    throw new UsageError(
      'initramfs.private-key',
      `${name} is a private key, which belongs on no other machine`,
      {
        hint: `Give the public half: ${name}.pub`,
      },
    );
  }
  const lines = text.split('\n').map((line) => line.trim());
  return lines.flatMap((line, i) => {
    if (line === '' || line.startsWith('#') || /^\S+-cert-v\d+@/.test(line)) return [];
    return [parseLine(line, `${name} line ${i + 1}`)];
  });
}

function parseLine(line: string, place: string): PublicKey {
  const [type = '', blob = ''] = line.split(/[ \t]+/);
  if (!TYPES.includes(type)) throw typeFault(line, place);
  const bytes = new Uint8Array(Buffer.from(blob, 'base64'));
  const canonical = Buffer.from(bytes).toString('base64');
  if (blob === '' || canonical !== blob || !startsWith(bytes, sshString(utf8(type)))) {
    throw new UsageError('initramfs.key', `${place}: this is no whole ${type} key`, {
      hint: 'A key is one line: the type, the key in base64, a comment.',
    });
  }
  const sum = Buffer.from(digest('sha256', bytes)).toString('base64').replace(/=+$/, '');
  return { type, blob, fingerprint: `SHA256:${sum}` };
}

function typeFault(line: string, place: string): UsageError {
  if (TYPES.some((type) => ` ${line}`.includes(` ${type} `))) {
    return new UsageError('initramfs.key-options', `${place}: a key with options is not taken`, {
      hint: 'Give the key alone (the .pub file); stage-1 has no options to restrict it with.',
    });
  }
  const word = line.split(/\s/)[0] ?? '';
  return new UsageError(
    'initramfs.key-type',
    `${place}: dropbear logs nobody in with ${JSON.stringify(word.slice(0, 40))}`,
    {
      hint: `Use one of ${TYPES.join(', ')}; ssh-keygen -t ed25519 makes the first.`,
    },
  );
}

/** The file `authorized_keys`: each key once, in an order that does not depend on how they were named. */
export function authorizedKeys(keys: readonly PublicKey[]): string {
  const lines = new Set(keys.map(({ type, blob }) => `${type} ${blob}\n`));
  return [...lines].sort().join('');
}

/** Halves of an ed25519 key: 32 bytes each. */
function halves(key: KeyObject): { seed: Uint8Array; point: Uint8Array } {
  if (key.type !== 'private' || key.asymmetricKeyType !== 'ed25519') {
    throw new MnxError(
      'initramfs.host-key',
      `a host key is a private ed25519 key, not ${key.type} ${key.asymmetricKeyType}`,
    );
  }
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  return {
    seed: new Uint8Array(Buffer.from(d, 'base64url')),
    point: new Uint8Array(Buffer.from(x, 'base64url')),
  };
}

const HOST_KEY_TYPE = 'ssh-ed25519';

/**
 * A private ed25519 key as dropbear keeps it (dropbear ed25519.c, buf_put_ed25519_priv_key): the
 * type, then one string of seed and public point.
 */
export function dropbearHostKey(key: KeyObject): Uint8Array {
  const { seed, point } = halves(key);
  return concat([sshString(utf8(HOST_KEY_TYPE)), sshString(concat([seed, point]))]);
}

/** The public half of a host key, as base64. */
function publicBlob(key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  const point = new Uint8Array(Buffer.from(x, 'base64url'));
  return Buffer.from(concat([sshString(utf8(HOST_KEY_TYPE)), sshString(point)])).toString('base64');
}

/** The line of known_hosts (sshd(8)) by which `ssh` knows a device; `host` may be a HostKeyAlias. */
export function knownHostsLine(host: string, key: KeyObject): string {
  return `${host} ${HOST_KEY_TYPE} ${publicBlob(key)}\n`;
}
