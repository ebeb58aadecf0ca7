import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inStage1, recorded, SHELLS, STAGE1, type Tree } from './shell.ts';

/** What would go down with the phone, printed. */
const PHONE = `${recorded('sync', 'reboot', 'halt', 'poweroff', 'mount', 'mnx_syscall')}MNX_SYSCALL=mnx_syscall; `;
/** Arguments of reboot(2) that hand a name to the loader: linux/reboot.h. */
const RESTART2 = '4276215469 672274793 2712847316';

describe.each(SHELLS)('starting again under $name', (shell) => {
  const run = (script: string, tree: Tree = {}) =>
    inStage1(shell, PHONE + script, { ...tree, conf: { arch: 'aarch64', ...tree.conf } });

  it('hands the name to the loader, by the number that the architecture has for it', () => {
    for (const [arch, number] of [
      ['aarch64', 142],
      ['armv7', 88],
      ['x86_64', 169],
    ] as const) {
      const { stdout } = run('restart_to recovery', { conf: { arch } });
      expect(stdout.split('\n').slice(0, 2)).toEqual(['sync ', `mnx_syscall ${number} ${RESTART2} recovery`]);
    }
  });

  it('just starts again when the kernel does not take the name, or when there is none', () => {
    const refused = run('mnx_syscall() { return 22; }; restart_to edl');
    expect(refused.stdout).toBe('sync \nsync \nreboot -f\n');
    expect(refused.kmsg.join()).toMatch(/does not start again to edl \(error 22\)/);
    expect(run('restart_to ""').stdout).toBe('sync \nreboot -f\n');
    const unknown = run('restart_to edl', { conf: { arch: 'riscv64' } });
    expect(unknown.kmsg.join()).toMatch(/no number of the system call reboot is known for riscv64/);
    expect(unknown.stdout).toMatch(/reboot -f/);
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
    const { stdout } = run('MNX_ROOT=/root; power_down poweroff', { files });
    expect(stdout).toBe('sync \nmount -o remount,ro /root\npoweroff -f\n');
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
      const { stdout } = inStage1(shell, script, { conf: { arch: 'aarch64' } });
      expect(stdout).toMatch(`sync \nmnx_syscall 142 ${RESTART2} edl\n`);
    });

    it('refuses what can be no name', () => {
      const { status, stderr } = inStage1(shell, `set -- -x; . ${program}`);
      expect([status, stderr]).toEqual([2, 'usage: mnx-reboot [bootloader|recovery|edl|...]\n']);
    });
  });
});
