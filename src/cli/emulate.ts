import { existsSync } from 'node:fs';
import { access, constants, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { MissingError, UsageError } from '../binary/index.ts';
import type { Session } from '../emulate/index.ts';
import type { BuildRequest } from '../recipe/index.ts';
import { type BuildFlags, payloadSource, requestOf, withBuild } from './build-options.ts';
import { portNumber, readInput } from './input-file.ts';
import { attachTerminal, consoleLine } from './serial-terminal.ts';
import { note, paint } from './terminal.ts';

interface EmulateFlags extends BuildFlags {
  readonly image?: string;
  readonly vendorBoot?: string;
  readonly disk?: readonly string[];
  readonly nbd?: string;
  readonly sshPort?: number;
  readonly serial?: string;
  readonly screenshot?: string;
  readonly after?: number;
  readonly display?: boolean;
  readonly reboot?: boolean;
}

/** `mnx emulate`: boot a device's image on the desk. */
export function emulateCommand(): Command {
  return withBuild(new Command('emulate'))
    .description("build a device's boot image, take it apart as its loader would, and boot it in QEMU")
    .option('--image <file>', 'boot this image instead of building one')
    .option('--vendor-boot <file>', 'its vendor_boot, where that is not beside it (header version 3 and 4)')
    .option('--disk <file>', 'a raw disk image (repeatable)', (value, all: string[] = []) => [...all, value])
    .option('--nbd <file>', 'a raw disk image as the root, over the network instead of as a disk')
    .option('--ssh-port <n>', "port on 127.0.0.1 that leads to the phone's SSH", portNumber)
    .option('--serial <file>', 'write the serial console to a file as well')
    .option('--screenshot <file.png>', 'write what the panel shows, then end')
    .option('--after <seconds>', 'when to take the screenshot, instead of when stage-1 is up', number)
    .option('--display', 'open a window')
    .option('--reboot', 'start again when the phone reboots, with its memory kept; without it, end')
    .addHelpText(
      'after',
      `
Examples:
  mnx emulate --device qemu-aarch64
  mnx emulate --device qemu-aarch64 --ssh-key ~/.ssh/id_ed25519.pub --ssh-port 2222
  mnx emulate --device qemu-aarch64 --loader lk2nd-msm8916
  mnx emulate --device qemu-x86_64 --screenshot panel.png
  mnx emulate --device qemu-aarch64 --nbd root.img
  mnx emulate --device qemu-aarch64 --image boot.img --vendor-boot vendor_boot.img
  mnx emulate --device qemu-aarch64 --ramoops 0x7e000000 --reboot

With --nbd, QEMU serves the file to the phone at 10.0.2.100, and the image is built with
--root nbd=10.0.2.100; say --root nbd=10.0.2.100,OPTION for options of the root.

The serial console is this terminal; Ctrl-C ends the machine.`,
    )
    .action(run);
}

function number(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('Not a number.');
  return Number(value);
}

async function run(given: EmulateFlags): Promise<void> {
  const { bootImage, checkMachine, NBD_ADDRESS } = await import('../emulate/index.ts');
  const flags = given.nbd === undefined ? given : { ...given, root: nbdRoot(given.root, NBD_ADDRESS) };
  const { checkOutput } = await import('../output/index.ts');
  const request = await requestOf(flags);
  await checkMachine(request.device);
  checkImages(flags);
  if (flags.screenshot !== undefined) await checkOutput(flags.screenshot);
  for (const disk of [flags.disk ?? [], flags.nbd ?? []].flat()) await checkDisk(disk);
  const serial = flags.serial === undefined ? undefined : await open(flags.serial, 'w');
  const images =
    flags.image === undefined ? await built(flags, request) : await fromFiles(flags, flags.image);
  const signal = awaitSignal();
  try {
    const session = await bootImage({
      device: request.device,
      ...images,
      mode: request.purpose,
      ...(flags.disk === undefined ? {} : { disks: flags.disk }),
      ...(flags.nbd === undefined ? {} : { nbd: flags.nbd }),
      ...(flags.sshPort === undefined ? {} : { sshPort: flags.sshPort }),
      display: flags.display === true,
      reboots: flags.reboot === true,
      ...(await machineTree(request)),
    });
    void signal.came.then(() => session.stop());
    for (const line of greeting(flags, request)) note(line);
    if (serial !== undefined) session.console.pipe(serial.createWriteStream());
    await attend(session, flags);
  } finally {
    signal.forget();
  }
}

/** The root of an image that has its disk from here. Nobody else answers in the emulated phone's network. */
function nbdRoot(root: string | undefined, address: string): string {
  if (root === undefined) return `nbd=${address}`;
  if (!root.startsWith('nbd=') || root.split(',')[0] === `nbd=${address}`) return root;
  throw new UsageError('cli.nbd-root', `${root} is not where the phone finds the file of --nbd`, {
    hint: `Leave out --root, or write --root nbd=${address} with options behind it.`,
  });
}

/** The tree of a machine that QEMU itself loads, when it must say where the crash log is. */
async function machineTree({ device, ramoops }: BuildRequest): Promise<{ machineDtb?: Uint8Array }> {
  if (ramoops === undefined || device.loader.kind !== 'direct' || device.arch === 'x86_64') return {};
  const { machineDtb } = await import('../emulate/index.ts');
  const { parseCrashLog, withCrashLog } = await import('../recipe/index.ts');
  return { machineDtb: withCrashLog(await machineDtb(device), parseCrashLog(ramoops)) };
}

/** What a person at the console must know: whose keys went in, how to log in, how to end it. */
function greeting(
  { device, variant, sshPort }: EmulateFlags,
  { ssh, device: { name } }: BuildRequest,
): string[] {
  const which = `--device ${device}${variant === undefined ? '' : ` --variant ${variant}`}`;
  const open = ssh.files.length > 0 || ssh.passwordless;
  const login = open
    ? `Log in: mnx ssh ${which} --host 127.0.0.1 --port ${sshPort}`
    : 'SSH is off: no key is in the image; give --ssh-key FILE or --passwordless';
  return [
    ...(ssh.personal && open
      ? [`SSH keys in the image: ${ssh.files.map((file) => file.name).join(', ')}`]
      : []),
    ...(sshPort === undefined ? [] : [login]),
    ...(ssh.passwordless ? ['No password: anyone who reaches that port is root'] : []),
    `Booting ${name}; Ctrl-C ends the machine.`,
  ];
}

async function checkDisk(path: string): Promise<void> {
  await access(path, constants.R_OK | constants.W_OK).catch((error: unknown) => {
    throw new MissingError('cli.no-disk', `cannot open the disk ${path}`, {
      hint: `Make an empty one: truncate -s 1G ${path}`,
      cause: error,
    });
  });
}

/** A signal ends the machine, which ends the command; one that comes before the machine is there, too. */
function awaitSignal(): { readonly came: Promise<void>; forget(): void } {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let came: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    came = resolve;
  });
  for (const name of names) process.once(name, came);
  return {
    came: promise,
    forget: () => {
      for (const name of names) process.off(name, came);
    },
  };
}

