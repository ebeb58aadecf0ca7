import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/output/index.ts';
import { unpackFile } from '../../src/unpack/index.ts';
import { samples } from './image-samples.ts';
import { thereAndBack } from './there-and-back.ts';

const root = mkdtempSync(join(tmpdir(), 'mnx-unpack-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const CORPUS = resolve(import.meta.dirname, '../../../shared/corpus/bootimg');

const SAMPLES = await samples();

describe('unpack, then pack', () => {
  it.each([...SAMPLES])('gives %s again', async (name, bytes) => {
    const file = join(root, name.replaceAll(' ', '-').replaceAll('/', '_'));
    writeFileSync(file, bytes);
    for (const ramdisk of [false, true]) {
      expect(Buffer.compare(await thereAndBack(file, { root, ramdisk }), bytes), `ramdisk ${ramdisk}`).toBe(
        0,
      );
    }
  });

  const corpus = existsSync(CORPUS) ? readdirSync(CORPUS).filter((name) => name.endsWith('.img')) : [];
  if (corpus.length === 0) console.log('skipped: no corpus of real images');

  // Headers of which the bodies are missing.
  const cut = ['pmbootstrap-boot-header-v2.img', 'pmbootstrap-boot-header-v3.img'];

  it.each(corpus.filter((name) => cut.includes(name)))('refuses %s, which is cut short', async (name) => {
    const folder = join(root, name);
    await expect(
      makeFolder(folder, (inside) => unpackFile(join(CORPUS, name), inside, { ramdisk: true })),
    ).rejects.toMatchObject({ code: 'bootimg.truncated' });
    expect(existsSync(folder)).toBe(false);
  });

  it.each(corpus.filter((name) => !cut.includes(name)))('gives %s of the corpus again', async (name) => {
    const bytes = readFileSync(join(CORPUS, name));
    for (const ramdisk of [false, true]) {
      expect(
        Buffer.compare(await thereAndBack(join(CORPUS, name), { root, ramdisk }), bytes),
        `ramdisk ${ramdisk}`,
      ).toBe(0);
    }
  });
});
