import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { type BuildRequest, planBuild } from '../../src/recipe/index.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKU2sVZ4yWzQbBdNpQ7mGvCqRcbWeIz2Wsn4lBp0Y1uh somebody@desk';
const nobody = { files: [], personal: false, passwordless: false };

function request(device: string, more: Partial<BuildRequest> = {}, variant?: string): BuildRequest {
  const loaded = loadDevice(device, variant === undefined ? {} : { variant });
  return { device: loaded, ssh: nobody, purpose: 'boot', ...more };
}

describe('planBuild', () => {
  it("takes the distribution's kernel, its tree and the device's drivers", () => {
    const plan = planBuild(request('asus-z00t'));
    expect(plan.kernel).toMatchObject({ from: 'package', package: { name: 'linux-image-arm64' } });
    expect(plan.dtb).toEqual({ from: 'kernel', name: 'qcom/msm8939-asus-z00t.dtb' });
    expect(plan.drivers.map(({ module }) => module)).toEqual(['gcc-msm8939', 'qnoc-msm8939']);
    expect(plan.programs.map(({ name }) => name)).toEqual(['busybox-static', 'dropbear-bin']);
  });

  it('brings the programs that the way to the root takes', () => {
    const names = (more: Partial<BuildRequest>) =>
      planBuild(request('asus-z00t', more)).programs.map(({ name }) => name);
    expect(names({ root: 'PARTLABEL=userdata,luks,resize', packages: ['evtest'] })).toEqual([
      'busybox-static',
      'dropbear-bin',
      'cryptsetup-bin',
      'e2fsprogs',
      'evtest',
    ]);
    expect(names({ root: 'PARTLABEL=userdata,luks', ramdisk: 'own.cpio' })).toEqual([]);
    // The command line wins on the phone, so it does here.
    const cmdlineAppend = ['mnx.root=nbd=', 'quiet'];
    expect(names({ root: 'PARTLABEL=userdata,luks', cmdlineAppend })).toEqual([
      'busybox-static',
      'dropbear-bin',
    ]);
    expect(
      planBuild(request('asus-z00t', { root: 'LABEL=x', cmdlineAppend: ['mnx.root='] })).root,
    ).toBeUndefined();
    expect(() => names({ cmdlineAppend: ['mnx.root=userdata'] })).toThrow(
      expect.objectContaining({ code: 'stage2.root', exitCode: 2 }),
    );
  });

  it('wants a root file system and the programs of it together', () => {
    const plan = (more: Partial<BuildRequest>) => planBuild(request('asus-z00t', more)).sysroot;
    expect(plan({ sysroot: 'target', programs: ['evtest'] })).toEqual({
      folder: 'target',
      programs: ['evtest'],
    });
    expect(plan({})).toBeUndefined();
    const code = expect.objectContaining({ code: 'recipe.sysroot', exitCode: 2 });
    expect(() => plan({ sysroot: 'target' })).toThrow(code);
    expect(() => plan({ programs: ['evtest'] })).toThrow(code);
  });

  it('tells folders with firmware from packages; those of the device come behind', () => {
    const own = mkdtempSync(join(tmpdir(), 'mnx-firmware-'));
    onTestFinished(() => rmSync(own, { recursive: true }));
    const device = loadDevice('asus-z00t');
    const named = { ...device, firmware: { ...device.firmware, packages: ['firmware-qcom-soc'] } };
    const plan = (more: Partial<BuildRequest>) =>
      planBuild(
        request('asus-z00t', { device: named, firmware: ['firmware-atheros', own, './here'], ...more }),
      );
    const suite = 'trixie';
    expect(plan({}).firmware).toEqual({
      folders: [own, './here'],
      packages: [
        { name: 'firmware-atheros', suite },
        { name: 'firmware-qcom-soc', suite },
      ],
    });
    expect(plan({ ramdisk: 'own.cpio' }).firmware).toEqual({ folders: [], packages: [] });
  });

  it('asks for kernel and dt.img where the phone has only its old ones', () => {
    const bare = request('asus-z00t', {}, 'downstream');
    expect(() => planBuild(bare)).toThrow(
      expect.objectContaining({
        code: 'recipe.no-kernel',
        exitCode: 4,
        hint: expect.stringContaining('--kernel FILE --dt FILE'),
      }),
    );
    expect(() => planBuild({ ...bare, kernel: 'Image.gz' })).toThrow(
      expect.objectContaining({ code: 'recipe.no-dt', exitCode: 4 }),
    );
    expect(planBuild({ ...bare, kernel: 'Image.gz', dt: 'dt.img' }).dtb).toEqual({
      from: 'qcdt',
      path: 'dt.img',
    });
  });

  it('builds no driver for a kernel of the user', () => {
    const plan = planBuild(request('asus-z00t', { kernelTree: 'out' }));
    expect(plan.drivers).toEqual([]);
    expect(plan.dtb).toMatchObject({ from: 'kernel' });
  });

  it('refuses two kernels', () => {
    expect(() => planBuild(request('asus-z00t', { kernel: 'a', kernelTree: 'b' }))).toThrow(
      expect.objectContaining({ code: 'recipe.two-kernels', exitCode: 2 }),
    );
  });

  it('refuses a configuration of no kernel', () => {
    expect(planBuild(request('asus-z00t', { kernel: 'a', kernelConfig: 'c' })).kernel).toMatchObject({
      config: 'c',
    });
    expect(() => planBuild(request('asus-z00t', { kernelConfig: 'c', kernelTree: 'b' }))).toThrow(
      expect.objectContaining({ code: 'recipe.config-alone', exitCode: 2 }),
    );
  });

  it('leaves SSH off without a key, and says so', () => {
    expect(planBuild(request('asus-z00t')).ssh).toMatchObject({ on: false, because: 'no key was named' });
  });

  it('takes keys without their comments', () => {
    const ssh = { files: [{ name: 'id.pub', text: KEY }], personal: false, passwordless: false };
    const plan = planBuild(request('asus-z00t', { ssh }));
    expect(plan.ssh).toMatchObject({ on: true, because: 'id.pub' });
    expect(JSON.stringify(plan)).not.toContain('somebody');
  });

  it.each([
    ['SSH keys', { ssh: { ...nobody, files: [{ name: 'id.pub', text: KEY }] } }],
    ['passwordless log-in', { ssh: { ...nobody, passwordless: true } }],
    ['a private key (--host-key)', { ssh: { ...nobody, hostKey: 'key' } }],
    ['an open shell', { stage2: 'shell' as const }],
  ])('--release refuses %s', (what, more) => {
    expect(() => planBuild(request('asus-z00t', { ...more, release: true }))).toThrow(what);
  });

  it('takes a host key where somebody may log in', () => {
    const withKey = { files: [], personal: false, hostKey: 'key' };
    expect(planBuild(request('asus-z00t', { ssh: { ...withKey, passwordless: true } })).ssh.hostKey).toBe(
      'key',
    );
    expect(() => planBuild(request('asus-z00t', { ssh: { ...withKey, passwordless: false } }))).toThrow(
      expect.objectContaining({ code: 'recipe.host-key-alone', exitCode: 2 }),
    );
    expect(() =>
      planBuild(request('asus-z00t', { ssh: { ...withKey, passwordless: true }, ramdisk: 'r.gz' })),
    ).toThrow(/--ramdisk is taken as it is/);
  });

  it('opens shells where they are asked for, on emulated phones, and never in a release', () => {
    const debug = (device: string, more: Parameters<typeof request>[1] = {}) =>
      planBuild(request(device, more)).debug;
    expect(debug('asus-z00t')).toBe(false);
    expect(debug('asus-z00t', { debug: true })).toBe(true);
    expect(debug('asus-z00t', { stage2: 'shell' })).toBe(true);
    expect(debug('qemu-aarch64')).toBe(true);
    expect(debug('qemu-aarch64', { release: true })).toBe(false);
    expect(() => debug('asus-z00t', { debug: true, release: true })).toThrow(/open shells \(--debug\)/);
  });

  it('brings adbd where the device has it, and only in an image for debugging', () => {
    const { device } = request('asus-z00t');
    const bridged = { ...device, usb: { ...device.usb, extras: ['adb' as const] } };
    const planned = (more: Partial<BuildRequest>) => {
      const { adb, programs } = planBuild(request('asus-z00t', { device: bridged, ...more }));
      return [adb, programs.some(({ name }) => name === 'adbd')];
    };
    expect(planned({ debug: true })).toEqual(['inside', true]);
    expect(planned({})).toEqual(['no-debug', false]);
    expect(planned({ release: true })).toEqual(['no-debug', false]);
    expect(planned({ debug: true, ramdisk: 'own.cpio' })).toEqual([undefined, false]);
    expect(planned({ debug: true, device })).toEqual([undefined, false]);
  });

  it('warns on the splash of a passwordless image', () => {
    const plan = planBuild(request('asus-z00t', { ssh: { ...nobody, passwordless: true } }));
    expect(plan.splash?.banner).toContain('no password');
  });

  it('tells pictures, themes and folders of frames by what they are', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mnx-theme-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const splash = (of: string) => planBuild(request('asus-z00t', { splash: of })).splash;
    expect(splash('minimal')).toMatchObject({ theme: 'minimal', picture: undefined });
    expect(splash('logo.svg')).toEqual({ picture: 'logo.svg', banner: undefined });
    expect(splash(folder)).toEqual({ picture: folder, banner: undefined });
    writeFileSync(join(folder, 'theme.toml'), '');
    expect(splash(folder)).toEqual({ picture: undefined, theme: folder, banner: undefined });
  });

  it('says why a phone cannot kexec', () => {
    const wish = request('asus-z00t', { stage2: 'kexec', root: 'LABEL=x' });
    expect(() => planBuild(wish)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(/spin-table/) }),
    );
  });

  it('keeps the early console through the hang that it is wanted for', () => {
    const words = (earlycon: string) => planBuild(request('asus-z00t', { earlycon })).cmdline;
    expect(words('')).toEqual(expect.arrayContaining(['earlycon', 'keep_bootcon']));
    expect(words('msm_serial_dm,0x78b0000')).toContain('earlycon=msm_serial_dm,0x78b0000');
  });

  it("tells the kernel where the crash's log is, by the tree or by parameters, and to reboot", () => {
    const words = (device: string, more: Partial<BuildRequest> = {}) =>
      planBuild(request(device, { ramoops: '0x7e000000', ...more })).cmdline.join(' ');
    expect(words('asus-z00t')).toMatch(/\bpanic=10$/);
    expect(words('asus-z00t', { cmdlineAppend: ['panic=3'] })).not.toContain('panic=10');
    expect(words('qemu-aarch64')).not.toContain('ramoops.');
    expect(words('qemu-x86_64')).toContain('memmap=0x100000$0x7e000000 ramoops.mem_address=0x7e000000');
  });
});
