import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { samples } from '../unpack/image-samples.ts';
import { desk, documentOf, listing, mnx } from './mnx.ts';

const { env, fresh, clear } = desk();
afterAll(clear);
const SAMPLES = await samples();

/** A folder with one of the samples as boot.img. */
function withImage(name: string): string {
  const cwd = fresh();
  writeFileSync(join(cwd, 'boot.img'), SAMPLES.get(name) ?? '');
  return cwd;
}

describe('mnx unpack, mnx pack', () => {
  it('take an image apart and put it together again', async () => {
    const cwd = withImage('boot v2');
    const apart = await mnx(['unpack', 'boot.img', '-d', 'parts', '--ramdisk'], { env, cwd });
    expect(apart).toMatchObject({ code: 0, stderr: '' });
    expect(apart.stdout).toMatch(/^ {2}kernel +10000$/m);
    expect(apart.stdout).toMatch(/then: mnx pack parts -o new\.img$/m);
    expect(listing(join(cwd, 'parts'))).toContain('ramdisk.d');
    const again = await mnx(['pack', 'parts', '-o', 'new.img'], { env, cwd });
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(cwd, 'new.img')).equals(readFileSync(join(cwd, 'boot.img')))).toBe(true);
  });

  it('say so when a signed footer goes', async () => {
    const cwd = withImage('boot v2 with a signed AVB footer');
    await mnx(['unpack', 'boot.img', '-d', 'parts'], { env, cwd });
    const file = join(cwd, 'parts/image.toml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/cmdline = .*/, 'cmdline = "other"'));
    const run = await mnx(['pack', 'parts', '-o', 'new.img', '--json'], { env, cwd });
    expect(documentOf(run)).toMatchObject({ warnings: [expect.stringContaining('--avb-key')] });
  });

  it('say how a file that is packed as a whole is opened', async () => {
    const cwd = withImage('boot v0');
    writeFileSync(join(cwd, 'boot.img.gz'), gzipSync(readFileSync(join(cwd, 'boot.img'))));
    for (const args of [
      ['unpack', 'boot.img.gz', '-d', 'parts'],
      ['bootimg', 'edit', 'boot.img.gz', '--in-place', '--cmdline', 'x'],
      ['verify', 'boot.img.gz'],
    ]) {
      const run = await mnx(args, { env, cwd });
      expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('expand it first: gunzip') });
    }
  });

  it.each([
    ['a folder that holds something', ['unpack', 'boot.img', '-d', '.', '--json'], 'recipe.output-exists', 2],
    ['a file without parts', ['unpack', 'text', '-d', 'parts', '--json'], 'unpack.unknown', 3],
    ['a file that is not there', ['unpack', 'nothing.img', '-d', 'parts', '--json'], 'cli.no-file', 2],
    ['a folder without image.toml', ['pack', '.', '-o', 'new.img', '--json'], 'unpack.no-file', 2],
  ])('refuse %s and leave nothing', async (_, args, code, exitCode) => {
    const cwd = withImage('boot v0');
    writeFileSync(join(cwd, 'text'), 'words, and more of them');
    const run = await mnx(args, { env, cwd });
    expect(run.code).toBe(exitCode);
    expect(documentOf(run)).toMatchObject({ error: { code } });
    expect(listing(cwd)).toEqual(['boot.img', 'text']);
  });
});
