import { startsWith, UsageError, utf8 } from '../binary/index.ts';
import { fingerprintOf } from './host-key.ts';
import { sshString } from './ssh-wire.ts';

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
  return { type, blob, fingerprint: fingerprintOf(bytes) };
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
