import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBootSignature, readBootSignature, verifyBootSignature } from '../../src/avb/index.ts';
import { concat, FormatError, latin1 } from '../../src/binary/index.ts';
import { damage } from './damage.ts';

const KEYS = join(import.meta.dirname, 'keys');

function element(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = concat(parts);
  const size = content.length;
  const long = size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return concat([Uint8Array.from([tag, ...(size < 128 ? [size] : long)]), content]);
}

/** As boot_signer writes it: DER behind the image's last page. */
function signed(image: Uint8Array, name: string, oid: string, parameters: Uint8Array): Uint8Array {
  const certificate = new X509Certificate(readFileSync(join(KEYS, `${name}.crt`))).raw;
  const length = Uint8Array.of(0, image.length >> 16, (image.length >> 8) & 255, image.length & 255);
  const attributes = element(0x30, element(0x13, latin1('/boot')), element(2, length));
  const key = createPrivateKey(readFileSync(join(KEYS, `${name}.pem`)));
  const signature = sign('sha256', concat([image, attributes]), key);
  const algorithm = element(0x30, element(6, new Uint8Array(Buffer.from(oid, 'hex'))), parameters);
  return element(
    0x30,
    element(2, Uint8Array.of(1)),
    certificate,
    algorithm,
    attributes,
    element(4, signature),
  );
}

const image = Uint8Array.from({ length: 6144 }, (_, i) => (i * 31 + 7) & 255);
const RSA = signed(image, 'avb1', '2a864886f70d01010b', Uint8Array.of(5, 0));
const EC = signed(image, 'avb1-ec', '2a8648ce3d040302', new Uint8Array());

describe('AVB 1 signature', () => {
  it.each([
    ['RSA', RSA],
    ['ECDSA', EC],
  ])('%s is found behind the image, before padding, and verifies', (_name, der) => {
    const whole = concat([image, der, new Uint8Array(5000)]);
    const found = findBootSignature(whole);
    expect(found).toMatchObject({ target: '/boot', length: image.length, raw: der });
    if (found === undefined) return;
    expect(verifyBootSignature(whole, found)).toBe('match');
    expect(verifyBootSignature([whole.subarray(0, 99), whole.subarray(99)], found)).toBe('match');
    expect(verifyBootSignature(damage.u32(whole, 8, 1), found)).toBe('mismatch');
    expect(verifyBootSignature(whole.subarray(0, 4096), found)).toBe('short');
    expect(verifyBootSignature(whole, { ...found, algorithm: '2a03' })).toBe('unknown');
    expect(verifyBootSignature(whole, { ...found, certificate: der.subarray(0, 40) })).toBe('unknown');
  });

  it('is not seen where the length does not name the place', () => {
    expect(findBootSignature(concat([image, new Uint8Array(512), RSA]))).toBeUndefined();
    expect(findBootSignature(image)).toBeUndefined();
  });

  it('refuses every truncation', () => {
    for (let size = 0; size < RSA.length; size++) {
      expect(() => readBootSignature(RSA.subarray(0, size)), String(size)).toThrow(FormatError);
    }
  });

  it('survives flipped bits; none verifies as it was', () => {
    for (const bytes of damage.flips(RSA, 3000, 3)) {
      try {
        verifyBootSignature(image, readBootSignature(bytes));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    for (const bytes of damage.flips(RSA.subarray(-256), 50, 4)) {
      const read = readBootSignature(concat([RSA.subarray(0, -256), bytes]));
      expect(verifyBootSignature(image, read)).toBe('mismatch');
    }
  });
});
