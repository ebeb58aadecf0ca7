import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { desk, mnx } from '../cli/mnx.ts';
import { onDesk } from './desk.ts';
import { bootable } from './payloads.ts';
import { bootPhone, STAYS_UP } from './phone.ts';
import { keyed, makeKey, ssh } from './ssh.ts';
import { have } from './tools.ts';

const ready = (await bootable('qemu-aarch64')) && have('ssh', '-V');
const STEPS = resolve(import.meta.dirname, '../../stage1/steps');

/** A kernel without devtmpfs, as far as stage-1 can see. */
const NO_DEVTMPFS = `mount() {
	[ "$2" != devtmpfs ] && command mount "$@"
}
`;

describe.skipIf(!ready)("the porter's day", () => {
  it('runs hooks, takes a changed step over SSH, and keeps the log of a crash', async () => {
    const key = makeKey('porter');
    const overlay = onDesk('overlay');
    mkdirSync(join(overlay, 'lib/mnx/lib'), { recursive: true });
    writeFileSync(join(overlay, 'lib/mnx/lib/without-devtmpfs.sh'), NO_DEVTMPFS);
    const hook = onDesk('greet.sh');
    writeFileSync(hook, 'say "hello from the hook"\n');
    const firmware = onDesk('firmware');
    mkdirSync(firmware);
    writeFileSync(join(firmware, 'regulatory.db'), 'no database');
    const phone = await bootPhone({
      request: {
        ssh: keyed(key),
        hooks: [{ step: 'ssh', path: hook }],
        ramoops: '0x7e000000',
        overlay,
        moreModules: ['cfg80211'],
        firmware: [firmware],
      },
      loader: 'lk2nd-msm8916',
      reboots: true,
    });
    onTestFinished(() => phone.session.stop());
    await phone.console.waitFor(/10-mounts: the kernel has no devtmpfs: mdev makes the device nodes/);
    await phone.console.waitFor(/70-ssh:00-greet.sh: hello from the hook/);
    await phone.console.waitFor(STAYS_UP);

    // It was found where the kernel looks, and is no database of radio rules.
    const dmesg = await phone.console.run('dmesg | grep regulatory.db');
    expect(dmesg.output).toMatch(/loaded regulatory.db is malformed/);
    // The screen's driver is a module: its nodes can only come from the helper.
    const nodes = await phone.console.run(
      'mount | grep -c " /dev type tmpfs"; ls -l /dev/fb0 /dev/dri/card0',
    );
    expect(nodes.output).toMatch(/^1\ncrw.* \/dev\/dri\/card0\ncrw.* \/dev\/fb0\n$/);

    mkdirSync(onDesk('steps'));
    const pushed = onDesk('steps/60-network.sh');
    const own = readFileSync(resolve(STEPS, '60-network.sh'), 'utf8');
    writeFileSync(pushed, own.replace('network_up\n', 'say "changed"\n\tnetwork_up\n'));
    const { env, fresh, clear } = desk();
    onTestFinished(clear);
    const args = ['stage1', 'push', pushed, '--device', 'qemu-aarch64', '--host', '127.0.0.1'];
    const login = ['--port', String(phone.sshPort), '--identity', key.file];
    const run = await mnx([...args, ...login], {
      env: { ...env, ...process.env, MNX_STATE: process.env['MNX_STATE'] },
      cwd: fresh(),
    });
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(run.stdout).toMatch(
      /60-network: changed\n.*60-network: the computer gets 172\.16\.42\.2 by DHCP\n.*done in/s,
    );
    expect((await ssh(phone, ['netstat -lnu | grep -c :67'], { key })).stdout).toBe('1\n');

    await ssh(phone, ['(sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &'], { key });
    await phone.console.waitFor(/sysrq triggered crash/i);
    await phone.console.waitFor(
      /an earlier boot crashed: Kernel panic - not syncing: sysrq triggered crash; its log is (\S+)/,
      180,
    );
    await phone.console.waitFor(/30-modules: \| .*Hardware name: linux,dummy-virt/);
    await phone.console.waitFor(STAYS_UP);
    const log = (await phone.console.run('cat /run/mnx/last/dmesg-ramoops-*')).output;
    expect(log).toMatch(/sysrq triggered crash/i);
    // What stage-1 said before the crash is in it too.
    expect(log).toMatch(/mnx: 70-ssh:00-greet.sh: hello from the hook/);
  });
});
