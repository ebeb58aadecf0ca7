import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { onDesk } from './desk.ts';
import { dataDisk, digestOf, patternDisk, systemDisk } from './disk.ts';
import { gptDisk } from './gpt.ts';
import { luksDisk } from './luks.ts';
import { bootable } from './payloads.ts';
import { bootPhone, buildImage, type Phone, STAYS_UP } from './phone.ts';
import { comesToShow, preview, settled } from './picture.ts';
import { ramdiskFile } from './ramdisk.ts';
import { keyed, makeKey, ssh, typed } from './ssh.ts';
import { have } from './tools.ts';

const wants = { root: '/dev/vda,subpart=1,luks,resize', packages: ['nbd-server'] };
const ready = (await bootable('qemu-aarch64', wants)) && have('mke2fs', '-V');
const desktop = ready && (await bootable('qemu-x86_64', wants));
const UUID = '2b9ed2f6-6f1c-4b4f-9c3e-0d1f5c0a77e1';
const PARTUUID = 'a1b2c3d4-0001-4abc-8def-0123456789ab';
const OTHER = 'a1b2c3d4-0002-4abc-8def-0123456789ab';
const NBD_SERVER =
  'mkdir -p /run/@ && ln -s /usr/bin/nbd-server /run/@/nbd-server; cd /run && exec @/nbd-server 10809 /dev/vda';
const GADGET_HOST = readFileSync(resolve(import.meta.dirname, 'guest/gadget-host.sh'), 'utf8');

let busybox: Uint8Array;

beforeAll(async () => {
  if (ready) busybox = await ramdiskFile((await buildImage({})).image, 'usr/bin/busybox');
});

async function boot(root: string, disks: readonly string[], words: readonly string[] = []): Promise<Phone> {
  const phone = await bootPhone({ request: { root, cmdlineAppend: words }, disks });
  onTestFinished(() => phone.session.stop());
  return phone;
}

