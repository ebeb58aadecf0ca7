import { describe, expect, it } from 'vitest';
import { inStage1, lines, SHELLS, type Tree } from './shell.ts';

/** The first four steps, as init runs them, on a kernel that can mount what /proc/filesystems says. */
const run = `
  mount() {
    case "$2" in devtmpfs | configfs) return 1 ;; esac
    [ "$2" != pstore ] || [ -d "$MNX_SYSFS/fs/pstore" ]
  }
  mknod() { : >"$1"; }
  mdev() { : >"$MNX_DEV/mmcblk0"; }
  uname() { echo 3.10.108; }
  : >"$MNX_BUSYBOX"; : >"\${MNX_BUSYBOX%/*}/mount"
  rm "$MNX_RUN/stage1.log"
  for step in 10-mounts 20-log 25-cmdline 30-modules; do run_step "$MNX_LIB/steps/$step.sh"; done
  clock_stop
  echo "$mnx_root|$mnx_usb_mode|$mnx_init|$steps_done"`;

/** As an msm8960 phone with LineageOS's 3.4 kernel has it: RAM console, android_usb, no modules. */
const msm34: Tree = {
  cmdline:
    'console=ttyHSL0,115200,n8 androidboot.hardware=flo user_debug=31 msm_rtb.filter=0x3F androidboot.serialno=08ab12 ' +
    'androidboot.bootloader=FLO-04.05 init=/init mnx.root="LABEL=my root" mnx.usb-mode=android_usb console=null',
  files: {
    'bin/sh': '',
    'proc/last_kmsg':
      '[   50.0] msm_watchdog\n[   61.2] Watchdog bark! Now = 61.2\n[   61.3] Causing a watchdog bite!\n',
    'proc/consoles': '',
    'proc/sys/kernel/hotplug': '/sbin/hotplug\n',
    'proc/sys/kernel/printk': '6\t4\t1\t7\n',
    'sys/class/firmware/timeout': '60\n',
    'sys/class/firmware/a300_pm4.fw/loading': '0\n',
    'sys/class/firmware/a300_pm4.fw/data': '',
    'sys/class/firmware/a300_pm4.fw/uevent': 'FIRMWARE=a300_pm4.fw\n',
    'sys/class/android_usb/android0/enable': '0\n',
    'lib/firmware/a300_pm4.fw': 'pm4',
  },
};

/** As an msm8916 phone with a 3.10 kernel has it: ramoops with console and pmsg, firmware read by itself. */
const msm310: Tree = {
  cmdline:
    'androidboot.bootdevice=7824900.sdhci androidboot.serialno=F8 lpm_levels.sleep_disabled=1 skip_initramfs',
  files: {
    'bin/sh': '',
    'dev/pmsg0': '',
    'proc/consoles': 'ttyHSL0 -W- (EC p a) 250:0\n',
    'proc/sys/kernel/hotplug': '\n',
    'sys/fs/pstore/console-ramoops':
      '[    3.1] Unable to handle kernel paging request at virtual address dead4ead\n',
    'sys/fs/pstore/pmsg-ramoops-0': '[2.10] 50-gadget: plugging in the USB gadget\n',
    'sys/module/firmware_class/parameters/path': '\n',
    'sys/class/android_usb/android0/enable': '0\n',
  },
};

describe.each(SHELLS)('the first steps under $name', (shell) => {
  it('come up on a 3.4 kernel: nodes by mdev, firmware on request, the RAM console, a loader that takes the console', () => {
    const result = inStage1(shell, run, msm34);
    expect(result.stderr).toBe('');
    expect(lines(result.stdout).at(-1)).toBe(
      'LABEL=my root|android_usb|/sbin/init| 10-mounts 20-log 25-cmdline 30-modules ',
    );
    expect(result.read('dev/mmcblk0')).toBe('');
    expect(result.read('proc/sys/kernel/hotplug')).toBe('/usr/bin/mnx-hotplug\n');
    expect(result.read('sys/class/firmware/a300_pm4.fw/data')).toBe('pm4');
    expect(result.read('run/mnx/last/last_kmsg')).toContain('watchdog bite');
    const log = result.read('run/mnx/stage1.log') ?? '';
    for (const said of [
      '10-mounts: the kernel has no devtmpfs',
      '20-log: an earlier boot crashed: Watchdog bark! Now = 61.2;',
      '20-log: | [   61.3] Causing a watchdog bite!',
      '25-cmdline: mnx.root=LABEL=my root (command line)',
      '25-cmdline: the loader takes the console away (console=null)',
      '30-modules: the firmware a300_pm4.fw went to its driver',
      '30-modules: the image has no modules',
    ])
      expect(log).toContain(said);
    expect(log).not.toContain('error');
  });

  it('come up on a 3.10 kernel: ramoops, pmsg, firmware that the kernel reads itself', () => {
    const result = inStage1(shell, run, msm310);
    expect(result.stderr).toBe('');
    expect(lines(result.stdout).at(-1)).toBe('|auto|/sbin/init| 10-mounts 20-log 25-cmdline 30-modules ');
    expect(result.read('run/mnx/last/pmsg-ramoops-0')).toContain('50-gadget');
    const log = result.read('run/mnx/stage1.log') ?? '';
    expect(log).toContain(
      'an earlier boot crashed: Unable to handle kernel paging request at virtual address dead4ead;',
    );
    expect(log).toContain('the loader asks for its own root (skip_initramfs)');
    // All but what was said before there was a /dev.
    expect(lines(result.read('dev/pmsg0') ?? '').every((line) => log.includes(line))).toBe(true);
    expect(result.read('dev/pmsg0')).toContain('30-modules: done in');
    expect(result.read('run/mnx/hotplug-firmware')).toBeUndefined();
  });
});
