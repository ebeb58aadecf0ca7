import { describe, expect, it } from 'vitest';
import { inStage1, lines, SHELLS } from './shell.ts';

const devices = {
  'sys/bus/platform/devices/soc.usb/uevent': 'DRIVER=x\nMODALIAS=of:NusbT(null)Cqcom,ci-hdrc\n',
  'sys/bus/virtio/devices/virtio0/uevent': 'MODALIAS=virtio:d00000002v00001AF4\n',
  'sys/bus/virtio/devices/virtio1/uevent': 'MODALIAS=virtio:d00000002v00001AF4\n',
  'sys/bus/mmc/devices/mmc0:0001/uevent': 'MMC_TYPE=MMC\nMODALIAS=mmc:block\n',
  'sys/bus/cpu/devices/cpu0/uevent': 'DRIVER=cpu\n',
  'sys/class/input/event0/uevent': 'PRODUCT=1\n',
};
const modprobe = 'modprobe() { echo "modprobe $*"; }\n';

describe.each(SHELLS)('modules under $name', (shell) => {
  it('loads the list of the device in its order, by one modprobe', () => {
    const run = inStage1(shell, `${modprobe} load_modules`, { conf: { modules: 'b\na\nc' } });
    expect(run.stdout).toBe('modprobe -a b a c\n');
  });

  it('leaves out a driver that hangs, with all that needs it, and asks for the rest anew', () => {
    const files = {
      'proc/modules': 'phy_hung 16384 1 - Loading 0x0\nlive 16384 0 - Live 0x0\n',
      'lib/modules/6.1/modules.dep':
        'kernel/drivers/usb/my-udc.ko: kernel/drivers/phy/phy-hung.ko kernel/lib/live.ko\n' +
        'kernel/drivers/phy/phy-hung.ko: kernel/lib/live.ko\nkernel/drivers/phy-hung.ko.d/other.ko:\nlive.ko:\n',
      'run/mnx/aliases': 'of:NusbT(null)\n',
    };
    const script = `${modprobe} uname() { echo 6.1; }; modules_leave; echo "left $?"; modules_leave; echo "again $?"
      load_modules; ls "$MNX_RUN"`;
    const run = inStage1(shell, script, { files, conf: { modules: 'live\nmy-udc\nphy_hung\nlast' } });
    expect(lines(run.stdout)).toEqual([
      'left 0',
      'again 1',
      'modprobe -a live last',
      ...['failures', 'output', 'stage1.log'],
    ]);
    expect(run.read('etc/modprobe.d/mnx-left.conf')).toBe('blacklist phy_hung\nblacklist my_udc\n');
    expect(run.kmsg).toEqual([
      '<3>mnx: init: error: the driver phy_hung hangs while it starts: it is left out, with what needs it',
    ]);
  });

  it('finds none that hangs where none does', () => {
    const none = inStage1(shell, 'modules_leave; echo $?', {
      files: { 'proc/modules': 'a 1 0 - Live 0x0\n' },
    });
    expect(none.stdout).toBe('1\n');
    expect(inStage1(shell, 'modules_leave; echo $?').stdout).toBe('1\n');
  });

  it('asks for no module when the list is empty', () => {
    expect(inStage1(shell, `${modprobe} load_modules; echo $?`).stdout).toBe('0\n');
  });

  it('asks once for every alias that a device has, unchanged', () => {
    const run = inStage1(shell, `${modprobe} coldplug; coldplug || echo nothing new`, { files: devices });
    expect(lines(run.stdout)).toEqual([
      'modprobe -abq mmc:block of:NusbT(null)Cqcom,ci-hdrc virtio:d00000002v00001AF4',
      'nothing new',
    ]);
  });

  it('comes back for devices that a driver brought', () => {
    const script = `modprobe() {
        echo "modprobe $*"
        mkdir -p "$MNX_SYSFS/bus/usb/devices/1-1"
        echo 'MODALIAS=usb:v18D1*' >"$MNX_SYSFS/bus/usb/devices/1-1/uevent"
      }
      coldplug_all; echo "rc $?"`;
    const run = inStage1(shell, script, { files: devices });
    expect(lines(run.stdout).slice(1)).toEqual(['modprobe -abq usb:v18D1*', 'rc 0']);
  });

  it('is not stopped by a machine without any', () => {
    expect(inStage1(shell, `${modprobe} coldplug_all; echo "rc $?"`).stdout).toBe('rc 0\n');
  });

  it('makes the program that the kernel calls, and tells the kernel', () => {
    const run = inStage1(shell, 'modprobe_announce; readlink "$MNX_MODPROBE"', {
      files: { 'proc/sys/kernel/modprobe': '/usr/bin/other\n' },
    });
    expect(run.stdout).toBe('/bin/busybox\n');
    expect(run.read('proc/sys/kernel/modprobe')).toBe('/sbin/modprobe\n');
  });

  it('goes on without modules: everything may be built in', () => {
    const script = `. "$MNX_LIB/steps/30-modules.sh"; step_run; echo "rc $?"`;
    const run = inStage1(shell, `${modprobe} ${script}`, { conf: { modules: 'ext4' } });
    expect(run.stdout).toBe('rc 0\n');
    expect(run.kmsg[0]).toContain('built in');
  });

  it('names both versions when the modules are for another kernel', () => {
    const run = inStage1(shell, 'uname() { echo 7.2.12; }; modules_fit; echo "rc $?"', {
      files: { 'lib/modules/6.1.0/modules.dep': '' },
    });
    expect(run.stdout).toBe('rc 1\n');
    expect(run.kmsg).toEqual(['<3>mnx: init: error: the kernel is 7.2.12, the image has modules for 6.1.0']);
  });
});
