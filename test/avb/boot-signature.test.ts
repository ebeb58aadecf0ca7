import { describe, expect, it } from 'vitest';
import { findBootSignature, readBootSignature, verifyBootSignature } from '../../src/avb/index.ts';
import { concat, FormatError } from '../../src/binary/index.ts';
import { image, RSA, signed } from './boot-signature-file.ts';
import { damage } from './damage.ts';

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
