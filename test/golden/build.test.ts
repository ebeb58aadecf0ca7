import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { kernelPart, writeBootImage } from '../../src/bootimg/index.ts';
import { compatibleOf, findNode, readFdt } from '../../src/devicetree/index.ts';
import { dropbearHostKey, hostKeyFingerprint, knownHostsLine } from '../../src/initramfs/index.ts';
import { readKernelImage } from '../../src/kernel/index.ts';
import type { Manifest } from '../../src/recipe/index.ts';
import { imageWith } from '../bootimg/sample.ts';
import { desk, listing, MAIN, mnx, type Run, run } from '../cli/mnx.ts';
import { knownKey, opensshFile, opensshParts } from '../initramfs/openssh-file.ts';
import { expectBootable, followBranch } from '../loader/handover.ts';
import { bootFromPartition, cmdBoot, MSM8916, Panic } from '../loader/lk2nd.ts';
import { PEAK_HOOK, peakOf } from '../peak.ts';
import { isWarm, realCache, unbuiltCache } from './warm-cache.ts';

const MIB = 1024 * 1024;
const PARTITION = 32 * MIB;
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKU2sVZ4yWzQbBdNpQ7mGvCqRcbWeIz2Wsn4lBp0Y1uh me@desk';

const own = desk();
const { env, fresh } = own;
afterAll(own.clear);
const warm = await isWarm(own, ['asus-z00t', 'oneplus-enchilada']);

/** Surroundings that must not show in the bytes. */
interface Surroundings {
  readonly umask: string;
  readonly tz: string;
  readonly lang: string;
  readonly node?: string | undefined;
  /** Prefix of the command: one processor where taskset is there. */
  readonly prefix?: string;
}

interface Built {
  readonly folder: string;
  readonly run: Run;
  readonly image: Uint8Array;
  readonly manifestText: string;
  readonly manifest: Manifest;
}

async function build(
  { umask, tz, lang, node = process.execPath, prefix = '' }: Surroundings,
  more: readonly string[] = [],
  cache = unbuiltCache(fresh('cache')),
): Promise<Built> {
  const folder = fresh('folder');
  writeFileSync(join(folder, 'id.pub'), `${KEY}\n`);
  const args = ['bootimg', '--device', 'asus-z00t', '--ssh-key', 'id.pub', '-o', 'a.img', ...more];
  const line = `umask ${umask}; exec ${prefix} "$0" "$@"`;
  const all = ['-c', line, node, ...PEAK_HOOK, MAIN, ...args];
  const ended = await run('sh', all, {
    env: { ...env, MNX_CACHE: cache, TZ: tz, LANG: lang, LC_ALL: lang },
    cwd: folder,
  });
  expect(ended.code, ended.stderr).toBe(0);
  const manifestText = readFileSync(join(folder, 'a.img.json'), 'utf8');
  return {
    folder,
    run: ended,
    image: new Uint8Array(readFileSync(join(folder, 'a.img'))),
    manifestText,
    manifest: JSON.parse(manifestText) as Manifest,
  };
}

const CALM: Surroundings = { umask: '022', tz: 'UTC', lang: 'C.UTF-8' };

