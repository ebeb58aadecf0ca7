import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compress } from '../../src/compress/index.ts';
import type { Manifest } from '../../src/recipe/index.ts';
import { desk, listing, mnx } from '../cli/mnx.ts';
import { isWarm, realCache, unbuiltCache } from '../golden/warm-cache.ts';

const MIB = 1024 * 1024;
const own = desk();
const { env, fresh } = own;
afterAll(own.clear);
const warm = await isWarm(own, ['oneplus-enchilada']);

describe.skipIf(!warm)("a kernel of the user's with its module folder", () => {
  let modules: string;
  let options: { env: NodeJS.ProcessEnv; cwd: string };
  const args = ['--kernel', 'modules/vmlinuz', '--modules', 'modules', '--json', '-o', 'a.img'];

  beforeAll(async () => {
    const folder = fresh('folder');
    options = { env: { ...env, MNX_CACHE: unbuiltCache(fresh('cache')) }, cwd: folder };
    const fetched = await mnx(['fetch', '--device', 'oneplus-enchilada', '--json'], options);
    const { packages } = JSON.parse(fetched.stdout) as { packages: { sha256: string }[] };
    for (const { sha256 } of packages) {
      const found = join(realCache(), 'unpacked', sha256, 'usr/lib/modules');
      for (const release of existsSync(found) ? readdirSync(found) : []) {
        modules = join(folder, release);
        execFileSync('cp', ['-a', join(found, release), folder]);
      }
    }
    // Reading all of Debian's 4400 modules takes a while, and these three quarters change nothing here.
    const drivers = ['net', 'media', 'gpu', 'iio', 'infiniband', 'staging', 'hwmon', 'input', 'scsi', 'mtd'];
    for (const part of ['net', 'sound', ...drivers.map((name) => `drivers/${name}`)])
      rmSync(join(modules, 'kernel', part), { recursive: true });
    symlinkSync(basename(modules), join(folder, 'modules'));
  });

  it('is refused where storage, USB and console wait for drivers that it leaves out', async () => {
    const dtb = ['--dtb', 'modules/dtb/qcom/msm8939-asus-z00t.dtb'];
    const ended = await mnx(['bootimg', '--device', 'asus-z00t', ...dtb, ...args], options);
    expect(ended.code).toBe(1);
    const { error } = JSON.parse(ended.stdout) as { error: { code: string; message: string; hint: string } };
    expect(error.code).toBe('recipe.refused');
    for (const role of [/storage/, /USB/i, /console/, /qcom,gcc-msm8939/])
      expect(error.message).toMatch(role);
    expect(error.hint).toContain('--force');
    expect(listing(options.cwd)).not.toContain('a.img');
  });

  it('stores modules expanded, whatever they were packed with: as a whole they compress best', async () => {
    const dtb = ['--dtb', 'modules/dtb/qcom/sdm845-oneplus-enchilada.dtb'];
    const kernel = ['--kernel', 'modules/vmlinuz', '--modules', 'modules', '--compression', 'none'];
    const make = async (name: string) => {
      const command = ['initramfs', '--device', 'oneplus-enchilada', ...dtb, ...kernel, '--json', '-o', name];
      const ended = await mnx(command, options);
      expect(ended.code, ended.stderr).toBe(0);
      return JSON.parse(ended.stdout) as { sha256: string; modules: string[] };
    };
    const first = await make('xz.cpio');
    const files = new Map(
      readdirSync(modules, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ko.xz'))
        .map((path) => [basename(path, '.ko.xz').replaceAll('-', '_'), join(modules, path)]),
    );
    const used = first.modules.flatMap((name) => files.get(name) ?? []);
    expect(used.length).toBeGreaterThan(20);
    const expanded = used.map((path) => execFileSync('xz', ['-dc', path], { maxBuffer: 64 * MIB }));
    for (const codec of ['xz', 'zstd'] as const) {
      const apart = await Promise.all(expanded.map((elf) => compress(codec, [elf])));
      const together = await compress(codec, expanded);
      expect(together.length).toBeLessThan(apart.reduce((sum, { length }) => sum + length, 0));
    }

    for (const [i, path] of used.entries()) {
      const elf = expanded[i] ?? Buffer.alloc(0);
      const plain = path.replace(/\.xz$/, '');
      const codec = (['none', 'gzip', 'zstd'] as const)[i % 4];
      if (codec === undefined) continue;
      rmSync(path);
      writeFileSync(
        `${plain}${{ none: '', gzip: '.gz', zstd: '.zst' }[codec]}`,
        await compress(codec, [elf]),
      );
    }
    expect((await make('all.cpio')).sha256).toBe(first.sha256);
    for (const [i, path] of used.entries()) {
      const plain = path.replace(/\.xz$/, '');
      for (const ending of ['', '.gz', '.zst']) rmSync(`${plain}${ending}`, { force: true });
      writeFileSync(path, await compress('xz', [expanded[i] ?? Buffer.alloc(0)]));
    }
  });

  it('builds, names its modules in the manifest, and builds anew when one of them changes', async () => {
    const dtb = ['--dtb', 'modules/dtb/qcom/sdm845-oneplus-enchilada.dtb'];
    const make = async () => {
      const ended = await mnx(['bootimg', '--device', 'oneplus-enchilada', ...dtb, ...args], options);
      expect(ended.code, ended.stderr).toBe(0);
      return JSON.parse(ended.stdout) as Manifest;
    };
    const first = await make();
    const packed = (manifest: Manifest) => manifest.inputs.filter(({ role }) => role === 'modules');
    expect(packed(first)).toEqual([
      {
        role: 'modules',
        name: 'modules',
        version: basename(modules),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect((await make()).image).toEqual(first.image);
    const ext4 = join(modules, 'kernel/fs/ext4/ext4.ko.xz');
    const elf = execFileSync('xz', ['-dc', ext4], { maxBuffer: 64 * MIB });
    rmSync(ext4);
    writeFileSync(ext4.replace(/\.xz$/, ''), Buffer.concat([elf, Buffer.alloc(8)]));
    const second = await make();
    expect(second.image).not.toEqual(first.image);
    expect(packed(second)).not.toEqual(packed(first));
  });
});
