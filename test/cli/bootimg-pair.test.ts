import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addHashFooter } from '../../src/avb/index.ts';
import { readBootImage, readVendorBootImage } from '../../src/bootimg/index.ts';
import type { Manifest } from '../../src/recipe/index.ts';
import { phoneDtb } from '../bootimg/phone.ts';
import { gkiPhone } from './gki-phone.ts';
import { desk, documentOf, listing, mnx } from './mnx.ts';
import { phoneFiles } from './phone-files.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

const own = phoneFiles(fresh('own'));
const [, , , dtb = '', , ramdisk = ''] = own;
const read = (folder: string, name: string) => new Uint8Array(readFileSync(join(folder, name)));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const manifestOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'boot.img.json'), 'utf8')) as Manifest;

async function build(phone: string, more: readonly string[] = [], cache = fresh('cache')) {
  const cwd = fresh();
  const args = ['bootimg', '--device', phone, ...own, '-o', 'boot.img', ...more];
  const run = await mnx(args, { env: { ...env, MNX_CACHE: cache }, cwd });
  return { cwd, run };
}

describe('mnx bootimg with header version 3 and 4', () => {
  it('writes kernel, stage-1 and command line into one image, tree and addresses into the other', async () => {
    const phone = gkiPhone(fresh('phone'), { bootconfig: ['androidboot.hardware=mnx'] });
    const { cwd, run } = await build(phone);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(listing(cwd)).toEqual(['boot-vendor_boot.img', 'boot.img', 'boot.img.json']);
    const boot = readBootImage(read(cwd, 'boot.img'));
    expect(boot).toMatchObject({ headerVersion: 4, cmdline: 'console=ttyMSM0,115200' });
    expect(Object.keys(boot.parts)).toEqual(['kernel', 'ramdisk']);
    expect(Buffer.from(boot.parts.ramdisk ?? []).equals(readFileSync(ramdisk))).toBe(true);
    // The kernel as it is: no tree stands behind it.
    expect(boot.parts.kernel?.length).toBe(readFileSync(own[1] ?? '').length);
    const vendor = readVendorBootImage(read(cwd, 'boot-vendor_boot.img'));
    expect(vendor).toMatchObject({
      headerVersion: 4,
      pageSize: 4096,
      addresses: { kernel: 0x80080000, ramdisk: 0x82000000, tags: 0x81e00000, dtb: 0x81f00000n },
      board: 'mnx',
      cmdline: 'bootconfig',
      fragments: [],
    });
    expect(Buffer.from(vendor.dtb).equals(readFileSync(dtb))).toBe(true);
    expect(Buffer.from(vendor.bootconfig).toString()).toBe('androidboot.hardware=mnx\n');
  });

  it('lists both in manifest, report and document, with size and hash', async () => {
    const phone = gkiPhone(fresh('phone'), { vendorBoot: 0x10_0000 });
    const { cwd, run } = await build(phone);
    const manifest = manifestOf(cwd);
    for (const [name, fact] of [
      ['boot.img', manifest.image],
      ['boot-vendor_boot.img', manifest.vendorBoot],
    ] as const) {
      const bytes = read(cwd, name);
      expect(fact).toEqual({ size: bytes.length, sha256: sha256(bytes) });
    }
    const tree = new Uint8Array(readFileSync(dtb));
    expect(manifest.parts.filter(({ image }) => image === 'vendor_boot')).toEqual([
      { name: 'dtb', image: 'vendor_boot', size: tree.length, sha256: sha256(tree), note: 'phone.dtb' },
    ]);
    expect(run.stdout).toMatch(/^vendor_boot, page 4096, command line bootconfig\n {2}dtb /m);
    expect(run.stdout).toMatch(/^vendor_boot partition: \d+ % of 1\.00 MiB$/m);
    expect(run.stdout).toMatch(
      /^wrote boot\.img \(.* MiB\), boot-vendor_boot\.img \(.* KiB\) and boot\.img\.json$/m,
    );
    expect(run.stdout).toMatch(
      /fastboot boot boot\.img\n.*\n?.*fastboot flash vendor_boot boot-vendor_boot\.img/,
    );
    const flash = await build(phone, ['--for', 'flash']);
    expect(flash.run.stdout).toContain(
      'fastboot flash vendor_boot boot-vendor_boot.img flash boot boot.img\n',
    );
    const json = documentOf((await build(phone, ['--json'])).run);
    expect(json).toMatchObject({ file: 'boot.img', vendorBootFile: 'boot-vendor_boot.img', ...manifest });
    const dry = documentOf((await build(phone, ['--dry-run', '--json'])).run);
    expect(dry).toMatchObject({ vendorBoot: { headerVersion: 4, pageSize: 4096, cmdline: ['bootconfig'] } });
  });

  it('takes the trees behind a kernel out of it', async () => {
    const phone = gkiPhone(fresh('phone'));
    const apart = await build(phone);
    const [, kernel = '', , , ...more] = own;
    const cwd = fresh();
    writeFileSync(join(cwd, 'Image-dtb'), Buffer.concat([readFileSync(kernel), readFileSync(dtb)]));
    const args = ['bootimg', '--device', phone, '--kernel', 'Image-dtb', ...more, '-o', 'boot.img'];
    expect((await mnx(args, { env, cwd })).code).toBe(0);
    for (const name of ['boot.img', 'boot-vendor_boot.img'])
      expect(sha256(read(cwd, name))).toBe(sha256(read(apart.cwd, name)));
  });

  it('takes both from the build cache, and makes them again when either is damaged there', async () => {
    const phone = gkiPhone(fresh('phone'));
    const cache = fresh('cache');
    const first = await build(phone, [], cache);
    const names = ['boot.img', 'boot-vendor_boot.img', 'boot.img.json'];
    const before = names.map((name) => sha256(read(first.cwd, name)));
    const expectSame = (folder: string) =>
      expect(names.map((name) => sha256(read(folder, name)))).toEqual(before);
    const second = await build(phone, [], cache);
    expect(second.run.stdout).toContain('unchanged since the last build');
    expectSame(second.cwd);
    const kept = listing(join(cache, 'builds')).filter((name) => name.endsWith('.img'));
    expect(kept).toHaveLength(2);
    for (const name of kept) {
      const path = join(cache, 'builds', name);
      writeFileSync(path, readFileSync(path).subarray(0, -20));
      const again = await build(phone, [], cache);
      expect(again.run.stdout).not.toContain('unchanged');
      expectSame(again.cwd);
    }
  });

  it('leaves no image where the other cannot be written', async () => {
    const phone = gkiPhone(fresh('phone'));
    const cwd = fresh();
    mkdirSync(join(cwd, 'boot-vendor_boot.img'));
    const run = await mnx(['bootimg', '--device', phone, ...own, '-o', 'boot.img'], { env, cwd });
    expect(run).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('boot-vendor_boot.img is a folder'),
    });
    expect(existsSync(join(cwd, 'boot.img'))).toBe(false);
    rmSync(join(cwd, 'boot-vendor_boot.img'), { recursive: true });
    expect(listing(cwd)).toEqual([]);
  });

  it('refuses a vendor_boot that is larger than its partition, and notes it where nothing is flashed', async () => {
    const phone = gkiPhone(fresh('phone'), { vendorBoot: 8192 });
    const { cwd, run } = await build(phone, ['--for', 'flash']);
    expect(run).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the vendor_boot partition 8192: \d+ too many; largest: dtb \d+/),
    });
    expect(listing(cwd)).toEqual([]);
    const sent = manifestOf((await build(phone)).cwd);
    expect(sent.findings).toMatchObject([
      {
        code: 'lint.partition',
        level: 'note',
        why: expect.stringContaining('fastboot boot does not send it'),
      },
    ]);
  });

  it('signs each for its own partition', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const folder = fresh('key');
    writeFileSync(join(folder, 'key.pem'), key);
    const flags = ['--for', 'flash', '--avb-key', join(folder, 'key.pem')];
    const phone = gkiPhone(fresh('phone'), { vendorBoot: 0x20_0000 });
    const plain = await build(phone, ['--for', 'flash']);
    const { cwd, run } = await build(phone, flags);
    expect(run.stdout).toMatch(/^AVB: signed for boot and vendor_boot, public key/m);
    const files = {
      boot: ['boot.img', 0x600_0000],
      vendor_boot: ['boot-vendor_boot.img', 0x20_0000],
    } as const;
    for (const [partitionName, [name, partitionSize]] of Object.entries(files)) {
      const wanted = addHashFooter(read(plain.cwd, name), { partitionName, partitionSize, key });
      expect(Buffer.concat(wanted).equals(read(cwd, name))).toBe(true);
      const args = ['verify', name, '--device', phone, '--json'];
      expect(documentOf(await mnx(args, { env, cwd }))).toMatchObject({
        avb: { hashes: [{ partition: partitionName, verdict: 'match' }] },
        findings: [],
      });
    }
    const unknown = await build(gkiPhone(fresh('phone')), flags);
    expect(unknown.run).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('add vendor_boot = BYTES'),
    });
  });

  it('asks for the ids by which ABL chooses a tree', async () => {
    const phone = gkiPhone(fresh('phone'));
    const abl = ['--loader', 'qcom-abl-v3'];
    const { run } = await build(phone, abl);
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('lint.dtb-msm-id') });
    const tree = join(fresh('tree'), 'abl.dtb');
    writeFileSync(tree, phoneDtb({ msmId: true }));
    const files = own.map((word) => (word === dtb ? tree : word));
    const cwd = fresh();
    const good = await mnx(['bootimg', '--device', phone, ...files, ...abl, '-o', 'boot.img'], { env, cwd });
    expect(good.code, good.stderr).toBe(0);
    expect(good.stdout).toContain('fastboot erase init_boot');
    expect(listing(cwd)).toEqual(['boot-vendor_boot.img', 'boot.img', 'boot.img.json']);
  });

  it('is told by mnx device show and held against itself by mnx device check', async () => {
    const bootconfig = ['androidboot.hardware=mnx', 'androidboot.slot_suffix=_a'];
    const phone = gkiPhone(fresh('phone'), { bootconfig, vendorBoot: 0x60_0000 });
    const show = await mnx(['device', 'show', phone], { env, cwd: fresh() });
    expect(show.stdout).toMatch(/dtb +section, 0x81f00000\n/);
    expect(show.stdout).toMatch(/bootconfig +androidboot\.hardware=mnx; androidboot\.slot_suffix=_a\n/);
    expect(show.stdout).toMatch(/vendor_boot partition +6\.00 MiB\n/);
    expect((await mnx(['device', 'check', phone], { env, cwd: fresh() })).stdout).toContain('no findings');
  });

  it('says what is lost where the kernel reads no boot configuration', async () => {
    const config = join(fresh('config'), 'config');
    const lines = ['BLK_DEV_INITRD', 'RD_GZIP', 'BINFMT_ELF', 'BINFMT_SCRIPT', 'PROC_FS', 'SYSFS', 'PRINTK'];
    const write = (more: readonly string[]) =>
      writeFileSync(config, [...lines, ...more].map((option) => `CONFIG_${option}=y\n`).join(''));
    const phone = gkiPhone(fresh('phone'));
    const found = async (more: readonly string[] = []) => {
      const { cwd, run } = await build(phone, ['--kernel-config', config, ...more]);
      expect(run.code, run.stderr).toBe(0);
      return manifestOf(cwd).findings.filter(({ code }) => code === 'lint.bootconfig');
    };
    write([]);
    expect(await found()).toMatchObject([
      { level: 'warning', todo: expect.stringContaining('--header-version 3') },
    ]);
    expect(await found(['--header-version', '3'])).toEqual([]);
    write(['BOOT_CONFIG']);
    expect(await found()).toEqual([]);
  });

  it('names no bootconfig in version 3, and refuses one', async () => {
    const { cwd, run } = await build(gkiPhone(fresh('phone')), ['--header-version', '3']);
    expect(run.code).toBe(0);
    const vendor = readVendorBootImage(read(cwd, 'boot-vendor_boot.img'));
    expect(vendor).toMatchObject({ headerVersion: 3, cmdline: '', fragments: [] });
    const bound = gkiPhone(fresh('phone'), { bootconfig: ['androidboot.hardware=mnx'] });
    const refused = await build(bound, ['--header-version', '3']);
    expect(refused.run).toMatchObject({ code: 2, stderr: expect.stringContaining('no boot configuration') });
  });

  it.each([0, 2])('writes one image with version %i', async (version) => {
    const { cwd, run } = await build(gkiPhone(fresh('phone')), ['--header-version', String(version)]);
    expect(run.code, run.stderr).toBe(0);
    expect(listing(cwd)).toEqual(['boot.img', 'boot.img.json']);
    expect(manifestOf(cwd)).not.toHaveProperty('vendorBoot');
  });
});

/** As the builds before header versions 3 and 4 had a second image made them. */
describe('mnx bootimg with older header versions', () => {
  it.each([
    ['0', '74689ed28992d7ce81bcfe5115750fdf85640eee9f62ced09b83b7f9041c0ea9'],
    ['1', '204892ce3172586c789931defbbef22a7ac7682acd7fa8fa0bae41ae6d3e0a2a'],
    ['2', 'dc3b4c03a9c31a23354b498f165339496ac3ba90322955d8c03a5a7e0baa7a93'],
  ])('writes the bytes of version %s that it always wrote', async (version, digest) => {
    const { cwd } = await build('qemu-aarch64', ['--header-version', version]);
    expect(sha256(read(cwd, 'boot.img'))).toBe(digest);
    expect(listing(cwd)).toEqual(['boot.img', 'boot.img.json']);
  });
});
