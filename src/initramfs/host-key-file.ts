import { createPrivateKey, type KeyObject } from 'node:crypto';
import { FormatError, latin1, startsWith, UsageError, utf8, utf8Text } from '../binary/index.ts';
import { CURVES, HOST_KEY_HINT, publicBlob } from './host-key.ts';
import { type KeyNumbers, keyOfNumbers } from './key-numbers.ts';
import { SshReader, sshString } from './ssh-wire.ts';

/** What one key takes is a tenth of it. */
const LARGEST_FILE = 64 * 1024;

/** OpenSSH PROTOCOL.key: ends in a NUL. */
const OPENSSH_MAGIC = latin1('openssh-key-v1\0');

const HOST_KEY_TYPES = ['ssh-ed25519', 'ssh-rsa', ...CURVES.map(({ ssh }) => `ecdsa-sha2-${ssh}`)];

/**
 * Reads a private key that is to be a host key: OpenSSH's own file, dropbear's, or PEM (PKCS #8,
 * PKCS #1, SEC 1), none of them locked by a passphrase: a phone has nobody to type it.
 * @param name how errors call the file
 * @throws UsageError `initramfs.host-key-locked`, `initramfs.host-key-type`, `initramfs.host-key-size`;
 * FormatError `initramfs.host-key-format` when it is damaged
 */
export function readHostKey(bytes: Uint8Array, name: string): KeyObject {
  if (bytes.length > LARGEST_FILE) throw unknown(name, 'is larger than any key');
  if (HOST_KEY_TYPES.some((type) => startsWith(bytes, sshString(utf8(type))))) {
    return readDropbear(bytes, name);
  }
  const text = utf8Text(bytes)
    .replace(/^\uFEFF/, '')
    .trim();
  const [, label] = /^-----BEGIN ([A-Z0-9 ]+)-----\r?$/m.exec(text) ?? [];
  if (label === 'OPENSSH PRIVATE KEY') return readOpenssh(armored(text, label, name), name);
  if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED/m.test(text)) throw locked(name);
  if (label?.endsWith('PRIVATE KEY')) return readPem(text, name);
  if (text.startsWith('PuTTY-User-Key-File')) {
    throw unknown(
      name,
      'is a key of PuTTY',
      'Turn it into one of OpenSSH: puttygen FILE -O private-openssh -o KEY',
    );
  }
  if (label !== undefined || HOST_KEY_TYPES.some((type) => text.startsWith(`${type} `))) {
    throw unknown(name, 'is no private key', 'A host key is the private half: the file without .pub.');
  }
  throw unknown(name, 'is no private key of OpenSSH, dropbear or PEM');
}

/** The bytes between BEGIN and END. */
function armored(text: string, label: string, name: string): Uint8Array {
  const start = text.indexOf(`-----BEGIN ${label}-----`) + `-----BEGIN ${label}-----`.length;
  const end = text.indexOf(`-----END ${label}-----`, start);
  const body = text.slice(start, Math.max(end, start)).replace(/\s+/g, '');
  const bytes = Buffer.from(body, 'base64');
  if (end < 0 || bytes.length === 0 || bytes.toString('base64') !== body) {
    throw new FormatError('initramfs.host-key-format', {
      field: name,
      offset: start,
      got: end < 0 ? 'no END line' : 'other characters',
      wanted: 'base64 up to the END line',
    });
  }
  return new Uint8Array(bytes);
}

/** OpenSSH, PROTOCOL.key: cipher, KDF, the public keys, and the private ones in one string. */
function readOpenssh(bytes: Uint8Array, name: string): KeyObject {
  const file = new SshReader(bytes, 'openssh-key');
  file.expect('magic', OPENSSH_MAGIC, 'openssh-key-v1');
  const cipher = file.word('cipher');
  const kdf = file.word('kdf');
  if (cipher !== 'none' || kdf !== 'none') throw locked(name);
  file.string('kdf_options');
  const count = file.uint32('count');
  if (count !== 1) throw file.fault('count', `${count} keys`, 'one key');
  const shown = file.string('public');
  const secret = new SshReader(file.string('private'), 'openssh-private-key');
  file.end();
  const check = secret.uint32('check');
  if (secret.uint32('check_again') !== check)
    throw secret.fault('check_again', 'another number', 'the same twice');
  const key = keyOfNumbers(opensshNumbers(secret, name), name);
  secret.string('comment');
  secret.rest().forEach((byte, i) => {
    if (byte !== i + 1) throw secret.fault('padding', 'other bytes', '1, 2, 3 and so on');
  });
  if (!Buffer.from(publicBlob(key)).equals(shown)) {
    throw file.fault('public', 'the public half of another key', 'that of the private half');
  }
  return key;
}

