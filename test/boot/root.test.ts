import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { patternDisk, systemDisk } from './disk.ts';
import { gptDisk } from './gpt.ts';
import { bootable } from './payloads.ts';
import { bootPhone, buildImage, type Phone, STAYS_UP } from './phone.ts';
import { difference, preview, shown } from './picture.ts';
import { ramdiskFile } from './ramdisk.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const ready = (await bootable('qemu-aarch64')) && have('mke2fs', '-V');
const UUID = '2b9ed2f6-6f1c-4b4f-9c3e-0d1f5c0a77e1';
const PARTUUID = 'a1b2c3d4-0001-4abc-8def-0123456789ab';
const OTHER = 'a1b2c3d4-0002-4abc-8def-0123456789ab';

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
    const phone = await boot(`UUID=${UUID}`, [disk], ['ro']);
    await phone.console.waitFor(/stage-2: end/);
    expect(phone.console.text).toMatch(/stage-2: pid 1, arguments '', root \/dev\/vda ext4 ro/);
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

  it('that is not there is named, with what there is, and the phone stays up with a shell', async () => {
    const disk = gptDisk('without.img', [{ name: 'cache', file: patternDisk('cache.img', 1), uuid: OTHER }]);
    const phone = await boot('LABEL=nowhere', [disk], ['mnx.root_wait=6']);
    await phone.console.waitFor(/80-root: .*waits for the root LABEL=nowhere/);
    await phone.console.waitFor(/error: no root LABEL=nowhere after 6 s; there are: vda vda1\(cache\)/);
    await phone.console.waitFor(STAYS_UP);
    // Somebody who has only the screen sees what failed, not the picture and not nothing.
    const error = { error: 'root-not-found', step: '80-root' };
    expect(difference(await shown(phone), await preview(phone, error))).toBe(0);
    const { output, code } = await phone.console.run('cat /proc/1/comm');
    expect([output.trim(), code]).toEqual(['init', 0]);
  });

  it('without an init stays unchanged, and the phone stays up', async () => {
    const disk = systemDisk({ name: 'empty', busybox, label: 'empty', init: '/sbin/other' });
    const key = makeKey('empty-root');
    const phone = await bootPhone({ request: { root: 'LABEL=empty', ssh: keyed(key) }, disks: [disk] });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/error: \/dev\/vda has no program \/sbin\/init/);
    await phone.console.waitFor(STAYS_UP);
    const { stdout } = await ssh(phone, ['grep', '-c', 'vda', '/proc/mounts'], { key });
    expect(stdout).toBe('0\n');
  });
});
