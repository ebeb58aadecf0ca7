import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AVBTOOL_RELEASE,
  addHashFooter,
  encodePublicKey,
  type HashFooterOptions,
  hashDescriptor,
  makeVbmeta,
  readVbmeta,
  vbmetaContent,
  verifyHashFooter,
  verifyVbmeta,
  writeVbmeta,
} from '../../src/avb/index.ts';
import { signedBytes } from '../../src/avb/vbmeta.ts';
import { concat, sha256 } from '../../src/binary/index.ts';
import { bootV2 } from '../avb/boot-v2.ts';

const CORPUS = resolve(import.meta.dirname, '../../../shared/corpus/bootimg');
const KEY_2048 = join(CORPUS, 'testkey_rsa2048.pem');
const VBMETA = join(CORPUS, 'pixel5-redfin-11-vbmeta.img');
const present = existsSync(KEY_2048) && existsSync(VBMETA);
if (!present) console.log('avb: no corpus, the AOSP key and the Pixel 5 image are skipped');
const openssl = spawnSync('openssl', ['version']).status === 0;
if (!openssl) console.log('avb: no openssl, signatures are not compared with it');

const KEY_8192 = readFileSync(join(import.meta.dirname, '../avb/keys/rsa8192.pem'), 'utf8');

const BASE: HashFooterOptions = {
  partitionName: 'boot',
  partitionSize: 1024 * 1024,
  salt: Uint8Array.of(0, 0x11, 0x22, 0x33),
  release: AVBTOOL_RELEASE,
};

describe('bytes of avbtool 1.3.0', () => {
  it('starts from the pinned boot image', () => {
    expect(sha256(bootV2())).toBe('4ff63ee0929f9b185635191ed250f3b639b096dcdc01a6767d4ce8560f0a3e1e');
  });

  it('add_hash_footer NONE', () => {
    expect(sha256(...addHashFooter(bootV2(), BASE))).toBe(
      'd9245de22e619c4483966bce1d35e8874d54fadc139a67b3286786d18ae0afe0',
    );
  });

  it.skipIf(!present)('add_hash_footer SHA256_RSA2048 with rollback index and property', () => {
    const key = readFileSync(KEY_2048);
    const pieces = addHashFooter(bootV2(), { ...BASE, key, rollbackIndex: 7n, props: [['a', 'b']] });
    expect(sha256(...pieces)).toBe('6654c0a01df9d381618caef289cfa67eff4881a3b582d9ea2a9613aa56a67394');
    expect(verifyHashFooter(pieces)).toMatchObject({
      vbmeta: { intact: true },
      hashes: [{ check: { verdict: 'match' } }],
    });
  });

  it('make_vbmeta_image --flags 3 --padding_size 4096', () => {
    const made = makeVbmeta({ flags: 3, padding: 4096, release: AVBTOOL_RELEASE });
    expect(sha256(made)).toBe('8f70c5b73592e5797c4fedf0d847550151d18f40810222dcec0a8e3209a6be33');
  });
});

/** Digests of what avbtool writes; avbtool 1.2.0 with the release string of 1.3.0 where no chain flags are used. */
describe.skipIf(!present)('bytes of avbtool with everything on', () => {
  const image = Uint8Array.from({ length: 50_001 }, (_, i) => (i * 31 + 7) & 255);
  const key = present ? readFileSync(join(CORPUS, 'testkey_rsa4096.pem'), 'utf8') : '';
  const chain = () => ({
    kind: 'chain-partition' as const,
    partition: 'boot',
    rollbackIndexLocation: 3,
    publicKey: encodePublicKey(createPrivateKey(key)),
    flags: 0,
  });
  const dtbo: HashFooterOptions = {
    ...BASE,
    partitionName: 'dtbo',
    salt: new Uint8Array(),
    doNotUseAb: true,
    key: KEY_8192,
  };

  it('SHA512_RSA4096 in a dynamic partition', () => {
    const pieces = addHashFooter(image, {
      partitionName: 'vendor_boot',
      partitionSize: 'dynamic',
      hashAlgorithm: 'sha512',
      salt: Uint8Array.of(0xaa, 0xbb),
      algorithm: 'SHA512_RSA4096',
      key,
      rollbackIndex: 5n,
      rollbackIndexLocation: 2,
      flags: 1,
      props: [
        ['x', 'yy'],
        ['long.key', 'v:w'],
      ],
      kernelCmdlines: ['quiet a=b'],
      publicKeyMetadata: chain().publicKey,
      descriptors: [chain()],
      release: AVBTOOL_RELEASE,
    });
    expect(sha256(...pieces)).toBe('05125c24553512aaab90a7b2d455975d1af7813bd2128068e1b62a9fffcbe184');
  });

  it('SHA256_RSA8192, never A/B', () => {
    expect(sha256(...addHashFooter(image, dtbo))).toBe(
      '84afd9c1e49fda4a783617e96034d4e2aded48f557441ece2b3dd7ae7d1acfdf',
    );
  });

  it('a vbmeta image that chains one partition and includes another', () => {
    const descriptors = [chain(), hashDescriptor([image], dtbo)];
    const made = makeVbmeta({ key, descriptors, release: AVBTOOL_RELEASE });
    expect(sha256(made)).toBe('52ed69ecdeadaf80c488ce70c79162eb3ba780d4e442dbbd70c4fa06058cbb5c');
  });
});

describe('signatures', () => {
  it.skipIf(!present)('accepts the vbmeta image of a Pixel 5 and writes it again', () => {
    const image = new Uint8Array(readFileSync(VBMETA));
    expect(verifyVbmeta(image)).toMatchObject({ intact: true, algorithm: { name: 'SHA256_RSA4096' } });
    expect(sha256(writeVbmeta(readVbmeta(image)))).toBe(sha256(image));
  });

  it.skipIf(!openssl).each(['SHA256_RSA8192', 'SHA512_RSA8192'] as const)(
    '%s as openssl has it',
    (algorithm) => {
      const vbmeta = readVbmeta(makeVbmeta({ key: KEY_8192, algorithm }));
      expect(verifyVbmeta(vbmeta, encodePublicKey(createPrivateKey(KEY_8192))).intact).toBe(true);
      const folder = mkdtempSync(join(tmpdir(), 'mnx-avb-'));
      try {
        const at = (name: string) => join(folder, name);
        writeFileSync(at('pub'), createPublicKey(KEY_8192).export({ type: 'spki', format: 'pem' }));
        writeFileSync(at('sig'), vbmetaContent(vbmeta).signature);
        writeFileSync(at('data'), concat([signedBytes(vbmeta)]));
        const hash = algorithm.startsWith('SHA256') ? '-sha256' : '-sha512';
        const args = ['dgst', hash, '-verify', at('pub'), '-signature', at('sig'), at('data')];
        expect(execFileSync('openssl', args, { encoding: 'utf8' })).toContain('Verified OK');
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
