import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MnxError } from '../../src/binary/index.ts';
import { dropbearHostKey, hostKeyFingerprint, hostKeyPath, readHostKey } from '../../src/initramfs/index.ts';
import {
  fieldsOf,
  knownKey,
  mpint,
  type OpensshParts,
  opensshFile,
  opensshParts,
  publicPem,
  string,
} from './openssh-file.ts';

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey;

const KEYS: readonly (readonly [string, KeyObject, string])[] = [
  ['ed25519', knownKey(), 'ed25519'],
  ['ecdsa 256', ec('P-256'), 'ecdsa'],
  ['ecdsa 384', ec('P-384'), 'ecdsa'],
  ['ecdsa 521', ec('P-521'), 'ecdsa'],
  ['rsa 1024', rsa(1024), 'rsa'],
  ['rsa 4096', rsa(4096), 'rsa'],
];
const [, SMALL_RSA] = KEYS[4] as (typeof KEYS)[number];
const [, P256] = KEYS[1] as (typeof KEYS)[number];

const desk = mkdtempSync(join(tmpdir(), 'mnx-host-key-'));
afterAll(() => rmSync(desk, { recursive: true }));

/** What reading says: the code of the error, or the file that dropbear would get. */
function outcome(bytes: Uint8Array): string {
  try {
    return Buffer.from(dropbearHostKey(readHostKey(bytes, 'key'))).toString('hex');
  } catch (error) {
    if (error instanceof MnxError) return `${error.code} ${error.exitCode}`;
    throw error;
  }
}

const DAMAGED = 'initramfs.host-key-format 3';
const changed = (parts: Partial<OpensshParts>, key = knownKey()) =>
  opensshFile({ ...opensshParts(key), ...parts });

describe.each(KEYS)('a host key of %s', (_, key, file) => {
  const dropbear = dropbearHostKey(key);

  it('is the same from every file that holds it', () => {
    const pem = (type: 'pkcs8' | 'pkcs1' | 'sec1') =>
      Buffer.from(String(key.export({ type, format: 'pem' } as never)));
    const files = [opensshFile(opensshParts(key)), dropbear, pem('pkcs8')];
    if (file === 'rsa') files.push(pem('pkcs1'));
    if (file === 'ecdsa') files.push(pem('sec1'));
    for (const bytes of files) expect(outcome(bytes)).toBe(Buffer.from(dropbear).toString('hex'));
    expect(hostKeyPath(key)).toBe(`etc/dropbear/dropbear_${file}_host_key`);
  });

  it('is refused wherever it is cut or a byte is another', () => {
    const whole = Buffer.from(dropbear).toString('hex');
    const step = Math.max(1, Math.floor(dropbear.length / 60));
    for (let at = 0; at < dropbear.length; at += step) {
      const flipped = Uint8Array.from(dropbear);
      flipped[at] = (flipped[at] ?? 0) ^ 0x55;
      expect(outcome(flipped)).toMatch(/^initramfs\.host-key-(format 3|type 2|size 2)$/);
      expect(outcome(dropbear.subarray(0, at))).toMatch(/^initramfs\.host-key-(format 3|type 2)$/);
    }
    expect(outcome(Buffer.concat([dropbear, Buffer.of(0)]))).toBe(DAMAGED);
    expect(outcome(dropbear)).toBe(whole);
  });
});

