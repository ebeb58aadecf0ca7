import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/binary/index.ts';
import { loadDevice } from '../../src/device/index.ts';
import { modinfoOf } from '../../src/kernel/modinfo.ts';
import type { FirmwarePayload } from '../../src/payload/index.ts';
import { chooseFirmware, firmwareFacts, wantedFirmware } from '../../src/recipe/firmware.ts';
import { node, tree } from '../devicetree/sample.ts';

const z00t = loadDevice('asus-z00t');
const device = { ...z00t, firmware: { packages: [], files: ['wlan/prima/*.ini'], path: undefined } };

const record = (name: string, ...firmware: string[]) => ({
  ...modinfoOf(
    name,
    firmware.map((file) => ['firmware', file] as const),
  ),
  path: `kernel/${name}.ko`,
});

const set = {
  modules: [record('wifi', 'acme/wifi.bin', 'acme/board*.bin'), record('quiet')],
  weak: new Set<string>(),
  builtin: ['gpu'],
  missing: [],
  why: new Map([['wifi', '/soc/wifi@1 (acme,wifi)']]),
};
const index = {
  builtin: new Map([
    ['gpu', record('gpu', 'acme/gpu.fw')],
    ['other', record('other', 'no.fw')],
  ]),
};

/** Firmware that a table has: text, or where a link leads. */
function payload(files: Readonly<Record<string, string>>): FirmwarePayload {
  return {
    names: Object.keys(files).sort(),
    read: async (name) => {
      const content = files[name] ?? '';
      return content.startsWith('->') ? { link: content.slice(2) } : utf8(content);
    },
    inputs: [],
    stamp: '',
  };
}

describe('wantedFirmware', () => {
  it('is what modules, built-in drivers, the device tree and the device file name, each with its chain', () => {
    const fdt = tree({}, [
      node('remoteproc@2', { compatible: 'acme,rproc', 'firmware-name': ['acme/mba.mbn', 'acme/modem.mdt'] }),
      node('zap-shader', { 'firmware-name': 'acme/zap.mbn' }),
      node('off@3', { 'firmware-name': 'off.bin', status: 'disabled' }),
    ]);
    expect(wantedFirmware(set, index, device, fdt)).toEqual([
      { name: 'acme/wifi.bin', by: 'the firmware of wifi <- /soc/wifi@1 (acme,wifi)' },
      { name: 'acme/board*.bin', by: 'the firmware of wifi <- /soc/wifi@1 (acme,wifi)' },
      { name: 'acme/gpu.fw', by: 'the firmware of gpu, which is built in' },
      { name: 'acme/mba.mbn', by: 'firmware-name of /remoteproc@2 (acme,rproc)' },
      { name: 'acme/modem.mdt', by: 'firmware-name of /remoteproc@2 (acme,rproc)' },
      { name: 'acme/zap.mbn', by: 'firmware-name of /zap-shader' },
      { name: 'wlan/prima/*.ini', by: 'the firmware of asus-z00t' },
    ]);
  });
});

describe('chooseFirmware', () => {
  const wanted = (...names: string[]) => names.map((name) => ({ name, by: `by ${name}` }));

  it('takes what is there, and names what is not', async () => {
    const chosen = await chooseFirmware(
      wanted('b/x.bin', 'gone.fw', 'a.bin'),
      payload({ 'a.bin': 'A', 'b/x.bin': 'X', c: '' }),
    );
    expect(chosen.entries.map(({ path }) => path)).toEqual([
      'usr/lib/firmware/a.bin',
      'usr/lib/firmware/b/x.bin',
    ]);
    expect(chosen.missing).toEqual([{ name: 'gone.fw', by: 'by gone.fw' }]);
    expect(chosen.reasons.get('usr/lib/firmware/a.bin')).toEqual({ because: 'by a.bin' });
    expect(firmwareFacts(chosen)).toEqual({ inside: ['a.bin', 'b/x.bin'], missing: chosen.missing });
  });

  it('knows patterns, which do not cross folders', async () => {
    const files = { 'brcm/fmac43-sdio.txt': '', 'brcm/fmac43-pcie.txt': '', 'brcm/x/fmac43-sdio.txt': '' };
    const chosen = await chooseFirmware(wanted('brcm/fmac*-sdio.*'), payload(files));
    expect(chosen.entries.map(({ path }) => path)).toEqual(['usr/lib/firmware/brcm/fmac43-sdio.txt']);
  });

  it('takes what a link leads to', async () => {
    const chosen = await chooseFirmware(wanted('a.bin'), payload({ 'a.bin': '->b/c.bin', 'b/c.bin': 'C' }));
    expect(chosen.entries).toEqual([
      { type: 'symlink', path: 'usr/lib/firmware/a.bin', mode: 0o777, target: '/lib/firmware/b/c.bin' },
      { type: 'file', path: 'usr/lib/firmware/b/c.bin', mode: 0o644, data: utf8('C') },
    ]);
    expect(chosen.reasons.get('usr/lib/firmware/b/c.bin')).toEqual({
      because: 'a link to it: a.bin <- by a.bin',
    });
  });

  it('takes the pieces of a Qualcomm image with its head', async () => {
    const files = { 'wcnss.mdt': '', 'wcnss.b00': '', 'wcnss.b10': '', 'wcnss.bin': '', 'other.b00': '' };
    const chosen = await chooseFirmware(wanted('wcnss.mdt'), payload(files));
    expect(chosen.entries.map(({ path }) => path.slice(17))).toEqual(['wcnss.b00', 'wcnss.b10', 'wcnss.mdt']);
  });

  it('lists all where nobody brings any, and nothing where nobody wants any', async () => {
    const chosen = await chooseFirmware(wanted('b', 'a', 'b'), undefined);
    expect(chosen.missing.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(firmwareFacts(await chooseFirmware([], undefined))).toBeUndefined();
  });
});
