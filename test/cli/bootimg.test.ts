import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addHashFooter, encodePublicKey } from '../../src/avb/index.ts';
import { readBootImage } from '../../src/bootimg/index.ts';
import type { Manifest } from '../../src/recipe/index.ts';
import { desk, documentOf, listing, mnx } from './mnx.ts';
import { phoneFiles } from './phone-files.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

const own = phoneFiles(fresh('own'));
const phone = ['bootimg', '--device', 'asus-z00t', ...own];

describe('mnx bootimg with files of the user', () => {
  it('writes image and manifest without any package, and says what to type next', async () => {
    const cwd = fresh();
    const run = await mnx(phone, { env, cwd });
    expect(run).toMatchObject({ code: 0, signal: null });
    expect(listing(cwd)).toEqual(['asus-z00t-boot.img', 'asus-z00t-boot.img.json']);
    expect(run.stdout).toContain('wrote asus-z00t-boot.img');
    expect(run.stdout).toContain('fastboot boot asus-z00t-boot.img');
    expect(run.stdout).toMatch(/^ {2}kernel .*KiB/m);
    expect(run.stdout).toMatch(/^Layout plain/m);
    expect(run.stdout).toMatch(/^Boot partition: \d+ % of 31\.5 MiB/m);
  });

  it('prints one document that is the manifest and the place of the image', async () => {
    const cwd = fresh();
    const run = await mnx([...phone, '-o', 'a.img', '--json'], { env, cwd });
    const { file, ...manifest } = documentOf(run) as Manifest & { file: string };
    expect(file).toBe('a.img');
    expect(manifest).toEqual(JSON.parse(readFileSync(join(cwd, 'a.img.json'), 'utf8')));
    const image = readFileSync(join(cwd, 'a.img'));
    expect(manifest.image).toEqual({
      size: image.length,
      sha256: createHash('sha256').update(image).digest('hex'),
    });
    expect(readBootImage(new Uint8Array(image)).headerVersion).toBe(0);
  });

  it('takes the trees behind a kernel', async () => {
    const cwd = fresh();
    const [, kernel = '', , dtb = '', ...ramdisk] = own;
    writeFileSync(join(cwd, 'Image-dtb'), Buffer.concat([readFileSync(kernel), readFileSync(dtb)]));
    const joined = ['bootimg', '--device', 'asus-z00t', '--kernel', 'Image-dtb', ...ramdisk];
    expect((await mnx([...joined, '-o', 'joined.img'], { env, cwd })).code).toBe(0);
    expect((await mnx([...phone, '-o', 'apart.img'], { env, cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, 'joined.img')).equals(readFileSync(join(cwd, 'apart.img')))).toBe(true);
  });

  it('comes from the build cache the second time, and is made again when the entry is damaged', async () => {
    const cwd = fresh();
    const cache = fresh('cache');
    const cached = { env: { ...env, MNX_CACHE: cache }, cwd };
    expect((await mnx(phone, cached)).stdout).not.toContain('unchanged');
    const first = readFileSync(join(cwd, 'asus-z00t-boot.img'));
    expect((await mnx(phone, cached)).stdout).toContain('unchanged since the last build');
    const [image, entry] = listing(join(cache, 'builds')).sort((a) => (a.endsWith('.img') ? -1 : 1));
    for (const name of [image, entry]) {
      const path = join(cache, 'builds', name ?? '');
      writeFileSync(path, readFileSync(path).subarray(0, -20));
      rmSync(join(cwd, 'asus-z00t-boot.img'));
      expect((await mnx(phone, cached)).stdout).not.toContain('unchanged');
      expect(readFileSync(join(cwd, 'asus-z00t-boot.img')).equals(first)).toBe(true);
    }
  });
});

describe('mnx bootimg --avb-key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const flash = ['--for', 'flash', '--avb-key', 'key.pem'];

  it("fills the partition with the footer of mnx avb, and names the key's public half alone", async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'key.pem'), pem);
    const plain = await mnx([...phone, '--for', 'flash', '-o', 'plain.img'], { env, cwd });
    expect(plain.code).toBe(0);
    const run = await mnx([...phone, ...flash, '-o', 'a.img'], { env, cwd });
    expect(run).toMatchObject({ code: 0, signal: null });
    expect(run.stdout).toMatch(/^AVB: signed for boot, public key [0-9a-f]{16}/m);
    const image = readFileSync(join(cwd, 'a.img'));
    // What the loader sees of the partition: lk2nd keeps the first half MiB of its 32.
    expect(image.length).toBe(0x200_0000 - 0x8_0000);
    const wanted = addHashFooter(new Uint8Array(readFileSync(join(cwd, 'plain.img'))), {
      partitionName: 'boot',
      partitionSize: image.length,
      key: pem,
    });
    expect(image.equals(Buffer.concat(wanted))).toBe(true);
    const text = readFileSync(join(cwd, 'a.img.json'), 'utf8');
    expect((JSON.parse(text) as Manifest).inputs).toContainEqual({
      role: 'avb-key',
      name: 'public key',
      version: '',
      sha256: createHash('sha256').update(encodePublicKey(publicKey)).digest('hex'),
    });
    expect(text).not.toMatch(/key\.pem|PRIVATE/);
    const verified = await mnx(['verify', 'a.img', '--device', 'asus-z00t', '--json'], { env, cwd });
    expect(documentOf(verified)).toMatchObject({
      avb: { kind: 'footer', algorithm: 'SHA256_RSA2048', hashes: [{ partition: 'boot', verdict: 'match' }] },
    });
    expect(verified.stdout).not.toContain('lint.avb');
  });

  it('refuses a file that is no key, and a device whose partition nobody knows', async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'key.pem'), 'no key');
    const bad = await mnx([...phone, ...flash, '-o', 'a.img'], { env, cwd });
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('the key cannot be read') });
    const unknown = ['bootimg', '--device', 'qemu-aarch64', '--dry-run', '--avb-key', 'key.pem'];
    const run = await mnx(unknown, { env, cwd });
    expect(run).toMatchObject({ code: 4, stderr: expect.stringContaining('[partitions]') });
    expect(listing(cwd)).toEqual(['key.pem']);
  });
});

