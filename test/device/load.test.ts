import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MnxError } from '../../src/binary/index.ts';
import { listDevices, loadDevice, withLoader } from '../../src/device/index.ts';
import { deviceText, sandbox } from './sandbox.ts';

function failure(work: () => unknown): MnxError {
  try {
    work();
  } catch (error) {
    if (error instanceof MnxError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('shipped devices', () => {
  it('lists them sorted, each as a build would see it', () => {
    const devices = listDevices();
    expect(devices.map(({ id }) => id)).toEqual([
      'asus-flo',
      'asus-z00t',
      'motorola-addison',
      'oneplus-enchilada',
      'qemu-aarch64',
      'qemu-x86_64',
    ]);
    expect(devices.filter(({ needsKernel }) => needsKernel).map(({ id }) => id)).toEqual([
      'asus-flo',
      'motorola-addison',
    ]);
    expect(devices.find(({ id }) => id === 'asus-z00t')?.variants).toEqual(['mainline', 'downstream']);
  });

  it('loads every variant of every device', () => {
    for (const { id, variants } of listDevices()) {
      for (const variant of variants) expect(loadDevice(id, { variant }).variant).toBe(variant);
      expect(loadDevice(id).variant).toBe(variants[0]);
    }
  });

  it("has asus-z00t's mainline variant as lk2nd and Debian's kernel want it", () => {
    const device = loadDevice('asus-z00t');
    expect(device).toMatchObject({
      arch: 'aarch64',
      soc: 'msm8939',
      kernel: {
        package: { name: 'linux-image-arm64', suite: 'trixie-backports' },
        dtb: 'qcom/msm8939-asus-z00t.dtb',
        compression: 'gzip',
        drivers: [
          { module: 'gcc-msm8939', sources: ['drivers/clk/qcom/gcc-msm8939.c'] },
          { module: 'qnoc-msm8939', sources: ['drivers/interconnect/qcom/msm8939.c'] },
        ],
      },
      bootimg: { headerVersion: 0, pageSize: 2048, dtb: 'append' },
      partitions: { boot: 32 * 1024 * 1024 },
      screen: { width: 1080, height: 1920, stride: 4320, format: 'BGRA8888', rotation: 0 },
      usb: { mode: 'configfs', vendor: 0x18d1, product: 0xd001, address: '172.16.42.1' },
      stage2: { methods: ['switch-root'] },
    });
    expect(device.bootimg.cmdline).toContain('lk2nd.pass-simplefb=relocate,xrgb8888');
    expect(device.bootimg.cmdline.filter((word) => word.startsWith('console='))).toEqual([
      'console=ttyMSM0,115200',
    ]);
    expect(device.kernel.modules).toEqual(
      expect.arrayContaining(['ext4', 'usb_f_ncm', 'usb_f_rndis', 'libcomposite']),
    );
    expect(device.sources).toEqual([
      'families/debian-arm64.toml',
      'families/msm8916.toml',
      'families/msm8939.toml',
      'asus-z00t.toml',
    ]);
  });

  it("keeps lk2nd's numbers of msm8916", () => {
    expect(loadDevice('asus-z00t').loader).toMatchObject({
      addresses: 'forced',
      headerVersions: [0],
      cmdlineLimit: 511,
      maxDownload: 256 * 1024 * 1024,
      maxPageSize: 4096,
      partitionReserved: 512 * 1024,
      needsMsmId: false,
      placement: {
        base: 0x80000000,
        tags: 0x1e00000,
        ramdisk: 0x2000000,
        mapped: 90 * 1024 * 1024,
        reserved: 0x6000000,
        fdtSlack: 1024,
        copyOrder: { boot: ['dtb', 'ramdisk', 'kernel'], flash: ['dtb', 'kernel', 'ramdisk'] },
        window: { ramdisk: 0x1000, image: 0x2000000 },
      },
    });
  });

  it("keeps the phone's old recipe as its downstream variant", () => {
    const device = loadDevice('asus-z00t', { variant: 'downstream' });
    expect(device.bootimg).toMatchObject({
      base: 0x10000000,
      kernelOffset: 0x8000,
      ramdiskOffset: 0x02000000,
      secondOffset: 0x00f00000,
      tagsOffset: 0x100,
      pageSize: 2048,
      dtb: 'qcdt',
    });
    expect(device.bootimg.cmdline).toEqual([
      'androidboot.hardware=qcom',
      'ehci-hcd.park=3',
      'androidboot.bootdevice=7824900.sdhci',
      'lpm_levels.sleep_disabled=1',
      'androidboot.selinux=permissive',
    ]);
    expect(device.loader.id).toBe('qcom-lk');
    expect(device.kernel).toMatchObject({ package: undefined, drivers: [] });
    expect(device.usb.mode).toBe('android_usb');
    expect(device.screen).toMatchObject({ pan: true, backlight: { value: 10 } });
  });

  it('tests in QEMU what is flashed', () => {
    const [phone, emulated] = [loadDevice('asus-z00t'), loadDevice('qemu-aarch64')];
    expect(emulated.kernel.package).toEqual(phone.kernel.package);
    expect(
      emulated.bootimg.base + Math.min(emulated.bootimg.kernelOffset, emulated.bootimg.tagsOffset),
    ).toBeGreaterThanOrEqual(0x40100000);
    expect(emulated.emulator).toMatchObject({ machine: 'virt', cpu: 'cortex-a57', cpus: 2, memory: 1024 });
    expect(emulated.usb.wired).toEqual({ interface: 'eth0', address: '10.0.2.15', prefix: 24 });
  });
});

describe('another loader', () => {
  it("moves its memory to the machine's and follows its ways", () => {
    const device = withLoader(loadDevice('qemu-aarch64'), 'lk2nd-msm8916');
    expect(device.loader.placement).toMatchObject({ base: 0x48000000, tags: 0x1e00000 });
    expect(device.bootimg).toMatchObject({ dtb: 'append', headerVersion: 0 });
    expect(loadDevice('qemu-aarch64', { loader: 'lk2nd-msm8916' })).toEqual(device);
  });

  it('leaves the memory of a phone where it is', () => {
    expect(withLoader(loadDevice('asus-z00t'), 'lk2nd-msm8953').loader.placement?.base).toBe(0x80000000);
  });

  it('refuses a machine that has no place for it', () => {
    expect(failure(() => withLoader(loadDevice('qemu-x86_64'), 'lk2nd-msm8916'))).toMatchObject({
      code: 'device.loader-base',
      exitCode: 2,
    });
  });

  it('names the nearest for one that is not known', () => {
    const error = failure(() => withLoader(loadDevice('qemu-aarch64'), 'lk2nd-msm8961'));
    expect(error).toMatchObject({ code: 'device.loader', exitCode: 2 });
    expect(error.hint).toContain('lk2nd-msm8960');
  });
});

describe("a user's own file", () => {
  it('extends shipped families and its own', () => {
    const folder = sandbox({
      'mine/phone.toml':
        'extends = ["families/msm8916", "shared"]\nname = "P"\nmanufacturer = "M"\n[support]\nlevel = "hardware"\nreason = "r"\n[bootimg]\ncmdline_extra = ["three"]\n',
      'mine/shared.toml':
        '[kernel]\nmodules = ["one"]\n[bootimg]\npage_size = 4096\ncmdline = ["one"]\ncmdline_extra = ["two"]\n[variant.mainline]\nloader = "own"\n',
      'mine/loaders/own.toml':
        'name = "own"\nkind = "android"\naddresses = "header"\nheader_versions = [0]\ncmdline_limit = 100\ndtb = ["append"]\n',
    });
    const device = loadDevice(join(folder, 'mine/phone.toml'));
    expect(device.id).toBe('phone');
    expect(device.bootimg.pageSize).toBe(4096);
    expect(device.loader).toMatchObject({ id: 'own', cmdlineLimit: 100 });
    expect(device.bootimg.base).toBe(0x80000000);
    // The variant's own list replaces the plain one and all that was added to it.
    expect(device.bootimg.cmdline[0]).toBe('lk2nd.pass-simplefb=relocate,xrgb8888');
    expect(device.sources.slice(-2)).toEqual(['shared.toml', 'phone.toml']);
  });

  it('adds to lists, replaces lists, and merges tables', () => {
    const folder = sandbox({
      'a.toml': deviceText({
        kernel: '[kernel]\nmodules = ["one", "two"]',
        more: '[variant.add.kernel]\nmodules_extra = ["three"]\n[variant.replace.kernel]\nmodules = ["four"]\n[variant.add.screen]\nheight = 1440',
      }),
    });
    const file = join(folder, 'a.toml');
    expect(loadDevice(file, { variant: 'add' }).kernel.modules).toEqual(['one', 'two', 'three']);
    expect(loadDevice(file, { variant: 'replace' }).kernel.modules).toEqual(['four']);
    expect(loadDevice(file, { variant: 'add' }).screen).toMatchObject({
      width: 720,
      height: 1440,
      stride: 2880,
    });
  });

  it('is fitted with every default', () => {
    const folder = sandbox({ 'a.toml': deviceText() });
    expect(loadDevice(join(folder, 'a.toml'))).toMatchObject({
      variants: [],
      variant: undefined,
      usb: { mode: 'auto', functions: ['ncm', 'rndis'], hostAddress: '172.16.42.2', udc: undefined },
      initramfs: { compression: 'gzip', level: 6 },
      ssh: { keys: [] },
      stage2: { methods: ['switch-root'], init: '/sbin/init' },
      bootimg: { headerVersion: 0, dialect: 'classic', cmdlineEaten: 0, cmdlineForbidden: [], board: '' },
      failure: { action: 'shell', delay: 60 },
      keys: { shell: 'volume-down' },
      emulator: undefined,
    });
  });
});

describe('what is wrong', () => {
  const load = (text: string, more: Readonly<Record<string, string>> = {}) =>
    failure(() => loadDevice(join(sandbox({ 'a.toml': text, ...more }), 'a.toml')));

  it('suggests the nearest device', () => {
    const error = failure(() => loadDevice('asus-z00'));
    expect(error).toMatchObject({ code: 'device.unknown', exitCode: 2 });
    expect(error.hint).toContain('asus-z00t');
    expect(failure(() => loadDevice('nothing-like-it')).hint).toContain('asus-flo');
  });

  it('does not take a missing file for a name', () => {
    expect(failure(() => loadDevice('./phone.toml'))).toMatchObject({ code: 'device.no-file', exitCode: 2 });
  });

  it('suggests the nearest variant', () => {
    const error = failure(() => loadDevice('asus-z00t', { variant: 'mainlne' }));
    expect(error).toMatchObject({ code: 'device.variant', exitCode: 2, hint: 'Did you mean mainline?' });
  });

  it('shows the line and column of broken TOML', () => {
    const error = load('name = "P"\nmanufacturer = = "M"\n');
    expect(error).toMatchObject({ code: 'device.syntax', exitCode: 3 });
    expect(error.message).toMatch(/^a\.toml:2:\d+: /);
    expect(error.message).toContain('2 | manufacturer = = "M"');
    expect(error.message).toMatch(/\^$/);
  });

  it('refuses text that is not UTF-8', () => {
    const file = join(sandbox({ 'a.toml': '' }), 'a.toml');
    writeFileSync(file, Buffer.from('name = "Fr\xe4nk"', 'latin1'));
    expect(failure(() => loadDevice(file))).toMatchObject({ code: 'device.syntax', exitCode: 3 });
  });

  it('names an unknown key, its line and the key that was meant', () => {
    const error = load(deviceText({ screen: '[screen]\nwidth = 720\nheigth = 1280' }));
    expect(error).toMatchObject({ code: 'device.unknown-key', exitCode: 2, hint: 'Did you mean height?' });
    expect(error.message).toMatch(/^a\.toml:\d+:1: unknown key screen\.heigth\n/);
    expect(error.message).toContain('| heigth = 1280');
  });

  it('finds an unknown key in an inline table and in a variant', () => {
    const inline = load(
      deviceText({ kernel: '[kernel]\npackage = { nam = "linux-image-arm64", suite = "sid" }' }),
    );
    expect(inline.message).toContain('unknown key kernel.package.nam');
    expect(inline.message).toMatch(/^a\.toml:\d+:13: /);
    const variant = load(deviceText({ more: '[variant.a.usb]\nvendr = 1' }));
    expect(variant.message).toContain('unknown key variant.a.usb.vendr');
    expect(variant.hint).toBe('Did you mean vendor?');
  });

  it.each([
    ['base = "0x80000000"', 'bootimg.base: got "0x80000000", want an integer'],
    ['base = 0x1_0000_0000', 'bootimg.base: got 4294967296 (0x100000000), want at most 0xffffffff'],
    ['base = 1.5', 'bootimg.base: got 1.5, want a whole number'],
    ['page_size = 2000', 'bootimg.page_size: got 2000 (0x7d0), want 2048, 4096'],
    ['dtb = "appended"', 'bootimg.dtb: got "appended", want "append", "qcdt", "section", "none"'],
    ['cmdline = "quiet"', 'bootimg.cmdline: got "quiet", want a list'],
    ['cmdline_forbidden = ["="]', 'bootimg.cmdline_forbidden[0]: got "=", want a parameter without blanks'],
    ['cmdline_forbidden = ["a b="]', 'bootimg.cmdline_forbidden[0]: got "a b=", want a parameter'],
    ['cmdline = ["a b"]', 'bootimg.cmdline[0]: got "a b", want one kernel parameter'],
  ])('names a bad value: %s', (line, message) => {
    const key = line.split(' ')[0] ?? '';
    const good = deviceText().replace(new RegExp(`^${key} = .*$`, 'm'), line);
    const text = good.includes(line) ? good : deviceText().replace('[bootimg]', `[bootimg]\n${line}`);
    const error = load(text);
    expect(error).toMatchObject({ code: 'device.value', exitCode: 3 });
    expect(error.message).toContain(message);
    expect(error.message).toMatch(new RegExp(`^a\\.toml:${text.split('\n').indexOf(line) + 1}:`));
  });

  it.each([
    ['vibrator = "/dev/input/event3"', 'signals.vibrator', 'an input device cannot be driven from stage-1'],
    [
      'vibrator = "/sys/class/timed_output/vibrator"',
      'signals.vibrator',
      '/sys/class/timed_output/NAME/enable',
    ],
    ['leds = ["../red"]', 'signals.leds[0]', 'a name below /sys/class/leds'],
  ])('names what cannot signal: %s', (line, key, message) => {
    const error = load(deviceText({ more: `[signals]\n${line}` }));
    expect(error).toMatchObject({ code: 'device.value', exitCode: 3 });
    expect(error.message).toContain(key);
    expect(error.message).toContain(message);
  });

  it('names a missing key after everything is merged', () => {
    const error = load(deviceText({ screen: '[screen]\nwidth = 720' }));
    expect(error).toMatchObject({ code: 'device.missing-key', exitCode: 3 });
    expect(error.message).toContain('screen.height is missing');
  });

  it('stops at a definition that extends itself', () => {
    const error = load(`extends = "b"\n${deviceText()}`, {
      'b.toml': 'extends = "c"\n',
      'c.toml': 'extends = "b"\n',
    });
    expect(error).toMatchObject({ code: 'device.cycle', exitCode: 3 });
  });

  it('names the nearest family', () => {
    const error = load(`extends = "families/msm8938"\n${deviceText()}`);
    expect(error).toMatchObject({
      code: 'device.extends',
      exitCode: 2,
      hint: 'Did you mean families/msm8939?',
    });
  });

  it('refuses a default variant that is not there', () => {
    expect(load(`default_variant = "x"\n${deviceText()}`)).toMatchObject({
      code: 'device.default-variant',
      exitCode: 3,
    });
  });

  it('speaks of the family when the family is wrong', () => {
    const error = load(`extends = "b"\n${deviceText()}`, { 'b.toml': '\n\nyeer = 2015\n' });
    expect(error.message).toContain('b.toml:3:1: unknown key yeer');
  });

  it('keeps placement and forced addresses together', () => {
    const loader =
      'name = "own"\nkind = "android"\naddresses = "forced"\nheader_versions = [0]\ncmdline_limit = 100\ndtb = ["qcdt"]\n';
    const error = load(deviceText().replace('qcom-lk', 'own'), { 'loaders/own.toml': loader });
    expect(error).toMatchObject({ code: 'device.loader-placement', exitCode: 3 });
  });
});
