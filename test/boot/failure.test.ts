import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf, patternDisk, systemDisk } from './disk.ts';
import { bootable } from './payloads.ts';
import { bootPhone, buildImage, STAYS_UP } from './phone.ts';
import { preview, settled } from './picture.ts';
import { ramdiskFile } from './ramdisk.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const ready = (await bootable('qemu-aarch64')) && have('mke2fs', '-V');

/** The computer's side, which is the same machine here: USB disks, FAT, and the tables of its names. */
const COMPUTER = ['usb_storage', 'sd_mod', 'vfat', 'nls_cp437', 'nls_ascii', 'nls_iso8859_1'];

/** Shell that waits for what is to come. */
const SOON = 'soon() { n=0; until "$@"; do [ $((n += 1)) -lt 300 ] || return; sleep 0.2; done; }; ';

/** Shell that waits for the disk of the gadget and mounts it, as a computer would. */
const MOUNT = `${SOON}soon [ -b /dev/sda ]
  modprobe vfat; mkdir -p /tmp/disk && mount -o ro -t vfat /dev/sda /tmp/disk`;

describe.skipIf(!ready)('a phone whose root is not there', () => {
  it('says so on the screen and on a disk, shows its storage, and goes on when it is helped', async () => {
    const busybox = await ramdiskFile((await buildImage({})).image, 'usr/bin/busybox');
    const key = makeKey('failure');
    const [spare, system] = [
      patternDisk('spare.img', 4),
      systemDisk({ name: 'later', busybox, label: 'later' }),
    ];
    const before = digestOf(spare);
    const words = ['mnx.debug=no', 'mnx.root_wait=2', 'mnx.on_failure=bootloader', 'mnx.failure_delay=300'];
    const phone = await bootPhone({
      request: { root: 'LABEL=gone', ssh: keyed(key), cmdlineAppend: words, moreModules: COMPUTER },
      disks: [spare, system],
    });
    onTestFinished(() => phone.session.stop());
    const run = async (script: string) => {
      const { stdout, stderr, code } = await ssh(phone, ['sh', '-s'], { key, input: script });
      expect([stderr, code], script).toEqual(['', 0]);
      return stdout;
    };
    await phone.console.waitFor(/error: no root LABEL=gone after 2 s; there are: vda/);
    await phone.console.waitFor(/the phone starts again in 300 s \(bootloader\)/);
    await phone.console.waitFor(STAYS_UP);
    expect(await settled(phone, await preview(phone, { error: 'root-not-found', step: '80-root' }))).toBe(0);

    await run(MOUNT);
    await phone.console.waitFor(/somebody has logged in: the phone stays up/);
    expect(await run('ls /tmp/disk')).toMatch(/cmdline\.txt\n.*device\.dtb\ndmesg\.txt\n.*stage1\.log/is);
    expect(await run('cat /tmp/disk/stage1.log')).toMatch(/80-root: error: no root LABEL=gone after 2 s/);
    expect(await run('cat /tmp/disk/readme.txt')).toMatch(/80-root \(root-not-found\): no root LABEL=gone/);
    expect(await run('cat /tmp/disk/cmdline.txt')).toMatch(/mnx\.root_wait=2/);
    expect(await run('cmp /tmp/disk/device.dtb /sys/firmware/fdt && echo same')).toBe('same\n');
    expect(await run('mount -o remount,rw /tmp/disk 2>/dev/null && echo writable; umount /tmp/disk')).toBe(
      '',
    );

    expect(await run('mnx-log')).toMatch(/^== failed.*\nroot-not-found 80-root no root LABEL=gone/);
    const exported = await run(
      `${SOON}mnx-usb-storage /dev/vda && soon cmp -s /dev/vda /dev/sda 2>/dev/null && echo same`,
    );
    expect(exported).toMatch(/sees \/dev\/vda as a disk, ro; .*\nsame\n$/s);
    expect(await run(`${SOON}mnx-usb-storage off; soon [ ! -e /dev/sda ] || echo sda`)).not.toMatch(/sda/);

    await run('mnx-continue LABEL=later');
    await phone.console.waitFor(/init: going on, as mnx-continue asks/);
    await phone.console.waitFor(/stage-2: pid 1, .* root \/dev\/vdb ext4 rw/);
    await phone.console.waitFor(/stage-2: end/);
    await phone.session.ended;
    expect(digestOf(spare)).toBe(before);
  });

  it('starts again, to the loader, when nobody comes', async () => {
    const words = ['mnx.debug=no', 'mnx.root_wait=1', 'mnx.on_failure=bootloader', 'mnx.failure_delay=2'];
    const phone = await bootPhone({ request: { root: 'LABEL=gone', cmdlineAppend: words } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/the phone starts again in 2 s \(bootloader\)/);
    await phone.console.waitFor(/init: starting again, to bootloader/);
    await phone.console.waitFor(/reboot: Restarting system with command 'bootloader'/);
    await phone.session.ended;
  });
});
