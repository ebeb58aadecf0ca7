import { describe, expect, it } from 'vitest';
import { inStage1, lines, recorded, SHELLS } from './shell.ts';

const busybox = { 'bin/mount': '' };

describe.each(SHELLS)('mounts under $name', (shell) => {
  it('mounts what every program expects, and storage never', () => {
    const run = inStage1(shell, `${recorded('mount')} mount_all; echo "rc $?"`, { files: busybox });
    expect(run.stderr).toBe('');
    expect(lines(run.stdout)).toEqual(['rc 0']);
    const made = inStage1(shell, 'mount() { echo "$*" >>"$TREE/mounted"; }; mount_all', { files: busybox });
    expect(
      lines(made.read('mounted') ?? '').map((line) => line.split(' ').filter((word) => !/[=,]/.test(word))),
    ).toEqual([
      ['-t', 'proc', '-o', 'proc', '/proc'],
      ['-t', 'sysfs', '-o', 'sysfs', '/sys'],
      ['-t', 'tmpfs', '-o', 'tmpfs', '/run'],
      ['-t', 'devtmpfs', '-o', 'devtmpfs', '/dev'],
      ['-t', 'devpts', '-o', 'devpts', '/dev/pts'],
    ]);
  });

  it('leaves alone what is mounted', () => {
    const script =
      'echo "tmpfs $TREE/run tmpfs rw 0 0" >"$MNX_PROC/mounts"; mount() { echo "$6" >>"$TREE/mounted"; }; mount_all';
    const run = inStage1(shell, script, { files: busybox });
    expect(run.read('mounted')).not.toMatch(/^\/run$/m);
    expect(run.read('mounted')).toMatch(/^\/sys$/m);
  });

  const nodes = `mount() { [ "$2" != devtmpfs ]; }; mknod() { echo "mknod $*" >>"$TREE/nodes"; }; mdev() { echo "mdev $*" >>"$TREE/mdev"; }`;

  it('makes device nodes by mdev where the kernel has no devtmpfs, and calls it for those to come', () => {
    const run = inStage1(shell, `${nodes}; uevent() { echo uevent; }; mount_all; echo "rc $?"`, {
      files: { ...busybox, 'proc/sys/kernel/hotplug': '' },
    });
    expect(run.stdout).toBe('rc 0\n');
    expect(lines(run.read('nodes') ?? '')).toEqual([
      'mknod /dev/console c 5 1',
      'mknod /dev/null c 1 3',
      'mknod /dev/kmsg c 1 11',
    ]);
    expect(run.read('mdev')).toBe('mdev -s\n');
    expect(run.read('proc/sys/kernel/hotplug')).toBe('/usr/bin/mnx-hotplug\n');
    expect(run.kmsg.join()).toContain('no devtmpfs: mdev makes the device nodes');
  });

  it('listens to the kernel itself where that calls no helper', () => {
    const script = `${nodes}; uevent() { echo "uevent $*" >"$TREE/listens"; }; mount_all; wait; recall hotplug.pid && echo pid`;
    const run = inStage1(shell, script, { files: busybox });
    expect(run.read('listens')).toBe('uevent /usr/bin/mnx-hotplug\n');
    expect(lines(run.stdout).at(-1)).toBe('pid');
    expect(run.read('run/mnx/hotplug-mdev')).toBe('');
  });

  it('keeps the nodes in the initramfs where there is no tmpfs either', () => {
    const script = `mount() { [ "$2" != devtmpfs ] && [ "$2" != tmpfs ]; }; mdev() { echo "mdev $*"; }; ${recorded('mknod')} uevent() { :; }; mount_dev >"$TREE/said"; echo "rc $?"`;
    const run = inStage1(shell, script, { files: busybox });
    expect(run.stdout).toBe('rc 0\n');
  });

  it('fails when not even a console can be made', () => {
    const script = `mount() { [ "$2" != devtmpfs ]; }; mknod() { echo "not permitted" >&2; return 1; }; mount_all; echo "rc $?"`;
    const run = inStage1(shell, script, { files: busybox });
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.join()).toContain('warning: making /dev/console: not permitted');
  });

  it('says which mount failed, and fails for /proc but not for /dev/pts', () => {
    const failing = (type: string) =>
      inStage1(
        shell,
        `mount() { [ "$2" != ${type} ] || { echo "no ${type}" >&2; return 1; }; }; mount_all; echo "rc $?"`,
        {
          files: busybox,
        },
      );
    expect(failing('proc').stdout).toBe('rc 1\n');
    expect(failing('proc').kmsg).toContain('<4>mnx: init: warning: mounting proc on /proc: no proc');
    expect(failing('devpts').stdout).toBe('rc 0\n');
    expect(failing('devpts').kmsg).toContain('<4>mnx: init: warning: mounting devpts on /dev/pts: no devpts');
  });

  it('installs the commands of an image that carries busybox alone', () => {
    const script = `printf '#!/bin/sh\\necho "$@" >>"$TREE/calls"\\n' >"$MNX_BUSYBOX"; chmod +x "$MNX_BUSYBOX"; install_applets`;
    const run = inStage1(shell, script, { files: { 'bin/sh': '' } });
    expect(lines(run.read('calls') ?? '')).toEqual([
      'mkdir -p /proc',
      'mount -t proc proc /proc',
      '--install -s /bin',
    ]);
  });

  it.each([
    ['no configfs', ':', 'the kernel has no configfs'],
    ['no gadgets in it', 'mkdir -p "$MNX_CONFIGFS"', 'configfs knows no gadgets'],
  ])('says what is missing when there is %s', (_, prepare, message) => {
    const run = inStage1(
      shell,
      `modprobe() { :; }; mount() { :; }; ${prepare}; mount_configfs; echo "rc $?"`,
    );
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg.join()).toContain(message);
  });

  it('mounts configfs after its module', () => {
    const run = inStage1(
      shell,
      `modprobe() { echo "modprobe $2" >>"$TREE/calls"; mkdir -p "$MNX_CONFIGFS"; }
       mount() { echo "mount $2" >>"$TREE/calls"; mkdir "$MNX_CONFIGFS/usb_gadget"; }; mount_configfs; echo "rc $?"`,
    );
    expect(run.stdout).toBe('rc 0\n');
    expect(lines(run.read('calls') ?? '')).toEqual([
      'modprobe configfs',
      'modprobe libcomposite',
      'mount configfs',
    ]);
  });
});
