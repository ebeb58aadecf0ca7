import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { CONF_KEYS, type ConfKey, deviceConf, writeConf } from '../../src/initramfs/index.ts';

const STAGE1 = resolve(import.meta.dirname, '../../stage1');
const keys = Object.keys(CONF_KEYS) as ConfKey[];

describe('writeConf', () => {
  it('writes every setting once, in the documented order', () => {
    const names = writeConf({ mnx_root: 'LABEL=x', mnx_device: 'd' })
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names).toEqual([...keys, '']);
  });

  it('quotes what shell would read', () => {
    expect(writeConf({ mnx_device_name: `Bob's "$HOME" \`x\` \\` })).toContain(
      `mnx_device_name='Bob'\\''s "$HOME" \`x\` \\'\n`,
    );
    expect(writeConf({ mnx_modules: 'a\nb' })).toContain(`mnx_modules='a\nb'\n`);
  });

  it.each<[ConfKey, string]>([
    ['mnx_device_name', 'a\0b'],
    ['mnx_device_name', 'a\nb'],
    ['mnx_root', 'LABEL=a\rb'],
    ['mnx_modules', 'a\tb'],
    ['mnx_init', '\x7f'],
  ])('refuses %s=%j', (key, value) => {
    expect(() => writeConf({ [key]: value })).toThrow(expect.objectContaining({ code: 'initramfs.conf' }));
  });
});

describe('deviceConf', () => {
  const choices = {
    stage2: { mnx_root: '', mnx_stage2: 'switch-root', mnx_init: '/sbin/init' },
    ssh: true,
    passwordless: false,
    release: false,
    debug: false,
    splash: false,
    modules: ['gcc-msm8939', 'ext4'],
  };

  it('keeps adb for images that open shells anyhow', () => {
    const device = loadDevice('asus-z00t');
    const bridged = { ...device, usb: { ...device.usb, extras: ['acm', 'adb'] as const } };
    const extras = (more: { debug: boolean; release: boolean }) =>
      deviceConf(bridged, { ...choices, ...more }).mnx_usb_extras;
    expect(extras({ debug: true, release: false })).toBe('acm\nadb');
    expect(extras({ debug: false, release: false })).toBe('acm');
    expect(extras({ debug: true, release: true })).toBe('acm');
  });

  it('says what stage-1 needs to know of a device', () => {
    expect(deviceConf(loadDevice('asus-z00t'), choices)).toMatchObject({
      mnx_device: 'asus-z00t',
      mnx_modules: 'gcc-msm8939\next4',
      mnx_usb_vendor: expect.stringMatching(/^0x[0-9a-f]{4}$/),
      mnx_usb_product: expect.stringMatching(/^0x[0-9a-f]{4}$/),
      mnx_address: '172.16.42.1',
      mnx_host_address: '172.16.42.2',
      mnx_fb_width: '1080',
      mnx_fb_stride: '4320',
      mnx_fb_bpp: '32',
      mnx_splash: 'off',
      mnx_ssh: 'on',
    });
  });

  it('names what signals on a dead screen', () => {
    const device = loadDevice('asus-z00t');
    expect(deviceConf(device, choices)).toMatchObject({
      mnx_signal_leds: '',
      mnx_signal_vibrator: '',
      mnx_signal_backlight: 'no',
    });
    const signals = { leds: ['red', 'green:status'], vibrator: '/sys/class/leds/vibrator', backlight: true };
    expect(deviceConf({ ...device, signals }, choices)).toMatchObject({
      mnx_signal_leds: 'red\ngreen:status',
      mnx_signal_vibrator: '/sys/class/leds/vibrator',
      mnx_signal_backlight: 'yes',
    });
  });

  it('tells of the quirks of screen and watchdog, and of none where there are none', () => {
    const device = loadDevice('asus-z00t');
    expect(deviceConf(device, choices)).toMatchObject({
      mnx_fb_set_mode: 'no',
      mnx_fb_rgba: '',
      mnx_fb_blank: '',
    });
    expect(deviceConf(device, choices).mnx_watchdog).toBeUndefined();
    const { screen } = device;
    if (screen === undefined) throw new Error('no screen');
    const odd = {
      ...device,
      screen: { ...screen, setMode: true, blank: [1, 0], fbset: true },
      quirks: { watchdog: { path: '/dev/watchdog1', every: 20, handover: 'end' as const } },
    };
    expect(deviceConf(odd, choices)).toMatchObject({
      mnx_fb_set_mode: 'yes',
      mnx_fb_rgba: '8/16,8/8,8/0,8/24',
      mnx_fb_blank: '1\n0',
      mnx_watchdog: '/dev/watchdog1',
      mnx_watchdog_every: '20',
      mnx_watchdog_handover: 'end',
    });
  });

  it('leaves the screen out where a device has none', () => {
    const device = { ...loadDevice('qemu-aarch64'), screen: undefined };
    expect(deviceConf(device, choices).mnx_fb_width).toBeUndefined();
  });
});

describe('stage-1', () => {
  const scripts = readdirSync(STAGE1, { recursive: true, encoding: 'utf8' })
    .filter((name) => name === 'init' || name.endsWith('.sh'))
    .map((name) => readFileSync(join(STAGE1, name), 'utf8'));

  it('reads no setting that nobody writes', () => {
    const read = new Set(scripts.flatMap((text) => text.match(/\bmnx_[a-z0-9_]*[a-z0-9]\b/g) ?? []));
    expect([...read].filter((name) => !keys.includes(name as ConfKey))).toEqual([]);
  });

  it('reads every setting', () => {
    const all = scripts.join('\n');
    expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(all))).toEqual([]);
  });
});
