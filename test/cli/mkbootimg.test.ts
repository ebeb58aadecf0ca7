import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { vendorBootImageOf, writeVendorBootImage } from '../../src/bootimg/index.ts';
import { DEFAULTS } from '../bootimg/sample.ts';
import { desk, listing, MAIN, mnx } from './mnx.ts';

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

it('starts from code that V8 has compiled, and without it where that is of no use', async () => {
  const cwd = fresh();
  const args = ['mkbootimg', '--kernel', 'kernel', '-o'];
  expect(await mnx([...args, 'quick.img'], { env, cwd })).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const quick = JSON.stringify(join(dirname(MAIN), 'mkbootimg-run.quick'));
  const asked = `const fs = require('fs'), cachedData = fs.readFileSync(${quick} + '.v8');
    console.log(new (require('vm').Script)(fs.readFileSync(${quick}, 'latin1'), { cachedData }).cachedDataRejected)`;
  const node = (flags: readonly string[]) =>
    spawnSync(process.execPath, flags, { env, cwd, encoding: 'utf8' });
  expect(node(['-e', asked]).stdout).toBe('false\n');
  // Other flags of V8 are to it as another version is.
  expect(node(['--no-opt', '-e', asked]).stdout).toBe('true\n');
  expect(node(['--no-opt', MAIN, ...args, 'slow.img'])).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(join(cwd, 'slow.img'))).toEqual(readFileSync(join(cwd, 'quick.img')));
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
