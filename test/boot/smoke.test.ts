import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { digestOf, patternDisk, systemDisk } from './disk.ts';
import { bootable } from './payloads.ts';
import { bootPhone, buildImage, type Phone, STAYS_UP } from './phone.ts';
import { comesToShow, difference, distanceFromDrawing, packed, preview, settled, shown } from './picture.ts';
import { ramdiskFile } from './ramdisk.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const aarch64 = await bootable('qemu-aarch64');
const x86_64 = await bootable('qemu-x86_64');
const GADGET_HOST = readFileSync(resolve(import.meta.dirname, 'guest/gadget-host.sh'), 'utf8');

describe.skipIf(!aarch64 || !have('ssh', '-V'))('qemu-aarch64 without a root', () => {
  let phone: Phone;
  let disk: string;
  let untouched: string;
  const key = makeKey('own');

  beforeAll(async () => {
    disk = patternDisk('storage.img', 16);
    untouched = digestOf(disk);
    // With all of its processors, as `mnx emulate` has it.
    const device = loadDevice('qemu-aarch64');
    phone = await bootPhone({ request: { device, ssh: keyed(key) }, disks: [disk] });
    return () => phone.session.stop();
  });

  it('goes through every step of stage-1 and stays up', async () => {
    await phone.console.waitFor(STAYS_UP);
    expect(phone.console.text).not.toMatch(/mnx: .*(error|warning):/);
    expect(phone.console.text).toMatch(/80-root: no root is named: storage stays untouched/);
  });

  it('shows the preview, pixel for pixel, and nothing over it', async () => {
    // The kernel brings what was drawn to the screen a moment after the log says that stage-1 is done.
    expect(await comesToShow(phone, { message: 'ready-ssh', at: 100 })).toBe(true);
    const screen = await shown(phone);
    expect(difference(screen, await packed(phone))).toBe(0);
    expect(difference(screen, await preview(phone))).toBe(0);
    const { shapes, outlines } = distanceFromDrawing(screen);
    expect(shapes).toBeLessThanOrEqual(2);
    expect(outlines).toBeLessThanOrEqual(48);
  });

  it('lets the key in, with the identity that the image was given', async () => {
    const answer = await ssh(phone, ['id', '-un;', 'uname', '-r'], { key });
    expect(answer.stderr).toBe('');
    expect(answer.stdout).toMatch(/^root\n7\.\d+\.\d+\+deb13-arm64\n$/);
    expect(answer.code).toBe(0);
  });

  it('refuses another key, and any password', async () => {
    for (const login of [{ key: makeKey('other') }, { password: '' }, { password: 'root' }]) {
      const answer = await ssh(phone, ['id'], login);
      expect(answer.code).toBe(255);
      expect(answer.stderr).toMatch(/Permission denied \(publickey\)/);
    }
  });

  it('gives the computer at the other end of the cable its address, and answers there', async () => {
    const { stdout, code } = await ssh(phone, ['sh', '-s'], { key, input: GADGET_HOST });
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toContain('driver cdc_ncm');
    // No route and no name server: the computer's other networks stay as they are.
    expect(lines).toContain('lease 172.16.42.2/24 router= dns=');
    expect(lines).toContain('ping yes');
    expect(lines.at(-1)).toMatch(/^ssh SSH-2\.0-dropbear/);
  });

  it('wrote nothing to the disk', async () => {
    const { stdout } = await ssh(phone, ['dd', 'if=/dev/vda', 'bs=1M', '2>/dev/null', '|', 'sha256sum'], {
      key,
    });
    expect(stdout.split(' ')[0]).toBe(untouched);
    await phone.session.stop();
    expect(digestOf(disk)).toBe(untouched);
  });
});

describe.skipIf(!aarch64 || !have('mke2fs', '-V'))('qemu-aarch64 with a root', () => {
  it('hands over to the init of the ext4 file system with that label', async () => {
    const request = { root: 'LABEL=mnx-root' } as const;
    const { image } = await buildImage({ request });
    const busybox = await ramdiskFile(image, 'usr/bin/busybox');
    const disk = systemDisk({ name: 'labelled', busybox, label: 'mnx-root' });
    const phone = await bootPhone({ request, disks: [patternDisk('first.img', 1), disk] });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/stage-2: end/);
    const said = phone.console.text;
    expect(said).toMatch(/80-root: LABEL=mnx-root is \/dev\/vdb/);
    expect(said).toMatch(/stage-2: pid 1, arguments '', root \/dev\/vdb ext4 rw/);
    expect(said).toMatch(/stage-2: device nodes yes, sys yes/);
    expect(said).toMatch(/stage-2: stage-1's log has [1-9]\d+ lines/);
    await phone.session.ended;
  });
});

describe.skipIf(!aarch64 || !have('ssh', '-V'))('qemu-aarch64 behind the rules of lk2nd', () => {
  it('comes through the window to stage-1 with SSH', async () => {
    const key = makeKey('window');
    const phone = await bootPhone({ loader: 'lk2nd-msm8916', mode: 'boot', request: { ssh: keyed(key) } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    const { stdout } = await ssh(phone, ['cat', '/proc/cmdline'], { key });
    expect(stdout).toContain('console=ttyAMA0');
  });
});

/** Makes this kernel ask for firmware as old ones do, for a file that is where it does not look itself. */
const ASKS_FOR_FIRMWARE = `for lib in /lib/mnx/lib/*.sh; do . "$lib"; done
  cd /proc/sys/kernel/firmware_config && echo 0 >ignore_sysfs_fallback && echo 1 >force_sysfs_fallback
  mkdir /tmp/own && echo "no database" >/tmp/own/regulatory.db && remember firmware-path /tmp/own
  hotplug_start firmware
  sleep 1
  modprobe -r cfg80211
  modprobe cfg80211
  n=0; until dmesg | grep -q 'regulatory.db is malformed' || [ $((n += 1)) -gt 600 ]; do sleep 0.1; done
  dmesg | grep regulatory.db
  hotplug_stop`;

describe.skipIf(!x86_64 || !have('ssh', '-V'))('qemu-x86_64', () => {
  it('boots to stage-1 with splash and SSH, and answers a kernel that asks for firmware', async () => {
    const key = makeKey('desk');
    const request = { ssh: keyed(key), moreModules: ['cfg80211'] };
    const phone = await bootPhone({ device: 'qemu-x86_64', request });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    expect(phone.console.text).not.toMatch(/mnx: .*(error|warning):/);
    const { stdout } = await ssh(phone, ['uname', '-m'], { key });
    expect(stdout).toBe('x86_64\n');
    expect(await settled(phone, await preview(phone))).toBe(0);
    const asked = await ssh(phone, [ASKS_FOR_FIRMWARE], { key });
    expect(asked.stdout).toContain('Falling back to sysfs fallback for: regulatory.db');
    expect(asked.stdout).toContain('loaded regulatory.db is malformed');
    expect(asked.stdout).toContain('mnx: hotplug: the firmware regulatory.db went to its driver');
  });
});

describe.skipIf(!aarch64 || !have('ssh', '-V'))('an image without a password', () => {
  it('lets anyone in, and says so on the screen and at log-in', async () => {
    const ssh_ = { files: [], personal: false, passwordless: true };
    const phone = await bootPhone({ request: { ssh: ssh_ } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    const answer = await ssh(phone, ['id', '-un']);
    expect(answer.stdout).toBe('root\n');
    expect(answer.stderr).toMatch(/anyone log in as root without a password/);
    expect(await settled(phone, await packed(phone))).toBe(0);
    expect(difference(await shown(phone), await preview(phone))).toBeGreaterThan(1000);
  });
});
