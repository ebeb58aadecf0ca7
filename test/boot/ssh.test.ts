import { execFileSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../src/binary/index.ts';
import { bootable } from './payloads.ts';
import { bootPhone, buildImage, type Phone, STAYS_UP } from './phone.ts';
import { ramdiskFile, ramdiskOf } from './ramdisk.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const ready = (await bootable('qemu-aarch64')) && have('ssh', '-V');
const HOST_KEY = 'etc/dropbear/dropbear_ed25519_host_key';

/** What the phone shows as its identity to whoever asks: type and key of each. */
function shownKeys({ sshPort }: Phone): string[] {
  const scan = ['-T', '60', '-p', String(sshPort), '127.0.0.1'];
  const lines = execFileSync('ssh-keyscan', scan, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return lines
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => line.split(' ').slice(1).join(' '));
}

function fingerprint(key: string): string {
  return execFileSync('ssh-keygen', ['-lf', '-'], { encoding: 'utf8', input: key }).split(' ')[1] ?? '';
}

describe.skipIf(!ready)('who may log in', () => {
  it('finds the same phone after another build', async () => {
    const [first, second] = [makeKey('first'), makeKey('second')];
    const one = await buildImage({ request: { ssh: keyed(first) } });
    const other = await buildImage({ request: { ssh: keyed(second) } });
    expect(sha256(other.image)).not.toBe(sha256(one.image));
    expect(await ramdiskFile(other.image, HOST_KEY)).toEqual(await ramdiskFile(one.image, HOST_KEY));
  });

  it('is who has the key, and finds the phone by the host key that it was given', async () => {
    const [stranger, own, host] = [makeKey('stranger'), makeKey('own'), makeKey('host', 'rsa')];
    const phone = await bootPhone({ request: { ssh: { ...keyed(own), hostKey: host.file } } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    expect((await ssh(phone, ['true'], { key: stranger })).stderr).toMatch(/Permission denied/);
    expect(await ssh(phone, ['true'], { key: own })).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(shownKeys(phone)).toEqual([host.text.split(' ').slice(0, 2).join(' ')]);
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
    const { output: said } = await phone.console.run(
      'for lib in /lib/mnx/lib/*.sh; do . "$lib"; done; conf_load; mnx_ssh=on; ssh_up; say_way_in; dmesg | tail -n 5',
    );
    const [, made = ''] = /the phone's host key is (SHA256:\S+): compare/.exec(said) ?? [];
    expect(said).toContain(`(host key ${made})`);
    expect(shownKeys(phone).map(fingerprint)).toEqual([made]);
  });

  it('is nobody in a release image, on the console neither', async () => {
    const phone = await bootPhone({ request: { release: true } });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(STAYS_UP);
    await expect(phone.console.run('id', 10)).rejects.toThrow(/10 s went by/);
  });
});