describe.skipIf(!warm)('the boot image of asus-z00t', () => {
  let cache: string;
  let built: Built;

  beforeAll(async () => {
    cache = unbuiltCache(fresh('cache'));
    built = await build({ umask: '000', tz: 'Pacific/Kiritimati', lang: 'tr_TR.UTF-8' }, [], cache);
  });

  function expectSame(other: Built): void {
    expect(other.manifestText).toBe(built.manifestText);
    expect(Buffer.compare(other.image, built.image)).toBe(0);
  }

  it('needs less than 400 MB', () => {
    const peak = peakOf(built.run.stderr);
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(400e6);
  });

  it('has the same bytes in another folder, umask, time zone, locale and on one processor', async () => {
    const single = spawnSync('taskset', ['-c', '0', 'true']).status === 0 ? 'taskset -c 0' : '';
    expectSame(await build({ umask: '077', tz: 'America/Nome', lang: 'C', prefix: single }));
  });

  for (const name of ['MNX_NODE22', 'MNX_NODE24']) {
    const node = process.env[name];
    if (node === undefined) console.log(`skipped: ${name} names no node`);
    it.skipIf(node === undefined)(`has the same bytes under ${name}`, async () => {
      const other = execFileSync(node ?? '', ['--version'], { encoding: 'utf8' }).trim();
      expect(other).not.toBe(process.version);
      expectSame(await build({ ...CALM, node }));
    });
  }

  it('comes from the build cache the second time', async () => {
    const again = await build(CALM, [], cache);
    expect(again.run.stdout).toContain('unchanged since the last build');
    expect(again.run.stderr).not.toContain('Compressing');
    expectSame(again);
  });

  it('is made anew for another key, which the manifest names by hash', async () => {
    const file = join(fresh('key'), 'other.pub');
    writeFileSync(file, `${KEY.replace('Y1uh', 'Y1ui')}\n`);
    const other = await build(CALM, ['--ssh-key', file], cache);
    expect(Buffer.compare(other.image, built.image)).not.toBe(0);
    const keys = (manifest: Manifest) => manifest.inputs.filter(({ role }) => role === 'ssh-keys');
    expect(keys(other.manifest)).toHaveLength(1);
    expect(keys(other.manifest)).not.toEqual(keys(built.manifest));
  });

  it('carries the host key that it is given, of which the manifest says the fingerprint alone', async () => {
    const file = join(fresh('host-key'), 'key');
    writeFileSync(file, opensshFile(opensshParts(knownKey())), { mode: 0o644 });
    const other = await build(CALM, ['--host-key', file], cache);
    expect(Buffer.compare(other.image, built.image)).not.toBe(0);
    expect(other.manifest.ssh.hostKey).toBe(hostKeyFingerprint(knownKey()));
    expect(other.run.stderr).toMatch(/warning: others on this computer may read .*key, a private key/);
    const told = other.manifestText + other.run.stdout + other.run.stderr;
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      expect(told).not.toContain(Buffer.from(dropbearHostKey(knownKey()).slice(20, 44)).toString(form));
    }
    const known = readFileSync(join(env['MNX_STATE'] ?? '', 'host-keys', 'asus-z00t.known_hosts'), 'utf8');
    expect(known).toBe(knownHostsLine('mnx-asus-z00t', knownKey()));
  });

  it('has the same bytes with parts of the build before it', async () => {
    const kinds = readdirSync(join(cache, 'parts')).map((name) => name.replace(/.*-/, ''));
    expect(kinds).toEqual(['blocks', 'coverage', 'modules', 'splash']);
    rmSync(join(cache, 'builds'), { recursive: true });
    const again = await build(CALM, [], cache);
    expect(again.run.stdout).not.toContain('unchanged since the last build');
    expect(again.run.stderr).not.toMatch(/Expanding|Rendering/);
    expectSame(again);
  });

  describe('its manifest', () => {
    it('names every input by its hash, and the .debs by what the cache has', () => {
      const { inputs } = built.manifest;
      for (const { sha256 } of inputs) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      const roles = new Set(inputs.map(({ role }) => role));
      for (const role of ['kernel', 'dtb', 'ssh-keys', 'host-key']) expect(roles).toContain(role);
      const named = (name: string) => inputs.find((input) => input.name === name)?.sha256 ?? '';
      for (const name of ['busybox-static', 'dropbear-bin', 'libtomcrypt1', 'linux-image-arm64']) {
        const deb = join(realCache(), 'debs', `${named(name)}.deb`);
        expect(createHash('sha256').update(readFileSync(deb)).digest('hex'), name).toBe(named(name));
      }
    });

    it('describes the image', () => {
      const { image, ssh, device, variant, header, layout } = built.manifest;
      expect(image).toEqual({
        size: built.image.length,
        sha256: createHash('sha256').update(built.image).digest('hex'),
      });
      const shown = expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/);
      expect(ssh).toEqual({ on: true, passwordless: false, hostKey: shown });
      expect(built.run.stdout).toContain(`Host key: ${ssh.hostKey}`);
      expect({ device, variant, layout: layout.kind }).toEqual({
        device: 'asus-z00t',
        variant: 'mainline',
        layout: 'window',
      });
      expect(header).toMatchObject({ version: 0, pageSize: 2048 });
    });

    it('holds no path, no time and nobody', () => {
      const { manifestText } = built;
      expect(manifestText).not.toMatch(/"(\/|~|\.\.?\/)/);
      for (const place of [own.folder, realCache(), resolve('.'), 'me@desk', 'id.pub'])
        expect(manifestText).not.toContain(place);
      expect(manifestText).not.toMatch(/20\d\d-\d\d-\d\d|\d\d:\d\d:\d\d/);
    });

    it('has its keys sorted', () => {
      const check = (value: unknown): void => {
        if (value === null || typeof value !== 'object') return;
        if (!Array.isArray(value)) expect(Object.keys(value)).toEqual(Object.keys(value).sort());
        Object.values(value).forEach(check);
      };
      check(built.manifest);
    });
  });

  describe('its parts', () => {
    let section: Buffer;
    let payload: Buffer;
    let tree: Buffer;
    let vmlinuz: Buffer;
    let ramdisk: Buffer;

    beforeAll(() => {
      const image = Buffer.from(built.image);
      section = image.subarray(2048, 2048 + image.readUInt32LE(8));
      // As gzip's own header has it: ten bytes, no name, then deflate.
      const { buffer, engine } = inflateRawSync(section.subarray(10), { info: true }) as unknown as {
        buffer: Buffer;
        engine: { bytesWritten: number };
      };
      payload = buffer;
      tree = section.subarray(10 + engine.bytesWritten + 8);
      vmlinuz = kernelFile(built.manifest, 'vmlinuz');
      const chosen = findNode(readFdt(new Uint8Array(tree)), '/chosen');
      const at = (name: string) => Buffer.from(chosen?.properties.get(name) ?? []).readUIntBE(0, 4);
      const wide = (name: string) => {
        const cells = Buffer.from(chosen?.properties.get(name) ?? []);
        return cells.length === 8 ? Number(cells.readBigUInt64BE()) : at(name);
      };
      ramdisk = payload.subarray(
        wide('linux,initrd-start') - MSM8916.base,
        wide('linux,initrd-end') - MSM8916.base,
      );
    });

    it("are what Debian's unpack_bootimg reads", () => {
      const folder = process.env['MNX_MKBOOTIMG_DIR'];
      const tool = folder === undefined ? 'unpack_bootimg' : join(folder, 'unpack_bootimg');
      const out = fresh('unpacked');
      const ended = spawnSync(tool, ['--boot_img', join(built.folder, 'a.img'), '--out', out], {
        encoding: 'utf8',
      });
      if (ended.error !== undefined) {
        console.log('skipped: no unpack_bootimg (Debian package mkbootimg, or MNX_MKBOOTIMG_DIR)');
        return;
      }
      expect(ended.stderr).toBe('');
      expect(ended.stdout).toMatch(/^boot image header version: 0$/m);
      expect(ended.stdout).toMatch(/^page size: 2048$/m);
      expect(ended.stdout).toMatch(/^ramdisk size: 0$/m);
      expect(ended.stdout).toContain('lk2nd.pass-simplefb=relocate,xrgb8888');
      expect(readFileSync(join(out, 'kernel')).equals(section)).toBe(true);
    });

    it('expand with gzip to one payload, with one tree behind it', () => {
      const { stdout, stderr } = spawnSync('gzip', ['-dc'], { input: section, maxBuffer: 256 * MIB });
      expect(stderr.toString()).toMatch(/trailing garbage ignored/);
      expect(stdout.equals(payload)).toBe(true);
      expect(tree.readUInt32BE(0)).toBe(0xd00dfeed);
      expect(tree.readUInt32BE(4)).toBe(tree.length);
      expect(compatibleOf(readFdt(new Uint8Array(tree)).root)).toContain('asus,z00t');
    });

    it("contain Debian's Image, unchanged, where the first instruction leads", () => {
      expect(followBranch(new Uint8Array(payload), 0)).toBe(0x2000000);
      expect(payload.subarray(0x2000000, 0x2000000 + vmlinuz.length).equals(vmlinuz)).toBe(true);
    });

    it('contain a ramdisk that cpio lists', () => {
      const archive = gunzipSync(ramdisk);
      const { status, stdout, stderr } = spawnSync('cpio', ['-itv'], { input: archive, encoding: 'utf8' });
      expect(status).toBe(0);
      expect(stderr).toMatch(/^\d+ blocks\n$/);
      const names = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^(\S+ +){8}/, ''));
      for (const name of ['init', 'etc/mnx.conf', 'usr/bin/busybox', 'usr/bin/dropbear'])
        expect(names.map((found) => found.replace(/^\.\//, ''))).toContain(name);
      const modules = names.filter((name) => /\.ko$/.test(name)).map((name) => basename(name, '.ko'));
      expect(modules.map((name) => name.replaceAll('-', '_')).sort()).toEqual(
        [...built.manifest.modules].sort(),
      );
      for (const name of ['gcc-msm8939', 'qnoc-msm8939', 'ext4']) expect(modules).toContain(name);
      expect(stdout).not.toMatch(/^\S+ +\d+ +(?!root)\S+ /m);
    });

    it('get through lk2nd in both copy orders', () => {
      const expected = {
        image: new Uint8Array(vmlinuz),
        imageSize: readKernelImage(new Uint8Array(vmlinuz)).imageSize,
        ramdisk: new Uint8Array(ramdisk),
        bootargs: String(built.manifest.header['cmdline']),
      };
      expectBootable(cmdBoot(built.image, MSM8916), MSM8916, expected);
      expectBootable(bootFromPartition(built.image, PARTITION, MSM8916), MSM8916, expected);
    });

    it('do not get through it in the plain layout', async () => {
      const dtb = kernelFile(built.manifest, 'dtb/qcom/msm8939-asus-z00t.dtb');
      const kernel = await kernelPart({
        image: [new Uint8Array(vmlinuz)],
        compression: 'gzip',
        level: 1,
        appended: [new Uint8Array(dtb)],
      });
      const content = { cmdline: 'x', parts: { kernel, ramdisk: new Uint8Array(ramdisk) } };
      const plain = concat(writeBootImage(imageWith({ dialect: 'classic' }, content)));
      expect(() => cmdBoot(plain, MSM8916)).toThrow(Panic);
      expect(() => bootFromPartition(plain, PARTITION, MSM8916)).toThrow(Panic);
    });
  });

  it('is refused for the partition when it does not fit, naming what is largest', async () => {
    const folder = fresh('large');
    mkdirSync(join(folder, 'overlay'));
    const noise = Array.from({ length: 400_000 }, (_, i) => createHash('sha256').update(`${i}`).digest());
    writeFileSync(join(folder, 'overlay', 'noise'), Buffer.concat(noise));
    const args = ['bootimg', '--device', 'asus-z00t', '--overlay', 'overlay', '-o', 'a.img'];
    const options = { env: { ...env, MNX_CACHE: cache }, cwd: folder };
    const ended = await mnx([...args, '--for', 'flash'], options);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /the boot partition 33554432 of which lk2nd keeps 524288: \d+ too many; largest: \S/,
    );
    expect(listing(folder)).toEqual(['overlay']);
  });
});

