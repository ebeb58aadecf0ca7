import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDevice, listDevices } from '../../src/device/index.ts';
import { deviceText, sandbox } from './sandbox.ts';

function check(text: string, more: Readonly<Record<string, string>> = {}) {
  return checkDevice(join(sandbox({ 'a.toml': text, ...more }), 'a.toml'));
}

/** A sound device with one line put into a table, in place of the line that sets the same key. */
function withLine(table: string, line: string): string {
  const key = (line.split('=')[0] ?? '').trim();
  const kept = deviceText()
    .split('\n')
    .filter((old) => !old.startsWith(`${key} =`));
  return kept.join('\n').replace(`[${table}]`, `[${table}]\n${line}`);
}

describe('checkDevice', () => {
  it.each(listDevices().map(({ id }) => id))('finds nothing wrong with %s', (id) => {
    expect(checkDevice(id)).toEqual([]);
  });

  it('finds nothing wrong with the sandbox device', () => {
    expect(check(deviceText())).toEqual([]);
  });

  it.each([
    ['bootimg', 'header_version = 2', 'device.header-version'],
    ['bootimg', 'ramdisk_offset = 0x8000', 'device.overlap'],
    ['bootimg', 'ramdisk_offset = 0x10_0000', 'device.overlap'],
    ['bootimg', 'tags_offset = 0x8080', 'device.overlap'],
    ['bootimg', 'ramdisk_offset = 0x8000_0000', 'device.address-range'],
    ['bootimg', 'dtb = "section"', 'device.dtb-header'],
    ['bootimg', 'cmdline = ["twice", "twice"]', 'device.cmdline-twice'],
    ['bootimg', `cmdline = ["${'x'.repeat(512)}"]`, 'device.cmdline-length'],
    ['bootimg', `cmdline = ["${'x'.repeat(1536)}"]`, 'device.cmdline-header'],
    ['bootimg', 'cmdline = ["console=tty0"]\ncmdline_forbidden = ["console="]', 'device.cmdline-forbidden'],
    ['partitions', 'boot = 32', 'device.partition'],
    ['partitions', 'boot = 33_554_433', 'device.partition'],
    ['partitions', 'vendor_boot = 33_554_433', 'device.partition'],
    ['bootimg', 'bootconfig = ["androidboot.hardware=qcom"]', 'device.bootconfig'],
    ['bootimg', 'bootconfig = ["two words"]', 'device.value'],
    ['screen', 'stride = 1440', 'device.stride'],
    ['screen', 'stride = 2881', 'device.stride'],
    ['screen', 'format = "GRAY8"\nfbset = true', 'device.fbset'],
    ['kernel', 'drivers = [{ module = "a", sources = ["a.c"] }]', 'device.drivers'],
    ['kernel', 'modules = ["usb-f-ncm"]\nwithout_modules = ["usb_f_ncm"]', 'device.modules'],
  ])('[%s] %s is %s', (table, line, code) => {
    const text = withLine(table, line);
    const findings = check(text);
    expect(findings.map((finding) => finding.code)).toContain(code);
    const found = findings.find((finding) => finding.code === code);
    for (const part of [found?.what, found?.why, found?.todo]) expect(part).toMatch(/\S/);
    expect(found?.where).toMatch(/^a\.toml:\d+$/);
  });

  it.each([1535, 1536])('knows the room of a header whose loader would read more: %i bytes', (length) => {
    const bootimg =
      '[bootimg]\nheader_version = 4\npage_size = 4096\nbase = 0\nkernel_offset = 0x8000\n' +
      `ramdisk_offset = 0x0100_0000\ntags_offset = 0x100\ndtb = "section"\ncmdline = ["${'x'.repeat(length)}"]`;
    const text = deviceText({ bootimg }).replace('qcom-lk', 'qcom-abl-v3');
    expect(check(text).map(({ code }) => code)).toEqual(length > 1535 ? ['device.cmdline-header'] : []);
  });

  it('wants to know the backlight that is to blink', () => {
    const more = '[signals]\nbacklight = true';
    const screen =
      '[screen]\nwidth = 720\nheight = 1280\nbacklight = { path = "/sys/class/backlight/a/brightness", value = 9 }';
    expect(check(deviceText({ more }))).toMatchObject([{ code: 'device.signals-backlight' }]);
    expect(check(deviceText({ more, screen }))).toEqual([]);
  });

  it('points at the line that sets the value', () => {
    const text = withLine('screen', 'stride = 100');
    const line = text.split('\n').indexOf('stride = 100') + 1;
    expect(check(text)).toMatchObject([{ code: 'device.stride', where: `a.toml:${line}` }]);
  });

  it('points into the variant that sets it', () => {
    const text = deviceText({ more: '[variant.a]\n[variant.b.screen]\nstride = 100' });
    const line = text.split('\n').indexOf('stride = 100') + 1;
    expect(check(text)).toMatchObject([{ code: 'device.stride', where: `a.toml:${line}` }]);
  });

  it('refuses QCDT with a later header', () => {
    const loader =
      'name = "own"\nkind = "android"\naddresses = "loader"\nheader_versions = [2]\ncmdline_limit = 100\ndtb = ["qcdt"]\n';
    const text = withLine('bootimg', 'header_version = 2').replace('qcom-lk', 'own');
    expect(check(text, { 'loaders/own.toml': loader }).map(({ code }) => code)).toEqual([
      'device.dtb-header',
    ]);
  });

  it('wants the DTB of a package to be named, and the framebuffer to be moved out of the window', () => {
    const text = deviceText({
      kernel: '[kernel]\npackage = { name = "linux-image-arm64", suite = "trixie-backports" }',
    })
      .replace('qcom-lk', 'lk2nd-msm8916')
      .replace('dtb = "qcdt"', 'dtb = "append"\ncmdline = ["lk2nd.pass-simplefb=xrgb8888"]');
    expect(check(text).map(({ code }) => code)).toEqual(['device.dtb-name', 'device.simplefb']);
  });

  it('does not check addresses that the loader ignores', () => {
    const text = withLine('bootimg', 'ramdisk_offset = 0x8000').replace('qcom-lk', 'lk2nd-msm8916');
    expect(check(text)).toEqual([]);
  });

  it('reads the root as --root would', () => {
    const at = (root: string) => check(deviceText().replace('soc =', `root = "${root}"\nsoc =`));
    expect(at('PARTLABEL=userdata,luks,fsck')).toEqual([]);
    expect(at('PARTLABEL=userdata,lux')).toMatchObject([
      { code: 'device.root', where: 'a.toml:3', what: expect.stringContaining('there is no option "lux"') },
    ]);
  });

  it('wants two addresses in one network', () => {
    expect(check(deviceText({ more: '[usb]\nhost_address = "172.16.42.1"' }))).toMatchObject([
      { code: 'device.usb-address' },
    ]);
    expect(check(deviceText({ more: '[usb]\nhost_address = "10.0.0.2"' }))).toMatchObject([
      { code: 'device.usb-address' },
    ]);
  });

  it('reports all faults of a file at once', () => {
    const findings = check(
      deviceText({ screen: '[screen]\nwidth = "wide"\nheigth = 1280', more: '[nonsense]\nx = 1' }),
    );
    expect(findings.map(({ code, what }) => `${code} ${what}`)).toEqual([
      expect.stringContaining('device.value screen.width'),
      expect.stringContaining('device.unknown-key unknown key screen.heigth'),
      expect.stringContaining('device.unknown-key unknown key nonsense'),
    ]);
  });

  it('reports broken TOML and missing keys as findings', () => {
    expect(check('name = \n')).toMatchObject([{ code: 'device.syntax', where: 'a.toml:1', level: 'error' }]);
    expect(check('name = "P"\nmanufacturer = "M"\n').map(({ code }) => code)).toContain('device.missing-key');
    expect(check(`extends = "x"\n${deviceText()}`)).toMatchObject([{ code: 'device.extends' }]);
  });
});