describe('what mnx bootimg says to type next', () => {
  it('can be pasted whatever the image is called', async () => {
    const { stdout } = await mnx([...phone, '-o', "it's mine.img"], { env, cwd: fresh() });
    expect(stdout).toContain(`\n  fastboot boot 'it'"'"'s mine.img'\n`);
  });
});

describe('mnx bootimg --ramdisk', () => {
  it('says what the kernel would not have of it', async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'text'), 'no ramdisk at all');
    const run = await mnx([...phone, '--ramdisk', 'text', '-o', 'a.img'], { env, cwd });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('the kernel would stop at byte 0 of it');
    expect(run.stdout).toContain('mnx initramfs check');
    const sound = await mnx([...phone, '-o', 'b.img'], { env, cwd });
    expect(sound.stdout).not.toContain('of it');
  });
});

describe('mnx bootimg --header-version', () => {
  const [, kernel = '', , dtb = '', , ramdisk = ''] = own;
  const desk = ['bootimg', '--device', 'qemu-aarch64', '--kernel', kernel, '--ramdisk', ramdisk];

  it.each([0, 1, 2, 3, 4])(
    '%i: kernel and ramdisk are in it, and the tree where the version has it',
    async (version) => {
      const cwd = fresh();
      const flags = ['--header-version', String(version), '--dtb', dtb, '-o', 'a.img'];
      const run = await mnx([...desk, ...flags], { env, cwd });
      expect(run, run.stderr).toMatchObject({ code: 0 });
      const image = readBootImage(new Uint8Array(readFileSync(join(cwd, 'a.img'))));
      expect(image.headerVersion).toBe(version);
      expect(Buffer.from(image.parts.ramdisk ?? []).equals(readFileSync(ramdisk))).toBe(true);
      const tree = version === 2 ? readFileSync(dtb) : Buffer.alloc(0);
      expect(Buffer.from(image.parts.dtb ?? []).equals(tree)).toBe(true);
    },
  );

  it('2 without a tree says what to name, and a version that the loader does not read is refused', async () => {
    const cwd = fresh();
    const bare = await mnx([...desk, '--header-version', '2', '-o', 'a.img'], { env, cwd });
    expect(bare).toMatchObject({ code: 2, stderr: expect.stringContaining('--dtb FILE') });
    const read = await mnx([...phone, '--header-version', '2', '-o', 'a.img'], { env, cwd });
    expect(read).toMatchObject({ code: 2, stderr: expect.stringContaining('header version 2') });
    expect(listing(cwd)).toEqual([]);
  });
});

describe('mnx bootimg --dry-run', () => {
  it('shows the plan and touches neither the folder nor the cache', async () => {
    const cwd = fresh();
    const cache = join(fresh(), 'cache');
    const dry = { env: { ...env, MNX_CACHE: cache }, cwd };
    const run = await mnx(['bootimg', '--device', 'asus-z00t', '--dry-run'], dry);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('linux-image-arm64');
    expect(run.stdout).toContain('qcom/msm8939-asus-z00t.dtb');
    expect(listing(cwd)).toEqual([]);
    expect(existsSync(cache)).toBe(false);
  });

  it('gives the plan as one document', async () => {
    const args = ['bootimg', '--device', 'asus-z00t', '--dry-run', '--json', '--root', 'LABEL=rootfs'];
    const plan = documentOf(await mnx(args, { env, cwd: fresh() }));
    expect(plan).toMatchObject({ device: 'asus-z00t', kernel: { from: 'package' }, ssh: { on: false } });
  });
});

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKU2sVZ4yWzQbBdNpQ7mGvCqRcbWeIz2Wsn4lBp0Y1uh somebody@desk';

describe('mnx bootimg --release', () => {
  it.each([
    [['--passwordless'], 'passwordless'],
    [['--stage2', 'shell'], 'open shell'],
    [['--ssh-key', 'id.pub'], 'SSH keys'],
  ])('refuses %s', async (flags, what) => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'id.pub'), `${KEY}\n`);
    const run = await mnx([...phone, '--release', ...flags], { env, cwd });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('--release refuses');
    expect(run.stderr).toContain(what);
    expect(listing(cwd)).toEqual(['id.pub']);
  });
});
