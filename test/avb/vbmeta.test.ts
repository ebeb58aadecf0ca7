import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALGORITHM_NAMES,
  type Descriptor,
  decodeDescriptors,
  decodePublicKey,
  encodeDescriptor,
  encodePublicKey,
  makeVbmeta,
  readVbmeta,
  vbmetaContent,
  vbmetaFormat,
  verifyVbmeta,
  writeVbmeta,
} from '../../src/avb/index.ts';
import { FormatError, UsageError } from '../../src/binary/index.ts';
import { damage, EXTREMES_32, EXTREMES_64, outcome } from './damage.ts';

const keys = new Map<number, KeyObject>(
  [2048, 4096].map((bits) => [bits, generateKeyPairSync('rsa', { modulusLength: bits }).privateKey]),
);
const key = keys.get(2048) as KeyObject;
const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

const u32 = fc.nat({ max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const blob = fc.uint8Array({ maxLength: 70 });
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const hashed = {
  hashAlgorithm: fc.constantFrom('sha1', 'sha256', 'sha512', 'blake2b-256', ''),
  partition: text,
  salt: blob,
  digest: blob,
  flags: u32,
};
const descriptor: fc.Arbitrary<Descriptor> = fc.oneof(
  fc.record({ kind: fc.constant('property' as const), key: text, value: blob }),
  fc.record({ kind: fc.constant('hash' as const), imageSize: u64, ...hashed }),
  fc.record({
    kind: fc.constant('hashtree' as const),
    dmVerityVersion: u32,
    imageSize: u64,
    treeOffset: u64,
    treeSize: u64,
    dataBlockSize: u32,
    hashBlockSize: u32,
    fecRoots: u32,
    fecOffset: u64,
    fecSize: u64,
    ...hashed,
  }),
  fc.record({ kind: fc.constant('kernel-cmdline' as const), flags: u32, cmdline: text }),
  fc.record({
    kind: fc.constant('chain-partition' as const),
    partition: text,
    rollbackIndexLocation: u32,
    publicKey: blob,
    flags: u32,
  }),
  fc.record({
    kind: fc.constant('unknown' as const),
    tag: fc.bigInt({ min: 5n, max: (1n << 64n) - 1n }),
    data: fc.nat({ max: 9 }).map((words) => new Uint8Array(8 * words).fill(0xa5)),
  }),
);

function sample(): Uint8Array {
  const descriptors = fc.sample(descriptor, { numRuns: 12, seed: 7 });
  return makeVbmeta({ descriptors, key, rollbackIndex: 0x01234567n, padding: 4096 });
}

describe('vbmeta', () => {
  it('reads what it writes, whatever the descriptors', () => {
    fc.assert(
      fc.property(fc.array(descriptor, { maxLength: 6 }), u64, u32, (descriptors, rollbackIndex, flags) => {
        const made = makeVbmeta({ descriptors, rollbackIndex, flags });
        const read = readVbmeta(made);
        expect(vbmetaContent(read)).toMatchObject({ descriptors, rollbackIndex, flags, release: 'mnx' });
        expect(writeVbmeta(read)).toEqual(made);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps reserved bytes and odd padding of descriptors', () => {
    const plain: Descriptor = { kind: 'kernel-cmdline', flags: 1, cmdline: 'quiet' };
    const odd: Descriptor = { ...plain, tail: new Uint8Array(11).fill(3) };
    const hash: Descriptor = {
      kind: 'hash',
      imageSize: 1n,
      hashAlgorithm: 'sha256',
      partition: 'boot',
      salt: new Uint8Array(2),
      digest: new Uint8Array(32),
      flags: 0,
      reserved: new Uint8Array(60).fill(9),
    };
    for (const one of [plain, odd, hash]) expect(decodeDescriptors(encodeDescriptor(one))).toEqual([one]);
  });

  it('asks for the libavb that its content needs', () => {
    const chain = {
      kind: 'chain-partition',
      partition: 'a',
      rollbackIndexLocation: 1,
      publicKey: new Uint8Array(),
    };
    const minor = (spec: Parameters<typeof makeVbmeta>[0]) =>
      readVbmeta(makeVbmeta(spec)).header.requiredMinor;
    expect(minor({})).toBe(0);
    expect(minor({ rollbackIndexLocation: 1 })).toBe(2);
    expect(minor({ descriptors: [{ ...chain, flags: 1 } as Descriptor] })).toBe(3);
    expect(minor({ descriptors: [{ ...chain, flags: 0 } as Descriptor] })).toBe(0);
  });
});

describe('signatures', () => {
  it.each(ALGORITHM_NAMES.filter((name) => /2048|4096/.test(name)))('%s verifies', (algorithm) => {
    const secret = keys.get(Number(algorithm.slice(-4))) as KeyObject;
    const made = makeVbmeta({
      key: secret,
      algorithm,
      descriptors: fc.sample(descriptor, { numRuns: 3, seed: 1 }),
    });
    const trusted = encodePublicKey(secret);
    expect(verifyVbmeta(made, trusted)).toMatchObject({ intact: true, key: 'match', digest: 'match' });
    expect(verifyVbmeta(made, encodePublicKey(other))).toMatchObject({ intact: false, key: 'mismatch' });
  });

  it('finds a changed rollback index, digest and signature', () => {
    const vbmeta = readVbmeta(makeVbmeta({ key }));
    const header = { ...vbmeta.header, rollbackIndex: 9n };
    expect(verifyVbmeta({ ...vbmeta, header })).toMatchObject({ digest: 'mismatch', signature: 'mismatch' });
    const flip = (at: number) => vbmeta.authentication.map((byte, i) => (i === at ? byte ^ 1 : byte));
    const digest = verifyVbmeta({ ...vbmeta, authentication: flip(0) });
    expect(digest).toMatchObject({ digest: 'mismatch', signature: 'match', intact: false });
    const signature = verifyVbmeta({ ...vbmeta, authentication: flip(40) });
    expect(signature).toMatchObject({ digest: 'match', signature: 'mismatch', intact: false });
  });

  it('does not take a structure for an unsigned one that carries a signature', () => {
    const vbmeta = readVbmeta(makeVbmeta({ key }));
    expect(verifyVbmeta({ ...vbmeta, header: { ...vbmeta.header, algorithm: 0 } }).intact).toBe(false);
    expect(verifyVbmeta({ ...vbmeta, header: { ...vbmeta.header, algorithm: 7 } }).signature).toBe('unknown');
    expect(verifyVbmeta(makeVbmeta()).intact).toBe(true);
    expect(verifyVbmeta(makeVbmeta(), encodePublicKey(key)).intact).toBe(false);
  });

  it('calculates n0inv and rr', () => {
    const read = decodePublicKey(encodePublicKey(key));
    expect(read).toMatchObject({ bits: 2048, consistent: true });
    const n0inv = new DataView(encodePublicKey(key).buffer).getUint32(4);
    expect((BigInt(n0inv) * read.modulus) % (1n << 32n)).toBe((1n << 32n) - 1n);
    const wrong = encodePublicKey(key);
    wrong[5] = (wrong[5] ?? 0) ^ 1;
    expect(decodePublicKey(wrong).consistent).toBe(false);
  });

  it('refuses keys that do not fit', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const odd = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const e3 = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey;
    for (const bad of [ec, odd, e3, 'no PEM']) expect(() => makeVbmeta({ key: bad })).toThrow(UsageError);
    expect(() => makeVbmeta({ key, algorithm: 'SHA256_RSA4096' })).toThrow('2048 bits');
    expect(() => makeVbmeta({ algorithm: 'SHA256_RSA4096' })).toThrow('needs a key');
  });
});

describe('hostile vbmeta', () => {
  const good = sample();
  const end =
    256 + Number(readVbmeta(good).header.authenticationSize + readVbmeta(good).header.auxiliarySize);

  it('refuses every truncation', () => {
    for (let size = 0; size < end; size++) {
      expect(() => vbmetaFormat.read(good.subarray(0, size)), String(size)).toThrow(FormatError);
    }
    expect(vbmetaFormat.read(good.subarray(0, end)).trailing.length).toBe(0);
  });

  it('survives extremes at every place of the header and of the descriptors', () => {
    for (let at = 0; at + 8 <= end; at += 4) {
      for (const value of EXTREMES_64) outcome(vbmetaFormat, damage.u64(good, at, value));
      for (const value of EXTREMES_32) outcome(vbmetaFormat, damage.u32(good, at, value));
    }
  });

  it('survives 10,000 flipped bits, and no check throws', () => {
    for (const bytes of damage.flips(good, 10_000, 0x5eed)) {
      const read = outcome(vbmetaFormat, bytes);
      if (read !== undefined) vbmetaFormat.describe(read);
    }
    for (const bytes of damage.flips(good.subarray(0, end), 400, 0xbeef)) {
      const read = outcome(vbmetaFormat, bytes);
      // The zeros behind the signature are the only bytes that nothing covers.
      const padding = read?.authentication.subarray(32 + 256).some((byte) => byte !== 0);
      if (read !== undefined) expect(verifyVbmeta(read).intact).toBe(padding);
    }
  });
});

const PIXEL = resolve(import.meta.dirname, '../../../shared/corpus/bootimg/pixel5-redfin-11-vbmeta.img');
if (!existsSync(PIXEL)) console.log('avb: no corpus, the Pixel 5 image is skipped');

describe.skipIf(!existsSync(PIXEL))('a Pixel 5', () => {
  it('keeps all its descriptors when they are written anew', () => {
    const image = new Uint8Array(readFileSync(PIXEL));
    const { descriptors } = vbmetaContent(readVbmeta(image));
    expect(new Set(descriptors.map(({ kind }) => kind)).size).toBeGreaterThan(2);
    const again = vbmetaContent(readVbmeta(makeVbmeta({ descriptors })));
    expect(again.descriptors).toEqual(descriptors);
  });
});
