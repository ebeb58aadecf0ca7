import { describe, expect, it, onTestFinished } from 'vitest';
import { systemDisk } from './disk.ts';
import { bootable } from './payloads.ts';
import { bootPhone, buildImage, type Phone, STAYS_UP } from './phone.ts';
import { ramdiskFile } from './ramdisk.ts';
import { have } from './tools.ts';

const device = 'qemu-x86_64';
const ready = (await bootable(device)) && have('mke2fs', '-V');

/** Holds a key, as a thumb does: the keyboard repeats it until it is let go. */
async function hold(phone: Phone, key: string, until: Promise<unknown>): Promise<void> {
  let held = true;
  const done = until.finally(() => {
    held = false;
  });
  while (held) {
    await phone.session.key(key, true);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await done;
}

describe.skipIf(!ready)('a phone with a root', () => {
  it('opens a shell when the volume key is held, and goes on from there', async () => {
    const busybox = await ramdiskFile((await buildImage({ device })).image, 'usr/bin/busybox');
    const disk = systemDisk({ name: 'held', busybox, label: 'held' });
    const phone = await bootPhone({ device, request: { root: 'LABEL=held' }, disks: [disk] });
    onTestFinished(() => phone.session.stop());
    const { console: serial } = phone;
    await serial.waitFor(/Run \/init as init process/);
    await hold(phone, 'volumedown', serial.waitFor(/75-keys: volume-down is held: a shell comes in place/));
    await phone.session.key('volumedown', false);
    await serial.waitFor(/80-root: a shell is wanted: storage stays untouched/);
    await serial.waitFor(STAYS_UP);
    const { output } = await serial.run('cat /proc/mounts; . /lib/mnx/lib/paths.sh; ls $MNX_RUN/recovery');
    expect(output).not.toMatch(/vda/);
    expect(output).toMatch(/recovery\n$/);
    // The other key of the rocker is not the one, and the answer to the wrong question is no.
    const keys = 'for lib in /lib/mnx/lib/*.sh; do . $lib; done; conf_load; key_down volume-up || echo up';
    expect((await serial.run(keys)).output).toMatch(/^up$/m);
    // Ctrl-C ends what runs in it, and not the shell.
    phone.session.keyboard.write('sleep 1000; echo not""-reached\n');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    phone.session.keyboard.write('\x03');
    phone.session.keyboard.write('echo back-$((6 * 7))\n');
    await serial.waitFor(/\nback-42\n/);
    expect(serial.text).not.toContain('not-reached');
    phone.session.keyboard.write('mnx-continue\n');
    await serial.waitFor(/init: going on, as mnx-continue asks/);
    await serial.waitFor(/stage-2: pid 1, .* root \/dev\/vda ext4 rw/);
    await serial.waitFor(/stage-2: end/);
    await phone.session.ended;
  });
});
