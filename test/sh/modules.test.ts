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
