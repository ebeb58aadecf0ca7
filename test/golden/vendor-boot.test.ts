import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { gkiPhone } from '../cli/gki-phone.ts';
import { desk, mnx } from '../cli/mnx.ts';
import { phoneFiles } from '../cli/phone-files.ts';
import { haveMkbootimg, tool } from './mkbootimg-tool.ts';

const present = haveMkbootimg();
const { env, fresh, clear } = desk();
afterAll(clear);

const own = phoneFiles(fresh('own'));
const [, kernel = '', , dtb = '', , ramdisk = ''] = own;
const LINES = ['androidboot.hardware=mnx', 'androidboot.serialno=0123'];

interface Pair {
  readonly version: 3 | 4;
  readonly bootconfig: readonly string[];
}

async function build({ version, bootconfig }: Pair): Promise<string> {
  const cwd = fresh();
  const phone = gkiPhone(fresh('phone'), { bootconfig });
  const args = ['bootimg', '--device', phone, '--header-version', String(version), ...own, '-o', 'boot.img'];
  const run = await mnx(args, { env, cwd });
  expect(run.code, run.stderr).toBe(0);
  return cwd;
}

const unpack = (cwd: string, image: string, out: string) =>
  execFileSync(tool('unpack_bootimg'), ['--boot_img', image, '--out', out], { cwd, encoding: 'utf8' });

/** The device's numbers, as AOSP's tool takes them. */
const NUMBERS =
  '--base 0x80000000 --kernel_offset 0x80000 --ramdisk_offset 0x2000000 --tags_offset 0x1e00000 --dtb_offset 0x1f00000 --pagesize 4096 --board mnx';

describe.skipIf(!present).each<Pair>([
  { version: 3, bootconfig: [] },
  { version: 4, bootconfig: [] },
  { version: 4, bootconfig: LINES },
])('boot.img and vendor_boot of header version $version with bootconfig $bootconfig', (pair) => {
  const { version, bootconfig } = pair;

  it('are taken apart by unpack_bootimg', async () => {
    const cwd = await build(pair);
    const said = unpack(cwd, 'boot.img', 'boot');
    expect(said).toMatch(new RegExp(`boot image header version: ${version}\\n`));
    expect(said).toMatch(/command line args: console=ttyMSM0,115200\n/);
    const vendorSaid = unpack(cwd, 'boot-vendor_boot.img', 'vendor');
    expect(vendorSaid).toMatch(new RegExp(`vendor boot image header version: ${version}\\n`));
    expect(vendorSaid).toMatch(/vendor ramdisk total size: 0|vendor ramdisk size: 0/);
    expect(vendorSaid).toMatch(/dtb address: 0x0*81f00000\n/);
    const same = (file: string, other: string) =>
      expect(Buffer.compare(readFileSync(join(cwd, file)), readFileSync(other))).toBe(0);
    same('boot/kernel', kernel);
    same('boot/ramdisk', ramdisk);
    same('vendor/dtb', dtb);
    const text = version === 4 ? readFileSync(join(cwd, 'vendor/bootconfig'), 'utf8') : '';
    expect(text).toBe(bootconfig.map((line) => `${line}\n`).join(''));
    // An empty vendor ramdisk is no file with stage-1 in it.
    for (const name of readdirSync(join(cwd, 'vendor')).filter((file) => /^vendor_ramdisk/.test(file)))
      expect(readFileSync(join(cwd, 'vendor', name)).length).toBe(0);
  });

  it('are those of mkbootimg with the same parts, byte for byte', async () => {
    const cwd = await build(pair);
    writeFileSync(join(cwd, 'empty'), '');
    writeFileSync(join(cwd, 'bootconfig'), bootconfig.map((line) => `${line}\n`).join(''));
    const args = [
      ...['--header_version', String(version), ...NUMBERS.split(' ')],
      ...['--kernel', kernel, '--ramdisk', ramdisk, '--cmdline', 'console=ttyMSM0,115200', '--dtb', dtb],
      // Version 3 asks for a vendor ramdisk, which may be empty; version 4 has a table without rows.
      ...(version === 3 ? ['--vendor_ramdisk', 'empty'] : ['--vendor_cmdline', 'bootconfig']),
      ...(bootconfig.length === 0 ? [] : ['--vendor_bootconfig', 'bootconfig']),
      ...['-o', 'theirs.img', '--vendor_boot', 'theirs-vendor_boot.img'],
    ];
    execFileSync(tool('mkbootimg'), args, { cwd });
    for (const name of ['', '-vendor_boot']) {
      expect(existsSync(join(cwd, `theirs${name}.img`))).toBe(true);
      const [ours, theirs] = ['boot', 'theirs'].map((image) =>
        readFileSync(join(cwd, `${image}${name}.img`)),
      );
      expect(ours?.equals(theirs ?? Buffer.alloc(0)), `boot${name}.img`).toBe(true);
    }
  });
});