describe.skipIf(!ready)('a root', () => {
  it('is found by the UUID of its file system, and is mounted as the kernel was told', async () => {
    const disk = systemDisk({ name: 'uuid', busybox, uuid: UUID });
    // What somebody has left running, and what does not want to end.
    const hook = onDesk('stays.sh');
    writeFileSync(hook, "(trap '' TERM HUP; exec sleep 86400) </dev/null >/dev/null 2>&1 &\n");
    const request = {
      root: `UUID=${UUID}`,
      cmdlineAppend: ['ro'],
      hooks: [{ step: 'modules', path: hook }],
    };
    const phone = await bootPhone({ request, disks: [disk] });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/stage-2: end/);
    expect(phone.console.text).toMatch(/stage-2: pid 1, arguments '', root \/dev\/vda ext4 ro/);
    // Nothing of stage-1 runs beside the real system.
    expect(phone.console.text).toMatch(/stage-2: processes\n/);
    await phone.session.ended;
  });

  it('is found by the name of its partition, beside others', async () => {
    const file = systemDisk({ name: 'named', busybox, init: '/usr/lib/systemd/systemd' });
    const disk = gptDisk('named.img', [
      { name: 'userdata2', file: patternDisk('other.img', 2), uuid: OTHER },
      { name: 'userdata', file, uuid: PARTUUID },
    ]);
    const phone = await boot('PARTLABEL=userdata', [disk], ['mnx.init=/usr/lib/systemd/systemd']);
    await phone.console.waitFor(/stage-2: end/);
    expect(phone.console.text).toMatch(/PARTLABEL=userdata is \/dev\/vda2/);
    expect(phone.console.text).toMatch(/stage-2: pid 1, .* root \/dev\/vda2 ext4 rw/);
    await phone.session.ended;
  });

  it('is found by the id of its partition, in capitals as well', async () => {
    const file = systemDisk({ name: 'numbered', busybox });
    const disk = gptDisk('numbered.img', [{ name: '', file, uuid: PARTUUID }]);
    const phone = await boot(`PARTUUID=${PARTUUID.toUpperCase()}`, [disk]);
    await phone.console.waitFor(/stage-2: end/);
    expect(phone.console.text).toMatch(/root \/dev\/vda1 ext4 rw/);
    await phone.session.ended;
  });

  it.skipIf(!desktop)('is an image in a data partition, of which it is one of two partitions', async () => {
    const device = 'qemu-x86_64';
    const own = await ramdiskFile((await buildImage({ device })).image, 'usr/bin/busybox');
    const inner = gptDisk('inner.img', [
      { name: 'boot', file: patternDisk('inner-boot.img', 1), uuid: OTHER },
      { name: 'root', file: systemDisk({ name: 'inner', busybox: own }), uuid: PARTUUID },
    ]);
    const disk = dataDisk('android', { 'images/phone.img': inner });
    const root = '/dev/vda,loop=/images/phone.img,subpart=root';
    const phone = await bootPhone({ device, request: { root }, disks: [disk] });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/stage-2: end/);
    expect(phone.console.text).toMatch(/stage-2: pid 1, .* root \/dev\/loop0p2 ext4 rw/);
    expect(phone.console.text).toMatch(/below it \/dev\/vda/);
    await phone.session.ended;
  });

  it('is a partition, in sectors of 4096 bytes, inside the partition of the slot that the loader booted', async () => {
    const file = systemDisk({ name: 'nested', busybox, block: 4096 });
    const inner = gptDisk('nested.img', [{ name: 'root', file, uuid: PARTUUID }], 4096);
    // An image is smaller than the partition that it is written to.
    truncateSync(inner, 96 * 1024 * 1024);
    const disk = gptDisk('slots.img', [
      { name: 'system_a', file: patternDisk('slot-a.img', 1), uuid: OTHER },
      { name: 'system_b', file: inner, uuid: PARTUUID },
    ]);
    const words = ['androidboot.slot_suffix=_b'];
    const phone = await boot('PARTLABEL=system,subpart=1,resize', [disk], words);
    await phone.console.waitFor(/stage-2: end/);
    expect(phone.console.text).toMatch(/PARTLABEL=system is \/dev\/vda2/);
    expect(phone.console.text).toMatch(/stage-2: pid 1, .* root \/dev\/loop0p1 ext4 rw/);
    const [, size] = /stage-2: size (\d+) KiB/.exec(phone.console.text) ?? [];
    expect(Number(size)).toBeGreaterThan(80_000);
    await phone.session.ended;
  });

  it.skipIf(!have('cryptsetup'))(
    'is encrypted inside a partition, opens with a passphrase over SSH, and grows',
    async () => {
      const locked = luksDisk('locked.img', systemDisk({ name: 'open', busybox }), 'open sesame');
      const disk = gptDisk('around.img', [{ name: 'root', file: locked, uuid: PARTUUID }]);
      truncateSync(disk, 192 * 1024 * 1024);
      const key = makeKey('unlocker');
      const phone = await bootPhone({
        request: {
          root: '/dev/vda,subpart=root,luks=crypt_root,resize',
          ssh: keyed(key),
          cmdlineAppend: ['mnx.unlock_wait=300'],
        },
        disks: [disk],
      });
      onTestFinished(() => phone.session.stop());
      await phone.console.waitFor(/\/dev\/loop0p1 is locked. Unlock it: ssh -t root@172.16.42.1 mnx-unlock/);
      // Whoever holds the phone reads what to type on the computer.
      expect(await comesToShow(phone, { message: 'root-unlock', at: 80 })).toBe(true);
      const wrong = await ssh(phone, ['mnx-unlock'], { key, input: 'open barley\n' });
      expect([wrong.code, wrong.stdout]).toEqual([1, '']);
      expect(wrong.stderr).toContain('No key available with this passphrase');
      const shown = await typed(phone, ['mnx-unlock'], key, [
        [/Passphrase of \/dev\/loop0p1: $/, 'open wheat'],
        [/No key available[\s\S]*Passphrase of \/dev\/loop0p1: $/, 'open sesame'],
      ]);
      expect(shown).toContain('/dev/loop0p1 is open; the boot goes on');
      expect(shown).not.toMatch(/wheat|sesame/);
      await phone.console.waitFor(/stage-2: end/);
      expect(phone.console.text).toMatch(/stage-2: pid 1, .* root \/dev\/mapper\/crypt_root ext4 rw/);
      expect(phone.console.text).not.toMatch(/wheat|sesame/);
      const [, size] = /stage-2: size (\d+) KiB/.exec(phone.console.text) ?? [];
      expect(Number(size), phone.console.text).toBeGreaterThan(120_000);
      await phone.session.ended;
    },
  );

  it('lies on the computer at the other end of the cable', async () => {
    const key = makeKey('server');
    const phone = await bootPhone({
      request: {
        root: 'nbd=',
        ssh: keyed(key),
        packages: ['nbd-server'],
        cmdlineAppend: ['mnx.root_wait=180'],
      },
      disks: [systemDisk({ name: 'served', busybox })],
    });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/80-root: .*waits for the root nbd=/);
    // The disk of the emulated phone is the computer's: nothing but the cable leads from one to the other.
    // So the server has a name with which it lives through the hand-over.
    const serve = ['sh', '-s', 'sh', '-c', `'${NBD_SERVER}'`];
    const { stdout } = await ssh(phone, serve, { key, input: GADGET_HOST });
    expect(stdout).toContain('ping yes');
    await phone.console.waitFor(/stage-2: end/);
    expect(phone.console.text).toMatch(/stage-2: pid 1, .* root \/dev\/nbd0 ext4 rw/);
    // Without its lease the computer would leave the network that the root comes over.
    expect(phone.console.text).toMatch(/stage-2: processes .*udhcpd/);
    expect(phone.console.text).not.toMatch(/stage-2: processes .*dropbear/);
    // systemd ends no process whose name starts so (ROOT_STORAGE_DAEMONS).
    expect(phone.console.text).toMatch(/stage-2: storage (@\/nbd-server\n)*@\/nbd-client/);
    await phone.session.ended;
  });

  it('that an image smaller than its device holds is mended and grown', async () => {
    const disk = systemDisk({ name: 'grown', busybox, label: 'small', device: 96 * 1024 * 1024 });
    execFileSync('debugfs', ['-w', '-R', 'sif /sbin/init links_count 5', disk], { stdio: 'ignore' });
    const phone = await boot('LABEL=small,fsck,resize', [disk]);
    await phone.console.waitFor(/stage-2: end/);
    expect(phone.console.text).toMatch(/Inode \d+ ref count is 5, should be 1. +FIXED/);
    const [, size] = /stage-2: size (\d+) KiB/.exec(phone.console.text) ?? [];
    expect(Number(size)).toBeGreaterThan(80_000);
    await phone.session.ended;
    expect(spawnSync('e2fsck', ['-fn', disk]).status).toBe(0);
  });

  it('that is not there is named, with what there is, and the phone stays up with a shell', async () => {
    const disk = gptDisk('without.img', [{ name: 'cache', file: patternDisk('cache.img', 1), uuid: OTHER }]);
    const phone = await boot('LABEL=nowhere', [disk], ['mnx.root_wait=6']);
    await phone.console.waitFor(/80-root: .*waits for the root LABEL=nowhere/);
    await phone.console.waitFor(/error: no root LABEL=nowhere after 6 s; there are: vda vda1\(cache\)/);
    await phone.console.waitFor(STAYS_UP);
    // Somebody who has only the screen sees what failed, not the picture and not nothing.
    const error = { error: 'root-not-found', step: '80-root' };
    expect(await settled(phone, await preview(phone, error))).toBe(0);
    const { output, code } = await phone.console.run('cat /proc/1/comm');
    expect([output.trim(), code]).toEqual(['init', 0]);
  });

  it('that is damaged beyond what is mended by itself is left to people, with a screen that says so', async () => {
    const disk = systemDisk({ name: 'damaged', busybox, label: 'damaged' });
    execFileSync('debugfs', ['-w', '-R', 'ssv inodes_count 3', disk], { stdio: 'ignore' });
    const phone = await boot('/dev/vda,fsck', [disk]);
    await phone.console.waitFor(
      /error: \/dev\/vda is damaged beyond what e2fsck mends by itself \(exit code [48]\)/,
    );
    await phone.console.waitFor(STAYS_UP);
    const error = { error: 'root-check', step: '80-root' };
    expect(await settled(phone, await preview(phone, error))).toBe(0);
  });

  it('without an init stays unchanged, and the phone stays up', async () => {
    const device = 96 * 1024 * 1024;
    const disk = systemDisk({ name: 'empty', busybox, label: 'empty', init: '/sbin/other', device });
    const before = digestOf(disk);
    const key = makeKey('empty-root');
    const root = 'LABEL=empty,fsck,resize';
    const phone = await bootPhone({ request: { root, ssh: keyed(key) }, disks: [disk] });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/error: \/dev\/vda has no program \/sbin\/init/);
    await phone.console.waitFor(STAYS_UP);
    const { stdout } = await ssh(phone, ['grep', '-c', 'vda', '/proc/mounts'], { key });
    expect(stdout).toBe('0\n');
    await phone.session.stop();
    expect(digestOf(disk)).toBe(before);
  });
});
