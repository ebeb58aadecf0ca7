import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { gkiPhone } from '../cli/gki-phone.ts';
import { desk, mnx } from '../cli/mnx.ts';
import { phoneFiles } from '../cli/phone-files.ts';
import { isWarm, realCache } from './warm-cache.ts';

const own = desk();
afterAll(own.clear);
const warm = await isWarm(own, ['asus-z00t']);

/** A fastboot that writes down what it was told and what it was given. */
function fastboot(code: number): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = own.fresh('bin');
  const script = `#!/bin/sh\necho "$@" >${folder}/words\nfor file; do case "$file" in *vendor_boot.img) head -c 8 "$file" >${folder}/vendor_boot ;; esac; done\nhead -c 8 "$file" >${folder}/magic\nexit ${code}\n`;
  writeFileSync(join(folder, 'fastboot'), script);
  chmodSync(join(folder, 'fastboot'), 0o755);
  return { folder, env: { ...own.env, PATH: `${folder}:${process.env['PATH']}` } };
}

describe('mnx boot and mnx flash', () => {
  it('look for fastboot before anything is built', async () => {
    const ended = await mnx(['boot', '--device', 'asus-z00t'], {
      env: { ...own.env, PATH: own.fresh('empty') },
      cwd: own.fresh(),
    });
    expect(ended.code).toBe(4);
    expect(ended.stderr).toMatch(/fastboot is not installed\n hint: Install the Debian package fastboot\./);
  });

  it('send a machine without fastboot to the emulator', async () => {
    const ended = await mnx(['flash', '--device', 'qemu-aarch64'], { env: own.env, cwd: own.fresh() });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('mnx emulate --device qemu-aarch64');
  });
});

describe('mnx boot and mnx flash with header version 4', () => {
  const files = phoneFiles(own.fresh('files'));

  it('send boot.img alone and say where the device tree comes from', async () => {
    const tool = fastboot(0);
    const phone = gkiPhone(own.fresh('phone'));
    const ended = await mnx(['boot', '--device', phone, ...files], { env: tool.env, cwd: own.fresh() });
    expect(ended.code, ended.stderr).toBe(0);
    expect(readFileSync(join(tool.folder, 'words'), 'utf8')).toMatch(/^boot \S+\/phone-boot\.img\n$/);
    expect(readFileSync(join(tool.folder, 'magic'), 'latin1')).toBe('ANDROID!');
    expect(ended.stderr).toMatch(/boot\.img alone is sent: the loader takes vendor_boot from the phone/);
    expect(ended.stderr).toContain(`mnx flash --device ${phone}`);
  });

  it('write both partitions in one run', async () => {
    const tool = fastboot(0);
    const phone = gkiPhone(own.fresh('phone'));
    const ended = await mnx(['flash', '--device', phone, ...files], { env: tool.env, cwd: own.fresh() });
    expect(ended.code, ended.stderr).toBe(0);
    const told = readFileSync(join(tool.folder, 'words'), 'utf8');
    expect(told).toMatch(
      /^flash vendor_boot \S+\/phone-boot-vendor_boot\.img flash boot \S+\/phone-boot\.img\n$/,
    );
    expect(readFileSync(join(tool.folder, 'vendor_boot'), 'latin1')).toBe('VNDRBOOT');
    expect(existsSync(told.trim().split(' ').at(-1) ?? '')).toBe(false);
  });
});

describe.skipIf(!warm)('mnx boot and mnx flash, with the image', () => {
  it.each([
    [['boot', '--serial', 'abc'], /^-s abc boot \S+\/asus-z00t-boot\.img\n$/],
    [['flash'], /^flash boot \S+\/asus-z00t-boot\.img\n$/],
  ])('%j', async ([command = '', ...more], words) => {
    const tool = fastboot(0);
    const env = { ...tool.env, MNX_CACHE: realCache() };
    const ended = await mnx([command, '--device', 'asus-z00t', '--offline', ...more], {
      env,
      cwd: own.fresh(),
    });
    expect(ended.code, ended.stderr).toBe(0);
    const told = readFileSync(join(tool.folder, 'words'), 'utf8');
    expect(told).toMatch(words);
    expect(readFileSync(join(tool.folder, 'magic'), 'latin1')).toBe('ANDROID!');
    expect(existsSync(told.trim().split(' ').at(-1) ?? '')).toBe(false);
  });

  it('pass on that fastboot failed', async () => {
    const env = { ...fastboot(1).env, MNX_CACHE: realCache() };
    const ended = await mnx(['boot', '--device', 'asus-z00t', '--offline'], { env, cwd: own.fresh() });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('fastboot ended with code 1');
  });
});