describe.skipIf(!warm)('a phone that needs no added driver', () => {
  it('builds the same way, and its coverage is clean', async () => {
    const folder = fresh('folder');
    const options = { env: { ...env, MNX_CACHE: unbuiltCache(fresh('cache')) }, cwd: folder };
    const coverage = await mnx(['device', 'coverage', 'oneplus-enchilada'], options);
    expect(coverage.stdout).toContain('Storage, USB gadget and console are driven.');
    expect(coverage.code).toBe(0);
    const ended = await mnx(['bootimg', '--device', 'oneplus-enchilada', '-o', 'a.img', '--json'], options);
    expect(ended.code, ended.stderr).toBe(0);
    const manifest = JSON.parse(ended.stdout) as Manifest;
    expect(manifest.layout.kind).toBe('plain');
    expect(manifest.inputs.some(({ role }) => role.startsWith('driver'))).toBe(false);
    const image = readFileSync(join(folder, 'a.img'));
    const page = image.readUInt32LE(36);
    const section = image.subarray(page, page + image.readUInt32LE(8));
    const { stdout } = spawnSync('gzip', ['-dc'], { input: section, maxBuffer: 256 * MIB });
    expect(stdout.equals(kernelFile(manifest, 'vmlinuz'))).toBe(true);
  });
});

/** A file of the kernel packages that a manifest names, by its path in the module folder. */
function kernelFile({ inputs }: Manifest, name: string): Buffer {
  for (const { role, sha256 } of inputs) {
    if (role !== 'kernel') continue;
    const modules = join(realCache(), 'unpacked', sha256, 'usr/lib/modules');
    for (const release of existsSync(modules) ? readdirSync(modules) : []) {
      const file = join(modules, release, name);
      if (existsSync(file)) return readFileSync(file);
    }
  }
  throw new Error(`no package of the manifest has ${name}`);
}
