import { deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inStage1, SHELLS, type Tree } from './shell.ts';

const panic = [
  'Panic#1 Part1',
  ...Array.from({ length: 9 }, (_, i) => `<6>[    3.000000] line ${i}`),
  '<6>[    3.100000] sysrq: Trigger a crash',
  '<0>[    3.200000] Kernel panic - not syncing: sysrq triggered crash',
  ...Array.from({ length: 10 }, (_, i) => `<4>[    3.300000]  frame ${i}`),
  '<0>[    3.400000] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---',
  '',
].join('\n');

const quiet = '[    0.000000] Linux version 3.10.108\n[    9.900000] reboot: Restarting system\n';

/** What a step says of the boot before, without the clock. */
function kept(shell: (typeof SHELLS)[number], files: Tree['files'], more = '') {
  const script = `mount() { echo "mount $*" >>"$TREE/mounts"; }; ${more} last_boot_keep; echo "rc $?"; ls -R "$MNX_RUN/last" 2>&1`;
  return inStage1(shell, script, files === undefined ? {} : { files });
}

describe.each(SHELLS)('what the last boot left, under $name', (shell) => {
  it('is copied from pstore, its cause and the lines around it said', () => {
    const run = kept(shell, { 'sys/fs/pstore/dmesg-ramoops-0': panic });
    expect(run.read('mounts')).toMatch(/^mount -t pstore -o \S+ pstore \/sys\/fs\/pstore\n$/);
    expect(run.read('run/mnx/last/dmesg-ramoops-0')).toBe(panic);
    expect(run.kmsg[0]).toBe(
      '<6>mnx: init: an earlier boot crashed: Kernel panic - not syncing: sysrq triggered crash; its log is /run/mnx/last/dmesg-ramoops-0',
    );
    expect(run.kmsg).toHaveLength(14);
    expect(run.kmsg[1]).toBe('<6>mnx: init: | <6>[    3.000000] line 6');
    expect(run.kmsg[5]).toMatch(/\| <0>\[ {4}3\.200000\] Kernel panic/);
    expect(run.kmsg.at(-1)).toBe('<6>mnx: init: | <4>[    3.300000]  frame 7');
  });

  it("is Android's RAM console on a 3.4 kernel, which has no pstore", () => {
    const died = `${quiet}[   10.000000] Unable to handle kernel NULL pointer dereference at virtual address 0\n`;
    const run = kept(shell, { 'proc/last_kmsg': died });
    expect(run.read('mounts')).toBeUndefined();
    expect(run.read('run/mnx/last/last_kmsg')).toBe(died);
    expect(run.kmsg[0]).toContain(
      'an earlier boot crashed: Unable to handle kernel NULL pointer dereference at',
    );
  });

  it('is no crash when the console only tells of a restart', () => {
    const run = kept(shell, { 'sys/fs/pstore/console-ramoops': quiet, 'sys/fs/pstore/pmsg-ramoops-0': 'x' });
    expect(run.read('run/mnx/last/pmsg-ramoops-0')).toBe('x');
    expect(run.kmsg).toEqual([
      '<6>mnx: init: the log of the last boot is in /run/mnx/last, with no crash in it',
    ]);
  });

  it('is no crash when the last boot only quoted an earlier one', () => {
    const quoted = '[    2.0] mnx: 20-log: an earlier boot crashed: Kernel panic - not syncing: oh\n';
    const run = kept(shell, { 'sys/fs/pstore/console-ramoops-0': quiet + quoted });
    expect(run.kmsg.join()).toContain('with no crash in it');
  });

  it('is a crash in any dump, whatever its words', () => {
    const run = kept(shell, { 'sys/fs/pstore/dmesg-efi-1': 'Panic#2 Part2\nlines\n' });
    expect(run.kmsg[0]).toContain('an earlier boot crashed: Panic#2 Part2; its log is');
  });

  it('is taken as far as there is room for it, and from a driver that answers', () => {
    const script = 'timeout() { [ "$5" != "$MNX_PROC/last_kmsg" ] || return 143; shift; "$@"; };';
    const files = { 'sys/fs/pstore/pmsg-ramoops-0': 'x'.repeat(9_000_000), 'proc/last_kmsg': panic };
    const run = kept(shell, files, script);
    expect(run.bytes('run/mnx/last/pmsg-ramoops-0')).toHaveLength(8_388_608);
    expect(run.kmsg[0]).toContain('warning: keeping last_kmsg of the last boot');
  });

  it('is looked at once, and not at all where nothing is', () => {
    const twice = kept(shell, { 'sys/fs/pstore/dmesg-ramoops-0': panic }, 'last_boot_keep;');
    expect(twice.kmsg).toHaveLength(14);
    const none = kept(shell, { 'sys/fs/other': '' });
    expect([none.kmsg, none.stdout.split('\n')[0]]).toEqual([[], 'rc 0']);
    expect(none.read('mounts')).toBeUndefined();
  });

  it.each([
    ['bare deflate', deflateRawSync(panic)],
    ["zlib's, as kernels up to 4.x write it", deflateSync(panic, { windowBits: 12, level: 9 })],
  ])('is expanded where the kernel could not: %s', (_, data) => {
    const run = kept(shell, { 'sys/fs/pstore/dmesg-ramoops-0.enc.z': new Uint8Array(data) });
    expect(run.read('run/mnx/last/dmesg-ramoops-0')).toBe(panic);
    expect(run.read('run/mnx/last/dmesg-ramoops-0.enc.z')).toBeUndefined();
    expect(run.kmsg[0]).toContain('an earlier boot crashed: Kernel panic');
  });

  it('stays as it is in a codec that nobody can expand', () => {
    const run = kept(shell, { 'sys/fs/pstore/dmesg-ramoops-0.enc.z': new Uint8Array([0xff, 1, 2, 3]) });
    expect(run.bytes('run/mnx/last/dmesg-ramoops-0.enc.z')).toHaveLength(4);
    expect(run.kmsg[0]).toContain('dmesg-ramoops-0.enc.z is compressed with a codec');
  });
});