function opensshNumbers(from: SshReader, name: string): KeyNumbers {
  const type = from.word('type');
  if (type === 'ssh-ed25519') {
    const point = from.string('public');
    const both = from.string('private');
    if (both.length !== 64) throw from.fault('private', `${both.length} bytes`, '64 bytes');
    return { type: 'ed25519', seed: both.subarray(0, 32), point };
  }
  if (type === 'ssh-rsa') {
    const [n, e, d] = [from.number('n'), from.number('e'), from.number('d')];
    from.number('iqmp');
    return { type: 'rsa', n, e, d, p: from.number('p'), q: from.number('q') };
  }
  return ecdsaNumbers(from, type, name);
}

/** Of dropbear's file: {@link dropbearHostKey} writes it. */
function readDropbear(bytes: Uint8Array, name: string): KeyObject {
  const from = new SshReader(bytes, 'dropbear-key');
  const numbers = dropbearNumbers(from, name);
  from.end();
  return keyOfNumbers(numbers, name);
}

function dropbearNumbers(from: SshReader, name: string): KeyNumbers {
  const type = from.word('type');
  if (type === 'ssh-ed25519') {
    const both = from.string('private');
    if (both.length !== 64) throw from.fault('private', `${both.length} bytes`, '64 bytes');
    return { type: 'ed25519', seed: both.subarray(0, 32), point: both.subarray(32) };
  }
  if (type === 'ssh-rsa') {
    const [e, n, d] = [from.number('e'), from.number('n'), from.number('d')];
    return { type: 'rsa', n, e, d, p: from.number('p'), q: from.number('q') };
  }
  return ecdsaNumbers(from, type, name);
}

/** The same in both files. */
function ecdsaNumbers(from: SshReader, type: string, name: string): KeyNumbers {
  const curve = CURVES.find(({ ssh }) => type === `ecdsa-sha2-${ssh}`);
  if (curve === undefined) throw unknown(name, `is a key of type ${type}, which dropbear has not`);
  const named = from.word('curve');
  if (named !== curve.ssh) throw from.fault('curve', named, curve.ssh);
  return { type: 'ecdsa', curve, point: from.string('public'), d: from.number('private') };
}

function readPem(text: string, name: string): KeyObject {
  const key = importPem(text, name);
  const type = key.asymmetricKeyType;
  const curve = CURVES.find(({ openssl }) => openssl === key.asymmetricKeyDetails?.namedCurve);
  if (type !== 'ed25519' && type !== 'rsa' && curve === undefined) {
    throw unknown(
      name,
      `is a key of type ${key.asymmetricKeyDetails?.namedCurve ?? type}, which dropbear has not`,
    );
  }
  const jwk = key.export({ format: 'jwk' });
  const bytes = (value = ''): Uint8Array => new Uint8Array(Buffer.from(value, 'base64url'));
  const [x, y, d] = [bytes(jwk.x), bytes(jwk.y), bytes(jwk.d)];
  if (curve !== undefined) {
    return keyOfNumbers({ type: 'ecdsa', curve, point: Uint8Array.of(4, ...x, ...y), d }, name);
  }
  if (type === 'ed25519') return keyOfNumbers({ type, seed: d, point: x }, name);
  return keyOfNumbers(
    { type: 'rsa', n: bytes(jwk.n), e: bytes(jwk.e), d, p: bytes(jwk.p), q: bytes(jwk.q) },
    name,
  );
}

function importPem(text: string, name: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw new FormatError('initramfs.host-key-format', {
      field: name,
      offset: 0,
      got: 'other content',
      wanted: 'a whole private key in PEM',
    });
  }
}

function locked(name: string): UsageError {
  return new UsageError(
    'initramfs.host-key-locked',
    `${name} is locked by a passphrase, which a phone cannot type`,
    {
      hint: `Take it off, or off a copy: ssh-keygen -p -f ${name}`,
    },
  );
}

function unknown(name: string, what: string, hint = HOST_KEY_HINT): UsageError {
  return new UsageError('initramfs.host-key-type', `${name} ${what}`, { hint });
}
