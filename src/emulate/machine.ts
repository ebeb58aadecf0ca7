import { MissingError, UsageError } from '../binary/index.ts';
import type { Arch, Device, Emulator } from '../device/index.ts';
import { findProgram, type HostProgram } from '../payload/index.ts';

/** The emulator of each architecture. */
export const QEMU: Readonly<Record<Arch, HostProgram>> = {
  aarch64: { program: 'qemu-system-aarch64', debianPackage: 'qemu-system-arm' },
  armv7: { program: 'qemu-system-arm', debianPackage: 'qemu-system-arm' },
  x86_64: { program: 'qemu-system-x86_64', debianPackage: 'qemu-system-x86' },
};

/**
 * x86 kernels patch their own code while other processors run it, by way of a breakpoint. Where each
 * processor is a thread, QEMU lets one meet a breakpoint that is gone: one boot in some hundred panics
 * ("Fatal exception in interrupt", its code 0f 1f 44 00 00).
 */
const ONE_THREAD = 'tcg,thread=single';

/** What the machine is given beside the parts of the boot image. */
export interface MachineOptions {
  /** Raw disk images, in order; they appear as virtio disks vda, vdb, ... */
  readonly disks?: readonly string[];
  /** Port on 127.0.0.1 that leads to port 22 of the phone's gadget address. */
  readonly sshPort?: number;
  /** Further forwards of the user network, as its `hostfwd=` and `guestfwd=` are written. */
  readonly forwards?: readonly string[];
  /** Opens a window instead of running headless. */
  readonly display?: boolean;
  /** Virtual time that depends on executed instructions alone; for comparing boot times. */
  readonly icount?: boolean;
  /** A reboot of the phone starts it again with its memory kept; otherwise it ends the machine. */
  readonly reboots?: boolean;
}

/** The QEMU program for a device. @throws MissingError `emulate.no-qemu` with the Debian package that has it. */
export async function qemuProgram({ arch }: Device): Promise<string> {
  const { program, debianPackage } = QEMU[arch];
  const file = await findProgram(program);
  if (file !== undefined) return file;
  throw new MissingError('emulate.no-qemu', `${program} is not installed`, {
    hint: `Install the Debian package ${debianPackage}.`,
  });
}

/**
 * Says before a long build whether the device can be emulated here.
 * @throws UsageError `emulate.no-machine` for a device without a machine, `emulate.loader` for a loader
 *   whose rules are not emulated; MissingError `emulate.no-qemu`
 */
export async function checkMachine(device: Device): Promise<void> {
  emulatorOf(device);
  if (device.loader.kind !== 'direct' && device.arch !== 'aarch64') {
    throw new UsageError('emulate.loader', `loader ${device.loader.id} is emulated on aarch64 only`);
  }
  await qemuProgram(device);
}

/** The device's emulated machine. @throws UsageError when the device has none. */
export function emulatorOf(device: Device): Emulator {
  if (device.emulator === undefined) {
    throw new UsageError('emulate.no-machine', `${device.id} has no emulated machine`, {
      hint: 'Use a device with an [emulator] table, such as qemu-aarch64 or qemu-x86_64.',
    });
  }
  return device.emulator;
}

/** QEMU arguments of the machine itself: board, processors, memory, devices; always TCG. */
export function machineArguments(device: Device, options: MachineOptions, machineExtra = ''): string[] {
  const emulator = emulatorOf(device);
  return [
    ['-machine', `${emulator.machine}${machineExtra}`],
    ['-accel', device.arch === 'x86_64' ? ONE_THREAD : 'tcg'],
    ['-cpu', emulator.cpu],
    ['-smp', String(emulator.cpus)],
    ['-m', String(emulator.memory)],
    ['-nodefaults', '-no-user-config'],
    options.reboots === true ? [] : ['-no-reboot'],
    ...emulator.devices.map((value) => ['-device', fillIn(value, device)]),
    ...(options.disks ?? []).flatMap(diskArguments),
    ...networkArguments(device, options),
    options.display === true ? [] : ['-display', 'none'],
    options.icount === true ? ['-icount', 'shift=1,sleep=off'] : [],
  ].flat();
}

function fillIn(value: string, device: Device): string {
  return value
    .replaceAll('{width}', String(device.screen?.width ?? 0))
    .replaceAll('{height}', String(device.screen?.height ?? 0));
}

/** A comma in a file name is doubled, as QEMU's option parser wants it. */
function diskArguments(path: string, index: number): string[][] {
  const id = `disk${index}`;
  return [
    ['-drive', `if=none,id=${id},format=raw,file=${path.replaceAll(',', ',,')}`],
    ['-device', `virtio-blk-pci,drive=${id},serial=${id}`],
  ];
}

/** The wired interface is there only to carry forwards: SSH's to the gadget's address, a disk's to the computer. */
function networkArguments(device: Device, { sshPort, forwards = [] }: MachineOptions): string[][] {
  if (device.usb.wired === undefined) return [];
  const ssh = sshPort === undefined ? [] : [`hostfwd=tcp:127.0.0.1:${sshPort}-${device.usb.address}:22`];
  return [
    ['-netdev', ['user,id=wired,restrict=on', ...ssh, ...forwards].join(',')],
    ['-device', 'virtio-net-pci,netdev=wired,romfile='],
  ];
}
