import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf, patternDisk, systemDisk } from './disk.ts';
import { gptDisk } from './gpt.ts';
import { bootable } from './payloads.ts';
import { bootPhone, buildImage, STAYS_UP } from './phone.ts';
import { ramdiskFile } from './ramdisk.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const ready = (await bootable('qemu-aarch64')) && have('ssh', '-V') && have('mke2fs', '-V');
const GADGET_HOST = readFileSync(resolve(import.meta.dirname, 'guest/gadget-host.sh'), 'utf8');
/** How long the phone is used: ten minutes where somebody asks for it, less where every change runs this. */
const MINUTES = Number(process.env['MNX_SOAK_MINUTES'] ?? 0.5);

/** What people do in stage-1's shell, over the network. Reading is allowed. */
const USE = [
  'dmesg | tail -n 3',
  'cat /run/mnx/stage1.log | wc -l',
  'ls -lR /sys/class/block/ | wc -l',
  'blkid /dev/vda /dev/vdb || true',
  'dd if=/dev/vda of=/tmp/copy bs=1M count=4 2>/dev/null && sha256sum /tmp/copy && rm /tmp/copy',
  'dd if=/dev/zero of=/tmp/zeros bs=1M count=16 2>/dev/null; sync; rm /tmp/zeros',
  'ps; free; top -bn1 | head -n 3; ip addr; netstat -lnt',
  'find / -xdev -name "*.ko" | wc -l',
  'modprobe -a ext4 virtio_blk; cat /proc/partitions',
];

describe.skipIf(!ready)('storage', () => {
  it('is the same to the last bit after use, when no root is named', {
    timeout: (MINUTES + 5) * 60_000,
  }, async () => {
    const busybox = await ramdiskFile((await buildImage({})).image, 'usr/bin/busybox');
    // What a phone has: a file system that could be mounted, partitions, and something that is neither.
    const system = systemDisk({ name: 'system', busybox, label: 'mnx-root' });
    const disks = [
      system,
      gptDisk('phone.img', [
        { name: 'userdata', file: system, uuid: 'a1b2c3d4-0001-4abc-8def-0123456789ab' },
        { name: 'cache', file: patternDisk('cache.img', 2), uuid: 'a1b2c3d4-0002-4abc-8def-0123456789ab' },
      ]),
    ];
    const before = disks.map(digestOf);
    const key = makeKey('user');
    const phone = await bootPhone({ request: { ssh: keyed(key) }, disks });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    expect((await ssh(phone, ['sh', '-s'], { key, input: GADGET_HOST })).stdout).toContain('ping yes');
    const end = Date.now() + MINUTES * 60_000;
    do {
      for (const command of USE) {
        expect((await ssh(phone, [command], { key })).code, command).toBe(0);
        expect((await phone.console.run(command)).code, command).toBe(0);
      }
    } while (Date.now() < end);
    // The seventh number counts sectors that were written (Documentation/block/stat.rst).
    const written = 'for disk in /sys/block/vd*; do set -- $(cat $disk/stat); echo $7; done';
    expect((await ssh(phone, [written], { key })).stdout).toBe('0\n0\n');
    await phone.session.stop();
    expect(disks.map(digestOf)).toEqual(before);
  });
});