function checkImages({ image, vendorBoot }: EmulateFlags): void {
  if (vendorBoot === undefined || image !== undefined) return;
  throw new UsageError('cli.vendor-boot', '--vendor-boot goes with --image: a build brings its own', {
    hint: 'Name the image that it belongs to: --image boot.img.',
  });
}

/** What a loader finds on the phone. */
interface Images {
  readonly image: Uint8Array;
  readonly vendorBoot?: Uint8Array;
}

/** An image of the user's, and the vendor_boot that was named, or that a build has put beside it. */
async function fromFiles({ vendorBoot: named }: EmulateFlags, path: string): Promise<Images> {
  const { readBootImage } = await import('../bootimg/index.ts');
  const { vendorBootPath } = await import('../recipe/index.ts');
  const image = await readInput(path);
  const { headerVersion } = readBootImage(image);
  if (headerVersion < 3) {
    if (named === undefined) return { image };
    throw new UsageError(
      'cli.vendor-boot',
      `${path} has header version ${headerVersion}, which has no vendor_boot`,
      {
        hint: 'Leave out --vendor-boot.',
      },
    );
  }
  const file = named ?? vendorBootPath(path);
  if (named === undefined && !existsSync(file)) return { image };
  note(`vendor_boot: ${file}`);
  return { image, vendorBoot: await readInput(file) };
}

/** A phone's loader wants a device tree behind the kernel; the machine itself knows its own. */
async function built(flags: EmulateFlags, request: BuildRequest): Promise<Images> {
  const { machineDtb } = await import('../emulate/index.ts');
  const { build, wholeImages } = await import('../recipe/index.ts');
  const { withProgress } = await import('./progress.ts');
  const ownTree = request.device.loader.kind === 'android' && request.dtbs === undefined;
  const complete = ownTree ? { ...request, machineDtb: await machineDtb(request.device) } : request;
  return withProgress(async (progress) =>
    wholeImages(await build(complete, await payloadSource(flags, progress))),
  );
}

/** Shows the console until the machine ends, the picture is taken, or a person presses Ctrl-C. */
async function attend(session: Session, flags: EmulateFlags): Promise<void> {
  const release = attachTerminal(session, () => void session.stop());
  try {
    if (flags.screenshot !== undefined) await photograph(session, flags.screenshot, flags.after);
    const failure = await session.ended;
    if (failure !== undefined) throw failure;
  } finally {
    release();
  }
}

/** What stage-1 says last; a ramdisk that says something else is photographed after a minute. */
const STAGE1_IS_UP = /mnx: init: (stage-1 stays up|over to)/;
const PATIENCE = 60;

async function photograph(session: Session, path: string, after: number | undefined): Promise<void> {
  const over = session.ended.then(() => true);
  const moment =
    after === undefined ? consoleLine(session, STAGE1_IS_UP, PATIENCE) : sleep(after * 1000, undefined);
  if (await Promise.race([over, moment.then(() => false)])) return;
  const { writeAtomically } = await import('../output/index.ts');
  await writeAtomically(path, [await session.screenshot()]);
  await session.stop();
  note(`${paint('green', 'wrote', process.stderr)} ${path}`);
}
