import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../binary/index.ts';
import {
  joinImages,
  placeImage,
  readBootImage,
  readVendorBootImage,
  splitKernelPart,
} from '../bootimg/index.ts';
import type { Device } from '../device/index.ts';
import { readFdt, writeFdt } from '../devicetree/index.ts';
import { checkMachine, emulatorOf, type MachineOptions, machineArguments, qemuProgram } from './machine.ts';
import { nbdForward } from './nbd.ts';
import { Session, scratchFolder } from './session.ts';
import { entryStub } from './stub.ts';

/** Largest kernel that is expanded for QEMU. */
const KERNEL_LIMIT = 256 * 1024 * 1024;

/** A boot of one image on one emulated phone. */
export interface BootOptions extends MachineOptions {
  readonly device: Device;
  /** A whole boot.img; it is read and taken apart as the device's loader would. */
  readonly image: Uint8Array;
  /** The vendor_boot.img that the phone has, for an image of header version 3 or 4. */
  readonly vendorBoot?: Uint8Array;
  /** Which of the loader's two ways is walked: `fastboot boot`, or from the partition. */
  readonly mode?: 'boot' | 'flash';
  /** Device tree that QEMU hands over instead of its own; for devices that QEMU itself loads. */
  readonly machineDtb?: Uint8Array;
  /** A raw disk image that the phone reaches over its network, at {@link NBD_ADDRESS}. */
  readonly nbd?: string;
}

/**
 * Boots an image: the loader's rules decide where its parts lie, then QEMU starts with them.
 *
 * @throws MnxError as the loader would refuse it, and as {@link checkMachine}; UsageError
 *   `emulate.no-network` where a disk is to be served to a device without a wired interface
 */
export async function bootImage(options: BootOptions): Promise<Session> {
  const { device, nbd } = options;
  await checkMachine(device);
  if (nbd !== undefined && device.usb.wired === undefined) {
    throw new UsageError('emulate.no-network', `${device.id} has no network that leads to the computer`, {
      hint: 'Give its [usb] table a wired interface, as devices/families/qemu.toml does.',
    });
  }
  const program = await qemuProgram(device);
  const folder = await scratchFolder();
  try {
    const parts =
      device.loader.kind === 'direct' ? await direct(options, folder) : await placed(options, folder);
    const forwards = nbd === undefined ? {} : { forwards: [nbdForward(folder)] };
    const machine = machineArguments(device, { ...options, ...forwards });
    const session = await Session.start({ program, folder, arguments: [...machine, ...parts] });
    if (nbd !== undefined) await session.serve(nbd);
    return session;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * QEMU is the loader: it takes kernel, ramdisk and command line as they stand in the image, or in the two
 * that belong together.
 */
async function direct({ image, vendorBoot, machineDtb }: BootOptions, folder: string): Promise<string[]> {
  const boot = readBootImage(image);
  const { parts, cmdline } =
    vendorBoot === undefined ? boot : joinImages(boot, readVendorBootImage(vendorBoot));
  const kernel = splitKernelPart(parts.kernel ?? new Uint8Array(), { limit: KERNEL_LIMIT });
  const file = (name: string) => join(folder, name);
  await writeFile(file('kernel'), kernel.image);
  const args = ['-kernel', file('kernel'), '-append', cmdline];
  if (machineDtb !== undefined) {
    await writeFile(file('dtb'), machineDtb);
    args.push('-dtb', file('dtb'));
  }
  if (parts.ramdisk !== undefined) {
    await writeFile(file('ramdisk'), parts.ramdisk);
    args.push('-initrd', file('ramdisk'));
  }
  return args;
}

/** A phone's loader places the parts; QEMU finds memory as the loader leaves it and jumps. */
async function placed(options: BootOptions, folder: string): Promise<string[]> {
  const { device, image, vendorBoot, mode = 'boot' } = options;
  const memory = placeImage(image, device.loader, mode, vendorBoot);
  const stub = entryStub(memory.entry, memory.dtbAddress);
  const regions = [...memory.regions, { name: 'entry', address: stubAddress(device), bytes: stub }];
  const args: string[] = [];
  for (const [index, region] of regions.entries()) {
    const file = join(folder, `region${index}`);
    await writeFile(file, region.bytes);
    args.push('-device', `loader,file=${file},addr=0x${region.address.toString(16)},force-raw=on`);
  }
  return [...args, '-device', `loader,addr=0x${stubAddress(device).toString(16)},cpu-num=0`];
}

const MIB = 1024 * 1024;
/** Where QEMU's `virt` board has its memory (hw/arm/virt.c, VIRT_MEM). */
const VIRT_MEMORY = 0x4000_0000;

/** The last MiB of memory: no loader reaches it. */
function stubAddress(device: Device): number {
  return VIRT_MEMORY + (emulatorOf(device).memory - 1) * MIB;
}

/**
 * The machine's own device tree, without the seeds that change from run to run: what a phone's
 * loader finds appended to the kernel.
 *
 * @throws MissingError `emulate.no-qemu`
 */
export async function machineDtb(device: Device): Promise<Uint8Array> {
  const program = await qemuProgram(device);
  const folder = await scratchFolder();
  const file = join(folder, 'machine.dtb');
  const extra = `,dtb-randomness=off,dumpdtb=${file}`;
  try {
    await promisify(execFile)(program, machineArguments(device, {}, extra));
    // QEMU leaves nearly 1 MiB of room in it.
    return writeFdt(readFdt(new Uint8Array(await readFile(file))), { slack: 0 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
