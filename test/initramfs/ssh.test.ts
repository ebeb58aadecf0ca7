import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MnxError } from '../../src/binary/index.ts';
import {
  authorizedKeys,
  dropbearHostKey,
  knownHostsLine,
  parsePublicKeys,
} from '../../src/initramfs/index.ts';
import { knownKey, string } from './openssh-file.ts';

const blobOf = (type: string, fill: number) =>
  Buffer.concat([string(Buffer.from(type)), string(Buffer.alloc(32, fill))]).toString('base64');

const ED25519 = `ssh-ed25519 ${blobOf('ssh-ed25519', 1)}`;
const RSA = `ssh-rsa ${blobOf('ssh-rsa', 2)}`;

function code(text: string): string {
  try {
    parsePublicKeys(text, 'id.pub');
  } catch (error) {
    if (error instanceof MnxError) return `${error.code} ${error.exitCode}`;
    throw error;
  }
  return 'taken';
}

describe('parsePublicKeys', () => {
  it('keeps the key and nothing else', () => {
    const keys = parsePublicKeys(`# mine\n\n${ED25519} me@my-laptop with words\r\n${RSA}\n`, 'id.pub');
    expect(keys.map(({ type, blob }) => `${type} ${blob}`)).toEqual([ED25519, RSA]);
    expect(keys[0]?.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  it('skips certificates', () => {
    const certificate = 'ssh-ed25519-cert-v01@openssh.com AAAA signed';
    expect(parsePublicKeys(`${certificate}\n${ED25519}`, 'id.pub')).toHaveLength(1);
  });

  it.each([
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nabc', 'initramfs.private-key 2'],
    ['PuTTY-User-Key-File-3: ssh-ed25519', 'initramfs.private-key 2'],
    [`from="10.0.0.1",command="true" ${ED25519}`, 'initramfs.key-options 2'],
    [`ssh-dss ${blobOf('ssh-dss', 1)}`, 'initramfs.key-type 2'],
    ['---- BEGIN SSH2 PUBLIC KEY ----', 'initramfs.key-type 2'],
    ['ssh-ed25519', 'initramfs.key 2'],
    ['ssh-ed25519 AAAA', 'initramfs.key 2'],
    [`ssh-ed25519 ${blobOf('ssh-rsa', 1)}`, 'initramfs.key 2'],
    [`${ED25519.slice(0, -3)}!!!`, 'initramfs.key 2'],
  ])('refuses %j', (text, wanted) => {
    expect(code(text)).toBe(wanted);
  });

  it('gives one file however the keys were named', () => {
    const [a = [], b = []] = [`${ED25519} x`, RSA].map((text) => parsePublicKeys(text, 'id.pub'));
    expect(authorizedKeys([...a, ...b])).toBe(`${ED25519}\n${RSA}\n`);
    expect(authorizedKeys([...b, ...a, ...a])).toBe(`${ED25519}\n${RSA}\n`);
    expect(authorizedKeys([])).toBe('');
  });
});

describe('host keys', () => {
  it('has the layout of the key files of dropbear', () => {
    const point = '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8';
    const seed = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
    const head = '0000000b7373682d65643235353139';
    expect(Buffer.from(dropbearHostKey(knownKey())).toString('hex')).toBe(`${head}00000040${seed}${point}`);
    const blob = Buffer.from(`${head}00000020${point}`, 'hex').toString('base64');
    expect(knownHostsLine('mnx-z00t', knownKey())).toBe(`mnx-z00t ssh-ed25519 ${blob}\n`);
  });

  it('refuses other keys', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const other = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    for (const key of [publicKey, other, generateKeyPairSync('ed448').privateKey]) {
      expect(() => dropbearHostKey(key)).toThrow(expect.objectContaining({ code: 'initramfs.host-key' }));
    }
  });
});
