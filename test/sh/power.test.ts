import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inStage1, SHELLS, STAGE1, type Tree } from './shell.ts';

/** What would go down with the phone, in the order in which it does. */
const PHONE = `MNX_SYSCALL=mnx_syscall
${['sync', 'reboot', 'halt', 'poweroff', 'mount', 'mnx_syscall'].map((name) => `${name}() { echo "${name} $*" >>"$TREE/calls"; }`).join('\n')}\n`;
/** Arguments of reboot(2) that hand a name to the loader: linux/reboot.h. */
const RESTART2 = '4276215469 672274793 2712847316';

describe.each(SHELLS)('starting again under $name', (shell) => {
  const run = (script: string, tree: Tree = {}) => {
    const result = inStage1(shell, PHONE + script, { ...tree, conf: { arch: 'aarch64', ...tree.conf } });
    return { ...result, calls: result.read('calls') ?? '' };
  };

  it('hands the name to the loader, by the number that the architecture has for it', () => {
    for (const [arch, number] of [
      ['aarch64', 142],
      ['armv7', 88],
      ['x86_64', 169],
    ] as const) {
      const { calls } = run('restart_to recovery', { conf: { arch } });
      expect(calls.split('\n').slice(0, 2)).toEqual(['sync ', `mnx_syscall ${number} ${RESTART2} recovery`]);
    }
  });

  it('just starts again when the kernel does not take the name, or when there is none', () => {
    const refused = run('mnx_syscall() { return 22; }; restart_to edl');
    expect(refused.calls).toBe('sync \nsync \nreboot -n -f\n');
    expect(refused.kmsg.join()).toMatch(/does not start again to edl \(error 22\)/);
    expect(run('restart_to ""').calls).toBe('sync \nreboot -n -f\n');
    const unknown = run('restart_to edl', { conf: { arch: 'riscv64' } });
    expect(unknown.kmsg.join()).toMatch(/no number of the system call reboot is known for riscv64/);
    expect(unknown.calls).toMatch(/reboot -n -f/);
  });

  it('says when the device tree names no such mode', () => {
    const files = { 'proc/device-tree/soc/pon/mode-bootloader': '' };
    expect(run('restart_to bootloader', { files }).kmsg.join()).not.toMatch(/no reboot mode/);
    expect(run('restart_to edl', { files }).kmsg.join()).toMatch(/names no reboot mode edl/);
    const old = { ...files, 'sys/class/android_usb/android0/enable': '' };
    expect(run('restart_to edl', { files: old }).kmsg.join()).not.toMatch(/no reboot mode/);
  });

  it('leaves the real root as it is by then', () => {
    const files = { 'proc/mounts': 'x /root ext4 rw 0 0\n' };
    const { calls } = run('MNX_ROOT=/root; power_down poweroff', { files });
    expect(calls).toBe('sync \nmount -o remount,ro /root\npoweroff -n -f\n');
  });

  it('waits for no disk that has gone: a root on a computer that is off would keep the phone for a day', () => {
    const gone =
      'sync() { command sleep 60; }; wait_until() { echo "$1 s for $2"; return 1; }; power_down reboot';
    const { calls, stdout, kmsg } = run(gone);
    expect([calls, stdout]).toEqual(['reboot -n -f\n', '10 s for the disks\n']);
    expect(kmsg.join()).toContain('the disks do not answer: what was not written yet is lost');
  });

  describe('by mnx-reboot', () => {
    const program = join(STAGE1, 'bin/mnx-reboot');
    it('leaves the log-in before it goes', () => {
      const script = `setsid() { echo "$*" >"$TREE/called"; }; set -- bootloader; . ${program}; wait`;
      const { stdout, read } = inStage1(shell, script);
      expect(stdout).toBe('the phone starts again, to bootloader\n');
      expect(read('called')).toMatch(/^sh .* --now bootloader\n$/);
    });

    it('goes', () => {
      const script = `${PHONE}sleep() { :; }; set -- --now edl; . ${program}`;
      const { read } = inStage1(shell, script, { conf: { arch: 'aarch64' } });
      expect(read('calls')).toMatch(`sync \nmnx_syscall 142 ${RESTART2} edl\n`);
    });

    it('refuses what can be no name', () => {
      const { status, stderr } = inStage1(shell, `set -- -x; . ${program}`);
      expect([status, stderr]).toEqual([2, 'usage: mnx-reboot [bootloader|recovery|edl|...]\n']);
    });
  });
});
