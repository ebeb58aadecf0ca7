import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { phoneChecks } from '../../src/cli/doctor-checks.ts';
import { usbPhones } from '../../src/cli/usb-phones.ts';
import { desk, documentOf, mnx } from './mnx.ts';

const { env, fresh, clear } = desk();
const machine = mkdtempSync(join(tmpdir(), 'mnx-usb-'));
afterAll(() => {
  clear();
  rmSync(machine, { recursive: true, force: true });
});

/** A computer with these attributes of USB devices below sys, and these device nodes below dev. */
function plugged(name: string, files: Readonly<Record<string, string>>): { sys: string; dev: string } {
  const [sys, dev] = [join(machine, name, 'sys'), join(machine, name, 'dev')];
  for (const [file, content] of Object.entries(files)) {
    const path = join(machine, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return { sys, dev };
}

/** Attribute files of one device and its interface. */
function device(port: string, attributes: Readonly<Record<string, string>>, protocol: string) {
  const folder = `sys/bus/usb/devices/${port}`;
  const [a = '', b = '', c = ''] = protocol.match(/../g) ?? [];
  const parts = { bInterfaceClass: a, bInterfaceSubClass: b, bInterfaceProtocol: c };
  return Object.fromEntries([
    ...Object.entries(attributes).map(([name, value]) => [`${folder}/${name}`, `${value}\n`]),
    ...Object.entries(parts).map(([name, value]) => [`${folder}/${port}:1.0/${name}`, `${value}\n`]),
  ]);
}

const LK2ND = {
  idVendor: '18d1',
  idProduct: 'd00d',
  product: 'Android',
  serial: 'ab12',
  busnum: '1',
  devnum: '7',
};

describe('phones on USB', () => {
  it('knows fastboot and adb by their interface, stage-1 by its ids, and leaves keyboards alone', () => {
    const { sys, dev } = plugged('several', {
      ...device('1-2', LK2ND, 'ff4203'),
      'dev/bus/usb/001/007': '',
      ...device(
        '1-3',
        { idVendor: '0b05', idProduct: '4daf', manufacturer: 'asus', busnum: '1', devnum: '8' },
        'ff4201',
      ),
      ...device('2-1.4', { idVendor: '18d1', idProduct: 'd001', busnum: '2', devnum: '3' }, '020d00'),
      'sys/bus/usb/devices/2-1.4/2-1.4:1.0/net/enx02aabbccddee/mtu': '1500\n',
      ...device('2-2', { idVendor: '046d', idProduct: 'c31c', busnum: '2', devnum: '4' }, '030101'),
    });
    expect(usbPhones(sys, dev)).toEqual([
      { state: 'fastboot', id: '18d1:d00d', name: 'Android', serial: 'ab12', writable: true },
      { state: 'adb', id: '0b05:4daf', name: 'asus', serial: '', writable: false },
      {
        state: 'stage-1',
        id: '18d1:d001',
        name: '',
        serial: '',
        network: 'enx02aabbccddee',
        writable: false,
      },
    ]);
  });

  it('tells stage-1 with adb from a recovery of the same ids', () => {
    const ids = { idVendor: '18d1', idProduct: 'd001' };
    const network = { 'sys/bus/usb/devices/1-3/1-3:1.1/net/enx02/mtu': '1500\n' };
    const states = (name: string, more: Readonly<Record<string, string>>) => {
      const { sys, dev } = plugged(name, { ...device('1-3', ids, 'ff4201'), ...more });
      return usbPhones(sys, dev).map(({ state }) => state);
    };
    expect(states('bridged', network)).toEqual(['stage-1']);
    expect(states('recovery', {})).toEqual(['adb']);
  });

  it('finds nothing where there is no USB', () => {
    expect(usbPhones(join(machine, 'nowhere'))).toEqual([]);
  });

  it('says what keeps a phone that is there from being reached', () => {
    const { sys, dev } = plugged('locked', {
      ...device('1-2', LK2ND, 'ff4203'),
      ...device('1-3', { idVendor: '18d1', idProduct: 'd001' }, '020d00'),
    });
    const [fastboot, stage1] = phoneChecks(usbPhones(sys, dev));
    expect(fastboot).toMatchObject({ state: 'missing', todo: expect.stringContaining('udev rules') });
    expect(stage1).toMatchObject({ state: 'missing', todo: expect.stringContaining('cdc_ncm') });
  });
});

describe('mnx doctor', () => {
  it('tells what is missing for a device, with the package that brings it, and exits 4', async () => {
    const empty = fresh('programs');
    symlinkSync(process.execPath, join(empty, 'node'));
    const bare = { env: { ...env, PATH: empty }, cwd: fresh() };
    const run = await mnx(['doctor', '--device', 'asus-z00t'], bare);
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 4, stderr: '' });
    expect(run.stdout).toMatch(/^missing +make +building drivers: apt install make$/m);
    expect(run.stdout).toMatch(/^missing +packages +no Debian archive is known: .*MNX_DEBIAN_MIRROR/m);
    expect(run.stdout).toMatch(/^missing +qemu-system-x86_64 +mnx emulate: apt install qemu-system-x86$/m);
  });

  it('does not fail for programs that no build needs', async () => {
    const tools = fresh('programs');
    const bare = { env: { ...env, PATH: tools }, cwd: fresh() };
    const { checks, ready } = documentOf(
      await mnx(['doctor', '--device', 'qemu-x86_64', '--mirror', fresh('mirror'), '--json'], bare),
    ) as { ready: boolean; checks: { subject: string; state: string; needed: boolean }[] };
    expect(checks.find(({ subject }) => subject === 'make')).toMatchObject({
      state: 'missing',
      needed: false,
    });
    expect(checks.find(({ subject }) => subject === 'packages')).toMatchObject({
      state: 'missing',
      needed: true,
    });
    expect(checks.some(({ subject }) => subject === 'qemu-system-aarch64')).toBe(false);
    expect(ready).toBe(false);
  });
});
