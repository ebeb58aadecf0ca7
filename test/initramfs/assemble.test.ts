import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256, utf8, utf8Text } from '../../src/binary/index.ts';
import { type Device, loadDevice } from '../../src/device/index.ts';
import {
  buildInitramfs,
  busyboxApplets,
  checkAsKernel,
  cpioFormat,
  type Entry,
  type InitramfsParts,
  packSplash,
  parsePublicKeys,
} from '../../src/initramfs/index.ts';
import type { ModuleRecord } from '../../src/kernel/index.ts';
import { readLzop } from '../compress/lzop-reader.ts';
import { APPLETS, busyboxFile } from './busybox-file.ts';
import { elfFile } from './elf-file.ts';

const scratch = mkdtempSync(join(tmpdir(), 'mnx-assemble-'));
afterAll(() => rm(scratch, { recursive: true }));

const STAGE1 = resolve(import.meta.dirname, '../../stage1');
const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f someone@somewhere';
const { privateKey: hostKey } = generateKeyPairSync('ed25519');

async function folder(name: string, files: Record<string, Uint8Array | string>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(scratch, name, path)), { recursive: true });
    await writeFile(join(scratch, name, path), content, { mode: 0o755 });
  }
  return join(scratch, name);
}

function record(name: string, path: string): ModuleRecord {
  const lists = { aliases: [], depends: [], softdepsPre: [], softdepsPost: [], weakdeps: [], firmware: [] };
  return { ...lists, name, path, vermagic: undefined, license: undefined } as unknown as ModuleRecord;
}

let device: Device;
let parts: InitramfsParts;

beforeAll(async () => {
  device = loadDevice('qemu-aarch64');
  const dropbear = await folder('dropbear', {
    'usr/sbin/dropbear': elfFile({ needed: ['libc.so.6'], interpreter: '/lib/ld-linux-aarch64.so.1' }),
  });
  const libc = await folder('libc', {
    'usr/lib/ld-linux-aarch64.so.1': elfFile(),
    'usr/lib/aarch64-linux-gnu/libc.so.6': elfFile(),
  });
  parts = {
    device,
    stage1: STAGE1,
    busybox: busyboxFile(),
    programs: { sysroots: [dropbear, libc], paths: ['usr/sbin/dropbear'] },
    modules: {
      release: '7.2.12+deb13-arm64',
      files: [
        { record: record('ext4', 'kernel/fs/ext4/ext4.ko.xz'), data: utf8('ext4') },
        { record: record('bochs', 'kernel/drivers/gpu/drm/tiny/bochs.ko.xz'), data: utf8('bochs') },
      ],
      tables: new Map([['modules.dep', 'kernel/fs/ext4/ext4.ko:\n']]),
    },
    splash: await packSplash(new Map([['ground', new Uint8Array(64 * 1024).fill(0x40)]])),
    ssh: { keys: parsePublicKeys(KEY, 'key'), hostKey },
    stage2: { mnx_root: 'LABEL=root', mnx_stage2: 'switch-root', mnx_init: '/sbin/init' },
  };
});

async function built(more: Partial<InitramfsParts> = {}) {
  const { archive, contributions, reasons } = await buildInitramfs({ ...parts, ...more });
  const { entries } = await checkAsKernel(archive);
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return { archive, contributions, reasons, byPath, paths: [...byPath.keys()] };
}

const textOf = (entry: Entry | undefined) => (entry?.type === 'file' ? utf8Text(entry.data) : undefined);

describe('busyboxApplets', () => {
  it('loads no module that only lies there for another to ask for, and knows who brought what', async () => {
    const { modules } = parts;
    if (modules === undefined) throw new Error('no modules');
    const { byPath, reasons } = await built({ modules: { ...modules, weak: new Set(['bochs']) } });
    const conf = byPath.get('etc/mnx.conf');
    expect(conf?.type === 'file' && utf8Text(conf.data)).toMatch(/^mnx_modules='ext4'$/m);
    expect(byPath.has('usr/lib/modules/7.2.12+deb13-arm64/kernel/drivers/gpu/drm/tiny/bochs.ko')).toBe(true);
    expect(reasons.get('usr/lib/aarch64-linux-gnu/libc.so.6')).toEqual({
      because: 'a library (NEEDED) of',
      of: 'usr/bin/dropbear',
    });
    expect(reasons.get('usr/bin/dropbear')).toEqual({ because: 'a program of this build' });
    expect(reasons.get('etc/mnx.conf')).toEqual({ because: 'settings' });
  });

  it('finds the table, its first name included', () => {
    expect(busyboxApplets(busyboxFile())).toEqual(APPLETS);
  });

  it('says that a busybox without it will not do', () => {
    expect(() => busyboxApplets(utf8('\0sh\0ash\0'))).toThrow(
      expect.objectContaining({ code: 'initramfs.applets' }),
    );
    expect(() => busyboxApplets(busyboxFile(['sh', 'switch_root']))).toThrow(/no table/);
  });
});

