import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { vendorBootImageOf, writeVendorBootImage } from '../../src/bootimg/index.ts';
import { DEFAULTS } from '../bootimg/sample.ts';
import { desk, listing, mnx } from './mnx.ts';

const { env, folder, clear } = desk();
afterAll(clear);

function fresh(): string {
  const cwd = mkdtempSync(join(folder, 'aosp-'));
  writeFileSync(join(cwd, 'kernel'), 'kernel');
  return cwd;
}

it('packs, prints the id and unpacks again', async () => {
  const cwd = fresh();
  const args = ['mkbootimg', '--kernel', 'kernel', '--ramdisk', 'kernel', '--cmdline', "it's quiet"];
  const packed = await mnx([...args, '--id', '-o', 'boot.img'], { env, cwd });
  expect(packed).toMatchObject({ code: 0, stderr: '' });
  expect(packed.stdout).toMatch(/^0x[0-9a-f]{40}0{24}\n$/);
  const unpacked = await mnx(['unpack_bootimg', '--boot_img', 'boot.img', '--format=mkbootimg'], {
    env,
    cwd,
  });
  expect(unpacked.stdout).toContain(`--kernel out/kernel`);
  expect(unpacked.stdout).toContain(`--cmdline 'it'"'"'s quiet'\n`);
  expect(listing(join(cwd, 'out'))).toEqual(['kernel', 'ramdisk']);
  expect(readFileSync(join(cwd, 'out/kernel'), 'utf8')).toBe('kernel');
});

it('tells wrong use from damaged images', async () => {
  const cwd = fresh();
  const wrong = await mnx(['mkbootimg', '--header_version', '9', '-o', 'boot.img'], { env, cwd });
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('--header_version 9');
  expect((await mnx(['unpack_bootimg'], { env, cwd })).code).toBe(2);
  expect((await mnx(['unpack_bootimg', '--boot_img', 'absent'], { env, cwd })).code).toBe(2);
  expect((await mnx(['unpack_bootimg', '--boot_img', 'kernel'], { env, cwd })).code).toBe(3);
  expect(listing(cwd)).toEqual(['kernel']);
});

it('lets no name of a ramdisk lead out of the folder', async () => {
  const cwd = fresh();
  const image = vendorBootImageOf(
    { ...DEFAULTS, headerVersion: 4 },
    { cmdline: '', fragments: [{ name: '/../../../escaped', bytes: new Uint8Array(1) }] },
  );
  writeFileSync(join(cwd, 'vendor.img'), concat(writeVendorBootImage(image)));
  const run = await mnx(['unpack_bootimg', '--boot_img', 'vendor.img', '--out', 'a'], { env, cwd });
  expect(run.code).toBe(3);
  expect(existsSync(join(cwd, 'a'))).toBe(false);
  expect(existsSync(join(cwd, 'escaped'))).toBe(false);
  rmSync(join(cwd, 'vendor.img'));
});
