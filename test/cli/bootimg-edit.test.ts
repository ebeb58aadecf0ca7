import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { readBootImage, writeBootImage } from '../../src/bootimg/index.ts';
import { compress, detectCodec, WRITABLE_CODECS } from '../../src/compress/index.ts';
import { checkAsKernel, packCpio } from '../../src/initramfs/index.ts';
import { imageWith, PARTS } from '../bootimg/sample.ts';
import { desk, listing, mnx } from './mnx.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

const INIT = packCpio([{ type: 'file', path: 'init', mode: 0o755, data: Buffer.from('#!/bin/sh\n') }]);

function here(ramdisk: Uint8Array = new Uint8Array(gzipSync(INIT))): string {
  const cwd = fresh();
  const parts = { kernel: PARTS.kernel, ramdisk };
  writeFileSync(join(cwd, 'boot.img'), concat(writeBootImage(imageWith({}, { cmdline: 'quiet', parts }))));
  writeFileSync(join(cwd, 'a.sh'), 'echo\n');
  return cwd;
}

const read = (cwd: string, name: string) => readBootImage(new Uint8Array(readFileSync(join(cwd, name))));

describe('mnx bootimg edit', () => {
  it('writes another file, or the same', async () => {
    const cwd = here();
    const args = ['bootimg', 'edit', 'boot.img', '--cmdline-append', 'loglevel=7'];
    expect(await mnx([...args, '-o', 'b.img'], { env, cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(read(cwd, 'b.img').cmdline).toBe('quiet loglevel=7');
    expect(read(cwd, 'boot.img').cmdline).toBe('quiet');
    expect(await mnx([...args, '--in-place'], { env, cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(cwd, 'boot.img')).equals(readFileSync(join(cwd, 'b.img')))).toBe(true);
    expect(listing(cwd)).toEqual(['a.sh', 'b.img', 'boot.img']);
  });

  it.each([
    ['--os-version', 'fourteen', 'is no Android version'],
    ['--os-patch-level', '2024', 'is no security patch level'],
  ])('refuses %s %s', async (option, value, says) => {
    const cwd = here();
    const run = await mnx(['bootimg', 'edit', 'boot.img', '-o', 'b.img', option, value], { env, cwd });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining(`${value} ${says}`) });
    expect(listing(cwd)).toEqual(['a.sh', 'boot.img']);
  });

  it('refuses to change nothing', async () => {
    const cwd = here();
    const run = await mnx(['bootimg', 'edit', 'boot.img', '-o', 'b.img'], { env, cwd });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing is named') });
    expect(listing(cwd)).toEqual(['a.sh', 'boot.img']);
  });

  it('puts a file into the ramdisk', async () => {
    const cwd = here();
    const run = await mnx(['bootimg', 'edit', 'boot.img', '--in-place', '--add-file', 'a.sh:/bin/a:0700'], {
      env,
      cwd,
    });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const { entries } = await checkAsKernel(read(cwd, 'boot.img').parts.ramdisk ?? new Uint8Array());
    expect(entries).toMatchObject([{ path: 'bin' }, { path: 'bin/a', mode: 0o700 }, { path: 'init' }]);
  });

  // The kernel reads no lz4 frames, so nothing would be there to see.
  it.each(WRITABLE_CODECS.filter((codec) => codec !== 'lz4'))(
    'packs a ramdisk in %s again',
    async (codec) => {
      const cwd = here(await compress(codec, [INIT]));
      const args = ['bootimg', 'edit', 'boot.img', '--in-place', '--add-file', 'a.sh:/bin/a'];
      expect(await mnx(args, { env, cwd })).toMatchObject({ code: 0, stderr: '' });
      const { ramdisk = new Uint8Array() } = read(cwd, 'boot.img').parts;
      expect(detectCodec(ramdisk)).toBe(codec);
      const { entries, stopped } = await checkAsKernel(ramdisk);
      expect(entries.map(({ path }) => path)).toEqual(['bin', 'bin/a', 'init']);
      expect(stopped).toBeUndefined();
    },
  );

  it.each([
    ['--cmdline', 'x'],
    ['--cmdline', 'x', '--in-place', '-o', 'c.img'],
    ['--in-place', '--add-file', 'a.sh'],
    ['--in-place', '--kernel', 'absent'],
    ['--in-place', '--bootconfig', 'a.sh'],
    ['--in-place', '--avb-key', 'a.sh'],
  ])('refuses %s %s %s %s and leaves the file alone', async (...args) => {
    const cwd = here();
    const before = readFileSync(join(cwd, 'boot.img'));
    expect((await mnx(['bootimg', 'edit', 'boot.img', ...args], { env, cwd })).code).toBe(2);
    expect(readFileSync(join(cwd, 'boot.img')).equals(before)).toBe(true);
    expect(listing(cwd)).toEqual(['a.sh', 'boot.img']);
  });
});