describe('buildInitramfs', () => {
  it('puts everything where stage-1, the kernel and the dynamic linker look for it', async () => {
    const { byPath } = await built();
    expect(byPath.get('init')).toMatchObject({ type: 'file', mode: 0o755 });
    expect(byPath.get('bin')).toMatchObject({ type: 'symlink', target: 'usr/bin' });
    expect(byPath.get('sbin')).toMatchObject({ target: 'usr/bin' });
    expect(byPath.get('usr/bin/modprobe')).toMatchObject({ target: 'busybox' });
    expect(byPath.get('usr/bin/dropbear')).toMatchObject({ type: 'file', mode: 0o755 });
    expect(byPath.get('usr/lib/mnx/lib/paths.sh')).toMatchObject({ mode: 0o644 });
    expect(byPath.get('usr/lib/modules/7.2.12+deb13-arm64/kernel/fs/ext4/ext4.ko')).toBeDefined();
    expect(byPath.get('usr/lib/modules/7.2.12+deb13-arm64/modules.dep')).toBeDefined();
    expect(byPath.get('dev/console')).toMatchObject({
      type: 'char',
      mode: 0o600,
      rdev: { major: 5, minor: 1 },
    });
    expect(byPath.get('tmp')).toMatchObject({ mode: 0o1777 });
    expect([...byPath.keys()].filter((path) => path.includes('shellcheckrc'))).toEqual([]);
    const frame = byPath.get('usr/share/mnx/splash/ground.lzo');
    expect(frame?.type === 'file' && readLzop(frame.data).length).toBe(64 * 1024);
  });

  it('writes settings from the device and the choices', async () => {
    const conf = textOf((await built()).byPath.get('etc/mnx.conf')) ?? '';
    expect(conf).toContain("mnx_device='qemu-aarch64'\n");
    expect(conf).toContain(
      "mnx_ssh='on'\nmnx_passwordless='no'\nmnx_release='no'\nmnx_debug='no'\nmnx_probe=''\nmnx_root='LABEL=root'\n",
    );
    expect(conf).toContain(
      "mnx_fb_width='1080'\nmnx_fb_height='1920'\nmnx_fb_stride='4320'\nmnx_fb_bpp='32'\n",
    );
    expect(conf).toContain("mnx_splash='boot'\n");
    // All of the set, in its order: busybox finds no module by what stands behind a dot in an alias.
    expect(conf).toContain("mnx_modules='ext4\nbochs'\n");
  });

  it('closes the keys and the accounts', async () => {
    const { byPath } = await built();
    expect(byPath.get('root')).toMatchObject({ mode: 0o700 });
    expect(byPath.get('root/.ssh')).toMatchObject({ mode: 0o700 });
    expect(byPath.get('root/.ssh/authorized_keys')).toMatchObject({ mode: 0o600 });
    expect(textOf(byPath.get('root/.ssh/authorized_keys'))).toBe(`${KEY.split(' ').slice(0, 2).join(' ')}\n`);
    expect(byPath.get('etc/dropbear/dropbear_ed25519_host_key')).toMatchObject({ mode: 0o600 });
    expect(textOf(byPath.get('etc/passwd'))).toMatch(/^root:\*:0:0:/);
  });

  it('packs dropbear and starts it only when somebody may log in', async () => {
    const { byPath } = await built({ ssh: { keys: [] } });
    expect(textOf(byPath.get('etc/mnx.conf'))).toContain("mnx_ssh='off'");
    expect(byPath.has('usr/bin/dropbear')).toBe(true);
    expect(byPath.has('root/.ssh')).toBe(false);
    const open = await built({ ssh: { keys: [], passwordless: true, hostKey } });
    expect(textOf(open.byPath.get('etc/mnx.conf'))).toContain("mnx_ssh='on'\nmnx_passwordless='yes'");
    await expect(built({ ssh: { keys: [], passwordless: true } })).rejects.toMatchObject({
      code: 'initramfs.host-key',
    });
  });

  it('has no private thing in a release, wherever it came from', async () => {
    const release = (more: Partial<InitramfsParts>) =>
      buildInitramfs({ ...parts, release: true, ssh: { keys: [] }, ...more });
    await expect(release({ ssh: parts.ssh })).rejects.toMatchObject({
      code: 'initramfs.release',
      exitCode: 2,
    });
    await expect(release({ ssh: { keys: [], passwordless: true } })).rejects.toMatchObject({
      code: 'initramfs.release',
    });
    for (const [i, path] of [
      'root/.ssh/authorized_keys',
      'etc/dropbear/dropbear_rsa_host_key',
      'etc/ssh/ssh_host_key',
    ].entries()) {
      const overlay = await folder(`private-${i}`, { [path]: 'x' });
      await expect(release({ overlay })).rejects.toThrow(`/${path}`);
    }
    const key = await folder('private-pem', { 'etc/key': '-----BEGIN OPENSSH PRIVATE KEY-----\n' });
    await expect(release({ overlay: key })).rejects.toThrow('/etc/key');
    expect((await release({})).archive.length).toBeGreaterThan(0);
  });

  it('has firmware where the kernel looks for it, whatever it was packed with, and says why', async () => {
    const entries: Entry[] = [
      { type: 'file', path: 'usr/lib/firmware/acme/wifi.bin', mode: 0o644, data: utf8('wifi') },
    ];
    const because = 'the firmware of wifi <- /soc/wifi@1';
    const reasons = new Map([['usr/lib/firmware/acme/wifi.bin', { because }]]);
    const found = await built({ brought: [{ from: 'firmware', entries, reasons }] });
    expect(found.byPath.get('lib')).toMatchObject({ type: 'symlink', target: 'usr/lib' });
    expect(found.byPath.get('usr/lib/firmware/acme')?.type).toBe('directory');
    expect(found.byPath.get('usr/lib/firmware/acme/wifi.bin')).toMatchObject({ data: utf8('wifi') });
    expect(found.reasons.get('usr/lib/firmware/acme/wifi.bin')).toEqual({ because });
    expect(found.contributions.find(({ name }) => name === 'firmware')).toMatchObject({ bytes: 4 });
  });

  it('lays the overlay over everything, programs over applets', async () => {
    const overlay = await folder('overlay', {
      'bin/ls': 'mine',
      'lib/firmware/a.bin': 'fw',
      'etc/shells': 'none',
    });
    const { byPath, contributions } = await built({ overlay });
    expect(textOf(byPath.get('usr/bin/ls'))).toBe('mine');
    expect(textOf(byPath.get('usr/lib/firmware/a.bin'))).toBe('fw');
    expect(textOf(byPath.get('etc/shells'))).toBe('none');
    expect(byPath.get('lib')).toMatchObject({ type: 'symlink' });
    expect(contributions.map(({ name }) => name).sort()).toEqual([
      'busybox',
      'layout',
      'modules',
      'overlay',
      'programs',
      'settings',
      'splash',
      'ssh',
      'stage-1',
    ]);
    const total = contributions.reduce((sum, { bytes }) => sum + bytes, 0);
    const files = [...byPath.values()].reduce(
      (sum, entry) => sum + (entry.type === 'file' ? entry.data.length : 0),
      0,
    );
    expect(total).toBe(files);
  });

  it('has behind all else what changes from build to build', async () => {
    const { archive } = await built();
    const names = cpioFormat.read(archive).members.map(({ name }) => utf8Text(name));
    const steady = names.findLastIndex((name) => name.endsWith('.ko') || name.endsWith('modules.dep'));
    for (const name of ['init', 'etc/mnx.conf', 'root/.ssh/authorized_keys', 'usr/lib/mnx/lib/log.sh']) {
      expect(names.indexOf(name), name).toBeGreaterThan(steady);
    }
  });

  it('gives the same bytes twice, and other bytes for another key', async () => {
    const [first, second] = [await built(), await built()];
    expect(sha256(second.archive)).toBe(sha256(first.archive));
    const other = generateKeyPairSync('ed25519').privateKey;
    expect(sha256((await built({ ssh: { ...parts.ssh, hostKey: other } })).archive)).not.toBe(
      sha256(first.archive),
    );
  });

  it('says when the stage-1 folder is none', async () => {
    await expect(built({ stage1: await folder('empty', { 'lib/x.sh': '' }) })).rejects.toMatchObject({
      code: 'initramfs.stage1',
    });
    await expect(built({ stage1: join(scratch, 'none') })).rejects.toMatchObject({ exitCode: 4 });
  });
});
