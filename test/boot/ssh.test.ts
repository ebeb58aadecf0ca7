import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../src/binary/index.ts';
import { bootable } from './payloads.ts';
import { bootPhone, buildImage, STAYS_UP } from './phone.ts';
import { ramdiskFile, ramdiskOf } from './ramdisk.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const ready = (await bootable('qemu-aarch64')) && have('ssh', '-V');
const HOST_KEY = 'etc/dropbear/dropbear_ed25519_host_key';

describe.skipIf(!ready)('who may log in', () => {
  it('finds the same phone after another build', async () => {
    const [first, second] = [makeKey('first'), makeKey('second')];
    const one = await buildImage({ request: { ssh: keyed(first) } });
    const other = await bootPhone({ request: { ssh: keyed(second) } });
    onTestFinished(() => other.session.stop());
    expect(sha256(other.image)).not.toBe(sha256(one.image));
    expect(await ramdiskFile(other.image, HOST_KEY)).toEqual(await ramdiskFile(one.image, HOST_KEY));
    await other.console.waitFor(STAYS_UP);
    expect((await ssh(other, ['true'], { key: first })).stderr).toMatch(/Permission denied/);
    expect(await ssh(other, ['true'], { key: second })).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('is nobody in an image without keys', async () => {
    const phone = await bootPhone();
    onTestFinished(() => phone.session.stop());
    expect((await ramdiskOf(phone.image)).map(({ path }) => path)).not.toContain(HOST_KEY);
    await phone.console.waitFor(/70-ssh: SSH is off: the image has no key for it/);
    await phone.console.waitFor(STAYS_UP);
    const { output } = await phone.console.run('netstat -lnt | grep -c :22; ps -o comm | grep -c dropbear');
    expect(output.trim().split('\n').slice(-2)).toEqual(['0', '0']);
    expect((await ssh(phone, ['true'])).code).toBe(255);
  });

  it('is nobody in a release image, on the console neither', async () => {
    const phone = await bootPhone({ request: { release: true } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    await expect(phone.console.run('id', 10)).rejects.toThrow(/10 s went by/);
  });
});