describe('an OpenSSH key', () => {
  it.each<[string, Uint8Array, string]>([
    ['of another version', changed({ magic: Buffer.from('openssh-key-v2\0') }), DAMAGED],
    ['behind a passphrase', changed({ cipher: 'aes256-ctr', kdf: 'bcrypt' }), 'initramfs.host-key-locked 2'],
    ['of two', changed({ count: 2 }), DAMAGED],
    ['of none', changed({ count: 0 }), DAMAGED],
    ['with two checks', changed({ checks: [1, 2] }), DAMAGED],
    ['that shows another', changed({ shown: opensshParts(P256).shown }), DAMAGED],
    ['with other padding', changed({ padding: Buffer.of(1, 2, 4) }), DAMAGED],
    ['with more behind', changed({ behind: Buffer.of(0) }), DAMAGED],
    ['of a type of tomorrow', changed({ fields: string('ssh-tomorrow') }), 'initramfs.host-key-type 2'],
    ['on a token', changed({ fields: string('sk-ssh-ed25519@openssh.com') }), 'initramfs.host-key-type 2'],
    ['of DSA', changed({ fields: string('ssh-dss') }), 'initramfs.host-key-type 2'],
    ['whose type is no word', changed({ fields: string('ssh ed25519') }), DAMAGED],
    ['without its fields', changed({ fields: string('ssh-ed25519') }), DAMAGED],
  ])('%s is refused', (_, bytes, wanted) => {
    expect(outcome(bytes)).toBe(wanted);
  });

  it.each<[string, KeyObject, Record<string, string>]>([
    ['a point of another key', knownKey(), { x: Buffer.alloc(32, 7).toString('base64url') }],
    ['a secret of another key', P256, { d: Buffer.alloc(32, 7).toString('base64url') }],
    ['a secret of nothing', P256, { d: '' }],
    ['a secret beyond its curve', P256, { d: Buffer.alloc(32, 255).toString('base64url') }],
    ['another prime', SMALL_RSA, { p: Buffer.alloc(64, 7).toString('base64url') }],
    ['the prime 1', SMALL_RSA, { p: 'AQ', q: SMALL_RSA.export({ format: 'jwk' }).n ?? '' }],
    ['another exponent', SMALL_RSA, { e: 'AAAD' }],
    ['an endless exponent', SMALL_RSA, { d: Buffer.alloc(4000, 7).toString('base64url') }],
  ])('with %s is refused', (_, key, change) => {
    const fields = Buffer.concat([fieldsOf(key, change), string('')]);
    expect(outcome(changed({ fields }, key))).toBe(DAMAGED);
  });

  it('is refused when it is cut or its text is no base64', () => {
    const text = opensshFile(opensshParts(knownKey())).toString();
    const lines = text.split('\n');
    const without = (from: number, to: number) => lines.filter((_, i) => i < from || i >= to).join('\n');
    for (const damaged of [
      without(lines.length - 2, lines.length),
      without(1, 2),
      without(1, lines.length - 2),
      text.replace(/\n(.)/, '\n!$1'),
    ]) {
      expect(outcome(Buffer.from(damaged))).toBe(DAMAGED);
    }
    expect(outcome(Buffer.from(`\uFEFF\r\n${text.replaceAll('\n', '\r\n')}\r\n`))).not.toMatch(/^init/);
  });

  it('never shows what it refuses', () => {
    const secret = (SMALL_RSA.export({ format: 'jwk' }).d ?? '').slice(0, 40);
    const hexSecret = Buffer.from(secret, 'base64url').toString('hex').slice(0, 30);
    const fields = Buffer.concat([fieldsOf(SMALL_RSA, { e: 'AAAD' }), string('')]);
    try {
      readHostKey(changed({ fields }, SMALL_RSA), 'key');
      expect.unreachable();
    } catch (error) {
      const told = `${(error as Error).stack} ${JSON.stringify(error)} ${String((error as Error).cause)}`;
      for (const form of [secret, hexSecret]) expect(told).not.toContain(form);
    }
  });
});

describe('what is no host key', () => {
  const LOCKED = 'initramfs.host-key-locked 2';
  const TYPE = 'initramfs.host-key-type 2';
  const pem = (key: KeyObject, cipher?: string) =>
    String(
      key.export({
        type: 'pkcs8',
        format: 'pem',
        ...(cipher === undefined ? {} : { cipher, passphrase: 'x' }),
      }),
    );
  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', TYPE],
    ['prose', 'my key is under the mat', TYPE],
    ['the public half', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA somebody', TYPE],
    ['the public half in PEM', publicPem(knownKey()), TYPE],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', TYPE],
    ["PuTTY's", 'PuTTY-User-Key-File-3: ssh-ed25519\n', TYPE],
    ['another curve', pem(ec('secp256k1')), TYPE],
    ['a key for agreement only', pem(generateKeyPairSync('x25519').privateKey), TYPE],
    ['locked PKCS #8', pem(knownKey(), 'aes-256-cbc'), LOCKED],
    [
      'locked PKCS #1',
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----',
      LOCKED,
    ],
    ['damaged PEM', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', DAMAGED],
    ['a short RSA key', pem(rsa(768)), 'initramfs.host-key-size 2'],
    [
      'a long RSA key',
      Buffer.concat([string('ssh-rsa'), mpint('AQAB'), ...long()]),
      'initramfs.host-key-size 2',
    ],
    ['a file that is far too large', Buffer.alloc(70_000), TYPE],
    ['noise', randomBytes(2000), TYPE],
  ])('is told apart: %s', (_, content, wanted) => {
    expect(outcome(Buffer.from(content as Uint8Array))).toBe(wanted);
  });

  /** Numbers of 5120 bits, which dropbear's buffer is too small for. */
  function long(): Buffer[] {
    const wide = Buffer.alloc(640, 7).toString('base64url');
    return [wide, wide, wide, wide].map((value) => mpint(value));
  }

  it('says how to take a passphrase off', () => {
    expect(() => readHostKey(changed({ cipher: 'aes256-ctr' }), '/tmp/k')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('ssh-keygen -p -f /tmp/k') }),
    );
  });
});

const noKeygen = spawnSync('ssh-keygen', ['-?']).error !== undefined;
if (noKeygen) console.log('skipped: no ssh-keygen (Debian package openssh-client)');

describe.skipIf(noKeygen)("ssh-keygen's own files", () => {
  it.each([
    ['ed25519', []],
    ['ecdsa', ['-b', '256']],
    ['ecdsa', ['-b', '384']],
    ['ecdsa', ['-b', '521']],
    ['rsa', ['-b', '2048']],
    ['rsa', ['-b', '2048', '-m', 'PEM']],
    ['ecdsa', ['-m', 'PKCS8']],
  ])('%s %j has the fingerprint that ssh-keygen shows', (type, more) => {
    const file = join(desk, `${type}${more.join('')}`);
    execFileSync('ssh-keygen', ['-q', '-t', type, ...more, '-N', '', '-C', 'x', '-f', file]);
    const key = readHostKey(readFileSync(file), file);
    const shown = execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' });
    expect(shown.split(' ')[1]).toBe(hostKeyFingerprint(key));
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', file]);
    expect(outcome(readFileSync(file))).toBe('initramfs.host-key-locked 2');
  });
});
