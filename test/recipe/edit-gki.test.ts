import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addHashFooter, encodePublicKey, readGkiSignature } from '../../src/avb/index.ts';
import { concat, FormatError } from '../../src/binary/index.ts';
import { writeBootImage } from '../../src/bootimg/index.ts';
import { verifyImage } from '../../src/lint/index.ts';
import { editFile } from '../../src/recipe/index.ts';
import { block, certificate } from '../avb/gki-file.ts';
import { imageWith, PARTS } from '../bootimg/sample.ts';

const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const OTHER = generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey;
const { kernel, ramdisk } = PARTS;
const FOOTER = { partitionName: 'boot', partitionSize: 1024 * 1024, salt: Uint8Array.of(1) };

/** As mkbootimg --gki_signing_key makes it: one certificate in the section, over all that stands before. */
function inSection(cmdline: string, signed = true): Uint8Array {
  const draft = imageWith(
    { headerVersion: 4 },
    { cmdline, parts: { kernel, ramdisk, signature: new Uint8Array(4096) } },
  );
  const bytes = concat(writeBootImage(draft));
  const covered = bytes.subarray(0, bytes.length - 4096);
  return concat([covered, block(4096, certificate('boot', covered, signed ? KEY : undefined))]);
}

/** As certify_bootimg makes it: certificates of the image and of the kernel, behind the image. */
function behind(cmdline: string, signed = true): Uint8Array {
  const bytes = concat(
    writeBootImage(imageWith({ headerVersion: 4 }, { cmdline, parts: { kernel, ramdisk } })),
  );
  const key = signed ? KEY : undefined;
  const certificates = [certificate('boot', bytes, key), certificate('generic_kernel', kernel, key)];
  return concat([bytes, block(16_384, ...certificates)]);
}

const gkiCodes = async (bytes: Uint8Array) =>
  (await verifyImage(bytes)).findings.map(({ code }) => code).filter((code) => code.startsWith('lint.gki'));

describe.each([
  ['in its section', inSection, ['boot']],
  ['behind the image', behind, ['boot', 'generic_kernel']],
] as const)('a boot signature %s', (_place, make, names) => {
  it('verifies, and is found out when it is of another content', async () => {
    const { gki } = await verifyImage(make('quiet'));
    expect(gki).toEqual(
      names.map((name) => ({ name, algorithm: 'SHA256_RSA2048', digest: 'match', signature: 'match' })),
    );
    expect(await gkiCodes(make('quiet'))).toEqual([]);
    const changed = make('quiet');
    changed[44] = (changed[44] ?? 0) ^ 1;
    expect(await gkiCodes(changed)).toEqual(['lint.gki-hash']);
    const forged = make('quiet');
    const at = Buffer.from(forged).indexOf('AVB0') + 300;
    forged[at] = (forged[at] ?? 0) ^ 1;
    expect(await gkiCodes(forged)).toEqual(['lint.gki-signature']);
  });

  it('is signed again as if it had been made so', async () => {
    const { bytes, warnings } = await editFile(make('quiet'), { cmdline: 'loud', avbKey: KEY });
    expect(warnings).toEqual([]);
    expect(Buffer.compare(bytes, make('loud'))).toBe(0);
    const signed = await editFile(make('quiet'), { parts: { ramdisk: kernel }, avbKey: OTHER });
    const { gki } = await verifyImage(signed.bytes);
    expect(gki?.map(({ algorithm, digest }) => [algorithm, digest])).toEqual(
      names.map(() => ['SHA256_RSA4096', 'match']),
    );
    const found = Buffer.from(signed.bytes).indexOf(Buffer.from(encodePublicKey(OTHER)));
    expect(found).toBeGreaterThan(0);
  });

  it('is brought up to date without a key when it never was signed', async () => {
    const { bytes, warnings } = await editFile(make('quiet', false), { cmdline: 'loud' });
    expect(warnings).toEqual([]);
    expect(Buffer.compare(bytes, make('loud', false))).toBe(0);
  });

  it('keeps the room of its block when the content grows', async () => {
    const grown = new Uint8Array(ramdisk.length + 4096).fill(1);
    const { bytes } = await editFile(make('quiet', false), { parts: { ramdisk: grown } });
    expect(bytes.length).toBe(make('quiet').length + 4096);
    expect(await gkiCodes(bytes)).toEqual([]);
  });

  it('stays and is told of when it was signed and no key is given', async () => {
    const { bytes, warnings } = await editFile(make('quiet'), { cmdline: 'loud' });
    expect(warnings).toEqual([expect.stringContaining('--avb-key')]);
    expect(bytes.length).toBe(make('quiet').length);
    expect(await gkiCodes(bytes)).toContain('lint.gki-hash');
  });

  it('stands within the AVB footer, which covers it', async () => {
    const footed = (cmdline: string) => concat(addHashFooter(make(cmdline), { ...FOOTER, key: KEY }));
    const { bytes, warnings } = await editFile(footed('quiet'), { cmdline: 'loud', avbKey: KEY });
    expect(warnings).toEqual([]);
    expect(Buffer.compare(bytes, footed('loud'))).toBe(0);
    expect((await verifyImage(bytes)).findings.filter(({ code }) => /avb|gki/.test(code))).toEqual([]);
  });
});

describe('what is no boot signature', () => {
  it('zeros in the section, and an image without one, stay as they are', async () => {
    const parts = { kernel, ramdisk, signature: new Uint8Array(4096) };
    const zeros = concat(writeBootImage(imageWith({ headerVersion: 4 }, { cmdline: 'quiet', parts })));
    expect((await verifyImage(zeros)).gki).toBeUndefined();
    await expect(editFile(zeros, { cmdline: 'loud', avbKey: KEY })).rejects.toMatchObject({
      code: 'recipe.edit-avb',
    });
  });

  it('is refused when it is cut or odd, and never ends in anything but a FormatError', () => {
    const whole = block(4096, certificate('boot', kernel, KEY));
    expect(readGkiSignature(whole)).toHaveLength(1);
    expect(readGkiSignature(concat([whole.subarray(0, 4095), Uint8Array.of(1)]))).toBeUndefined();
    for (let at = 0; at < 1600; at += 1) {
      const cut = whole.slice(0, at);
      const flipped = whole.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      for (const bytes of [cut, flipped]) {
        try {
          readGkiSignature(bytes);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      }
    }
    expect(() => readGkiSignature(whole.subarray(0, 600))).toThrow(FormatError);
  });
});
