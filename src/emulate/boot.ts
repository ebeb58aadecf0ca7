import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { placeImage, readBootImage, splitKernelPart } from '../bootimg/index.ts';
import type { Device } from '../device/index.ts';
import { readFdt, writeFdt } from '../devicetree/index.ts';
import { checkMachine, emulatorOf, type MachineOptions, machineArguments, qemuProgram } from './machine.ts';
import { Session, scratchFolder } from './session.ts';
import { entryStub } from './stub.ts';

/** Largest kernel that is expanded for QEMU. */
const KERNEL_LIMIT = 256 * 1024 * 1024;

/** A boot of one image on one emulated phone. */
export interface BootOptions extends MachineOptions {
  readonly device: Device;
  /** A whole boot.img; it is read and taken apart as the device's loader would. */
  readonly image: Uint8Array;
  /** Which of the loader's two ways is walked: `fastboot boot`, or from the partition. */
  readonly mode?: 'boot' | 'flash';
  /** Device tree that QEMU hands over instead of its own; for devices that QEMU itself loads. */
  readonly machineDtb?: Uint8Array;
}

/**
 * Boots an image: the loader's rules decide where its parts lie, then QEMU starts with them.
 *
 * @throws MnxError as the loader would refuse it, and as {@link checkMachine}
 */
export async function bootImage(options: BootOptions): Promise<Session> {
  const { device } = options;
  await checkMachine(device);
  const program = await qemuProgram(device);
  const folder = await scratchFolder();
  try {
    const parts =
      device.loader.kind === 'direct' ? await direct(options, folder) : await placed(options, folder);
    return await Session.start({
      program,
      folder,
      arguments: [...machineArguments(device, options), ...parts],
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** QEMU is the loader: it takes kernel, ramdisk and command line as they stand in the image. */
async function direct({ image, machineDtb }: BootOptions, folder: string): Promise<string[]> {
  const { parts, cmdline } = readBootImage(image);
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
async function placed({ device, image, mode = 'boot' }: BootOptions, folder: string): Promise<string[]> {
  const memory = placeImage(image, device.loader, mode);
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
