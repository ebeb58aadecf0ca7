import { describe, expect, it } from 'vitest';
import { inStage1, SHELLS, type Shell, type Tree } from './shell.ts';

/** A request for firmware as a 3.4 kernel shows it. */
const request = 'sys/class/firmware/wcnss_wlan';
const asking: Tree['files'] = {
  'sys/class/firmware/timeout': '60\n',
  [`${request}/loading`]: '0\n',
  [`${request}/data`]: '',
  [`${request}/uevent`]: 'FIRMWARE=wlan/prima/cfg.dat\nTIMEOUT=60\nASYNC=1\n',
  'proc/sys/kernel/hotplug': '/sbin/hotplug\n',
};

/** The helper as the kernel calls it: a program of its own, with nothing but the event. */
function called(shell: Shell, event: string): string {
  return `printf '#!/bin/sh\\necho "mdev $ACTION $DEVPATH"\\n' >"$MNX_MDEV"; chmod +x "$MNX_MDEV"
    env ${event} ${shell.command.join(' ')} "$MNX_LIB/bin/mnx-hotplug"; echo "rc $?"`;
}

describe.each(SHELLS)('the hot-plug helper under $name', (shell) => {
  const sbin = { 'sbin/other': '' };

  it('makes a node by mdev for what has one', () => {
    const event = called(shell, 'ACTION=add SUBSYSTEM=block DEVPATH=/block/mmcblk0 MAJOR=179');
    const run = inStage1(shell, `: >"$MNX_RUN/hotplug-mdev"; ${event}`, { files: sbin });
    expect(run.stdout).toBe('mdev add /block/mmcblk0\nrc 0\n');
  });

  it.each([
    ['what has no node', ': >"$MNX_RUN/hotplug-mdev";', 'ACTION=add SUBSYSTEM=net DEVPATH=/x'],
    ['a node where the kernel makes them', '', 'ACTION=add SUBSYSTEM=block DEVPATH=/x MAJOR=179'],
    ['firmware that the kernel reads itself', '', 'ACTION=add SUBSYSTEM=firmware DEVPATH=/x FIRMWARE=y'],
    [
      'a request that is over',
      ': >"$MNX_RUN/hotplug-firmware";',
      'ACTION=remove SUBSYSTEM=firmware FIRMWARE=y',
    ],
  ])('does nothing about %s', (_, before, event) => {
    const run = inStage1(shell, `${before} ${called(shell, event)}`, { files: sbin });
    expect([run.stdout, run.stderr, run.kmsg]).toEqual(['rc 0\n', '', []]);
  });

  it('hands firmware over', () => {
    const event = called(
      shell,
      'ACTION=add SUBSYSTEM=firmware FIRMWARE=a/b.bin DEVPATH=/class/firmware/wcnss_wlan',
    );
    const files = { ...sbin, ...asking, 'lib/firmware/a/b.bin': 'the firmware' };
    const run = inStage1(shell, `: >"$MNX_RUN/hotplug-firmware"; ${event}`, { files });
    expect(run.read(`${request}/data`)).toBe('the firmware');
    expect(run.read(`${request}/loading`)).toBe('0\n');
    expect(run.kmsg).toEqual(['<6>mnx: hotplug: the firmware a/b.bin went to its driver']);
  });
});

describe.each(SHELLS)('firmware under $name', (shell) => {
  const prepare = 'uevent() { :; }; firmware_prepare; echo "rc $?"';

  it('is announced to a kernel that asks for it, and what waits already is answered', () => {
    const files = { ...asking, 'lib/firmware/wlan/prima/cfg.dat': 'settings' };
    const run = inStage1(shell, prepare, { files });
    expect(run.read('proc/sys/kernel/hotplug')).toBe('/usr/bin/mnx-hotplug\n');
    expect(run.read(`${request}/data`)).toBe('settings');
    expect(run.stdout).toBe('rc 0\n');
  });

  it('that is not there is refused at once, by name: the driver would wait a minute', () => {
    const run = inStage1(shell, prepare, { files: asking });
    expect(run.read(`${request}/loading`)).toBe('-1\n');
    expect(run.kmsg).toEqual([
      '<4>mnx: init: warning: the firmware wlan/prima/cfg.dat is wanted and not in the image',
    ]);
  });

  it('is not waited for by a kernel that can be told so: from 4.17 on it needs no helper', () => {
    const files = { ...asking, 'proc/sys/kernel/firmware_config/ignore_sysfs_fallback': '0\n' };
    const run = inStage1(shell, `${prepare}; ls "$MNX_RUN"`, { files });
    expect(run.read('proc/sys/kernel/firmware_config/ignore_sysfs_fallback')).toBe('1\n');
    expect(run.read('proc/sys/kernel/hotplug')).toBe('/sbin/hotplug\n');
    expect(run.stdout).not.toContain('hotplug');
  });

  it('is left to a kernel that reads it itself', () => {
    const run = inStage1(shell, `${prepare}; ls "$MNX_RUN"`, { files: { 'sys/class/net/lo': '' } });
    expect(run.stdout).not.toContain('hotplug');
    expect(run.kmsg).toEqual([]);
  });

  it.each([
    ['a kernel from 3.7 on', { 'sys/module/firmware_class/parameters/path': '\n' }],
    ['an older one', {}],
  ])('of another folder is announced to %s', (_, files) => {
    const own = { ...files, ...asking, 'vendor/wlan/prima/cfg.dat': 'own' };
    const run = inStage1(shell, `mnx_firmware_path="$TREE/vendor"; ${prepare}`, { files: own });
    expect(run.read(`${request}/data`)).toBe('own');
    const path = run.read('sys/module/firmware_class/parameters/path');
    expect(path).toBe('sys/module/firmware_class/parameters/path' in files ? '/vendor\n' : undefined);
  });

  it('is expanded for a kernel that cannot', () => {
    const script = `xzcat() { [ "$(cat "$1")" = packed ] && echo expanded; }; ${prepare}`;
    const run = inStage1(shell, script, {
      files: { ...asking, 'lib/firmware/wlan/prima/cfg.dat.xz': 'packed' },
    });
    expect(run.read(`${request}/data`)).toBe('expanded\n');
  });

  it('leads nowhere else', () => {
    const files = { ...asking, 'etc/secret': 'x', 'lib/firmware/a': '' };
    const run = inStage1(shell, `firmware_give ../../etc/secret "$TREE/${request}"; echo "rc $?"`, { files });
    expect(run.stdout).toBe('rc 1\n');
    expect(run.read(`${request}/data`)).toBe('');
  });

  it('is asked of nobody any more when stage-1 ends', () => {
    const run = inStage1(shell, `${prepare}; hotplug_stop`, { files: asking });
    expect(run.read('proc/sys/kernel/hotplug')).toBe('\n');
  });
});
