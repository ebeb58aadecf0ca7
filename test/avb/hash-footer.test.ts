import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addHashFooter,
  eraseFooter,
  FOOTER_RESERVE,
  type HashDescriptor,
  type HashFooterOptions,
  hashDescriptor,
  readFooter,
  renewFooter,
  verifyHashDescriptor,
  verifyHashFooter,
} from '../../src/avb/index.ts';
import { concat, equal, FormatError, MnxError, UsageError } from '../../src/binary/index.ts';
import { damage, EXTREMES_64 } from './damage.ts';

const OPTIONS: HashFooterOptions = { partitionName: 'boot', partitionSize: 'dynamic' };

function image(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + 7) & 255);
}

describe('hash footer', () => {
  it('goes on, verifies, is replaced by itself and comes off, for any size and cut into any pieces', () => {
    const size = fc.oneof(fc.nat({ max: 20_000 }), fc.constantFrom(0, 1, 63, 64, 4095, 4096, 4097));
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 9000 }), (length, step) => {
        const whole = image(length);
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < length; at += step) pieces.push(whole.subarray(at, at + step));
        const once = concat(addHashFooter(pieces, OPTIONS));
        expect(once.length % 4096).toBe(0);
        expect(equal(concat(addHashFooter(whole, OPTIONS)), once)).toBe(true);
        expect(equal(concat(addHashFooter(once, OPTIONS)), once)).toBe(true);
        expect(equal(concat(eraseFooter(once)), whole)).toBe(true);
        const check = verifyHashFooter(once);
        expect(check?.vbmeta.intact).toBe(true);
        expect(check?.hashes.map((hash) => hash.check.verdict)).toEqual(['match']);
      }),
      { numRuns: 40 },
    );
  });

  it('leaves an image without a footer as it is', () => {
    expect(readFooter(image(10))).toBeUndefined();
    expect(concat(eraseFooter(image(5000)))).toEqual(image(5000));
    expect(verifyHashFooter(image(5000))).toBeUndefined();
  });

  it('derives a salt from image and partition', () => {
    const salt = (bytes: Uint8Array, partitionName: string) =>
      hashDescriptor([bytes], { partitionName }).salt;
    expect(salt(image(9), 'boot')).toEqual(salt(image(9), 'boot'));
    expect(salt(image(9), 'boot')).not.toEqual(salt(image(9), 'dtbo'));
    expect(salt(image(9), 'boot')).not.toEqual(salt(image(8), 'boot'));
  });

  it('holds the partition to what avbtool keeps free', () => {
    const partitionSize = 1024 * 1024;
    const limit = partitionSize - FOOTER_RESERVE;
    expect(concat(addHashFooter(image(limit), { ...OPTIONS, partitionSize })).length).toBe(partitionSize);
    expect(() => addHashFooter(image(limit + 1), { ...OPTIONS, partitionSize })).toThrow(MnxError);
    for (const wrong of [0, 4096, FOOTER_RESERVE + 1, Number.NaN, -4096]) {
      expect(() => addHashFooter(image(1), { ...OPTIONS, partitionSize: wrong })).toThrow(UsageError);
    }
  });
});

describe('verifying a hash descriptor', () => {
  const bytes = image(5000);
  const descriptor: HashDescriptor = hashDescriptor([bytes], { partitionName: 'boot' });

  it.each([
    ['match', {}, undefined],
    ['mismatch', { digest: new Uint8Array(32) }, undefined],
    ['stale-size', { imageSize: 4096n }, undefined],
    ['stale-size', {}, 4999],
    ['short', { imageSize: (1n << 64n) - 1n }, undefined],
    ['persistent', { digest: new Uint8Array() }, undefined],
    ['unknown', { hashAlgorithm: 'blake2b-256' }, undefined],
  ] as const)('%s', (verdict, change, contentSize) => {
    expect(verifyHashDescriptor(bytes, { ...descriptor, ...change }, contentSize).verdict).toBe(verdict);
  });

  it('finds a changed byte', () => {
    const once = concat(addHashFooter(bytes, OPTIONS));
    once[17] = (once[17] ?? 0) ^ 1;
    expect(verifyHashFooter(once)?.hashes[0]?.check.verdict).toBe('mismatch');
  });
});

describe('hostile footers', () => {
  const good = concat(addHashFooter(image(5000), OPTIONS));
  const at = good.length - 64;

  function survives(bytes: Uint8Array): void {
    try {
      verifyHashFooter(bytes);
      eraseFooter(bytes);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }

  it('survives extremes of every size field', () => {
    for (let field = at; field + 8 <= good.length; field += 4) {
      for (const value of EXTREMES_64) survives(damage.u64(good, field, value));
    }
  });

  it('survives flipped bits of footer and structure', () => {
    const whole = readFooter(good);
    const near = good.slice(whole?.vbmetaOffset);
    for (const flipped of damage.flips(near.subarray(0, whole?.vbmetaSize), 1000, 11)) {
      const bytes = good.slice();
      bytes.set(flipped, whole?.vbmetaOffset);
      survives(bytes);
    }
    for (const flipped of damage.flips(good.subarray(at), 500, 12)) {
      const bytes = good.slice();
      bytes.set(flipped, at);
      survives(bytes);
    }
  });

  it('refuses a structure outside of the image', () => {
    const cut = concat([good.subarray(0, 4096), good.subarray(good.length - 64)]);
    expect(() => readFooter(cut)).toThrow(FormatError);
  });
});

describe('a footer that is made again', () => {
  const key = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
  const algorithm = (signed: Uint8Array): string | undefined =>
    verifyHashFooter(signed)?.vbmeta.algorithm?.name;

  it('keeps its digest, also with a key of another size', () => {
    const [small, large] = [key(2048), key(4096)];
    const options = { ...OPTIONS, partitionSize: 1 << 20 };
    for (const [name, bits] of [
      ['SHA512_RSA2048', 2048],
      ['SHA256_RSA2048', 2048],
    ] as const) {
      const old = concat(addHashFooter(image(9000), { ...options, key: small, algorithm: name }));
      expect(algorithm(old)).toBe(name);
      expect(algorithm(concat(renewFooter(old, image(7000), small)))).toBe(name);
      const other = concat(renewFooter(old, image(7000), large));
      expect(algorithm(other)).toBe(name.replace(String(bits), '4096'));
      expect(verifyHashFooter(other)?.hashes.map(({ check }) => check.verdict)).toEqual(['match']);
    }
    const unsigned = concat(addHashFooter(image(9000), options));
    expect(algorithm(concat(renewFooter(unsigned, image(7000), small)))).toBe('SHA256_RSA2048');
    expect(algorithm(concat(renewFooter(unsigned, image(7000))))).toBe('NONE');
  });
});
