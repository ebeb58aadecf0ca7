import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../binary/index.ts';
import type { RamdiskCodec } from '../device/index.ts';
import type { PayloadContext } from '../payload/index.ts';
import type { BuildRequest } from '../recipe/index.ts';
import type { ProgressLine } from './progress.ts';

/** Those of the device schema; help must not load it. */
export const CODECS = [
  'gzip',
  'none',
  'xz',
  'lzma',
  'zstd',
  'bzip2',
  'lz4-legacy',
] as const satisfies readonly RamdiskCodec[];

/** Options that every command that builds a boot image takes. */
export interface BuildFlags {
  readonly device: string;
  readonly variant?: string;
  readonly loader?: string;
  readonly kernel?: string;
  readonly kernelConfig?: string;
  readonly dtb?: readonly string[];
  readonly dt?: string;
  readonly modules?: string;
  readonly module?: readonly string[];
  readonly firmware?: readonly string[];
  readonly kernelTree?: string;
  readonly ramdisk?: string;
  readonly cmdlineAppend?: readonly string[];
  readonly splash?: string;
  readonly sshKey?: readonly string[];
  readonly hostKey?: string;
  readonly passwordless?: boolean;
  readonly release?: boolean;
  readonly debug?: boolean;
  readonly probe?: string;
  readonly root?: string;
  readonly stage2?: 'switch-root' | 'kexec' | 'shell';
  readonly headerVersion?: number;
  readonly avbKey?: string;
  readonly overlay?: string;
  readonly with?: readonly string[];
  readonly sysroot?: string;
  readonly program?: readonly string[];
  readonly hook?: BuildRequest['hooks'];
  readonly earlycon?: string | true;
  readonly ramoops?: string;
  readonly compression?: BuildRequest['compression'];
  readonly fit?: boolean;
  readonly for?: 'boot' | 'flash';
  readonly force?: boolean;
  readonly locked?: boolean;
  readonly offline?: boolean;
  readonly mirror?: string;
}

/** Adds the device options. */
export function withDevice(command: Command): Command {
  return needDevice(command)
    .option('--device <name|file>', 'a device of `mnx devices`, or a TOML file')
    .option('--variant <name>', "a variant of the device, instead of the file's default");
}

/** Refuses to run without --device, in better words than the parser has. */
export function needDevice(command: Command): Command {
  return command.hook('preAction', (owner, running) => {
    if (running !== owner || running.opts()['device'] !== undefined) return;
    throw new UsageError('cli.no-device', 'no device is named', {
      hint: 'Add --device NAME; `mnx devices` lists them. A TOML file of your own will do as well.',
    });
  });
}

/** Adds the options that say where payloads may come from. */
export function withPayloads(command: Command): Command {
  return command
    .option('--mirror <url>', 'Debian mirror for hosts without apt (also MNX_DEBIAN_MIRROR)')
    .option('--offline', 'use what the cache has, never the network')
    .option('--locked', 'refuse any payload that mnx.lock does not name');
}

/** Adds everything that shapes an image, in the groups that --help shows. */
export function withBuild(command: Command): Command {
  withDevice(command).option('--loader <name>', 'another loader than the device names (devices/loaders)');
  withKernel(command.optionsGroup('Kernel, device tree, modules:'));
  withRamdisk(command.optionsGroup('Ramdisk:'));
  withAccess(command.optionsGroup('Who gets in:'));
  withSystem(command.optionsGroup('The real system:'));
  withImage(command.optionsGroup('Image:'));
  withTraces(command.optionsGroup('A phone that says nothing:'));
  withPayloads(command.optionsGroup('Packages:'));
  return command.optionsGroup('');
}

function withKernel(command: Command): void {
  command
    .option('--kernel <file>', 'a kernel of your own')
    .option('--kernel-config <file>', 'its .config, where it does not carry one (IKCONFIG)')
    .option('--dtb <file>', 'a device tree of your own (repeatable)', collect)
    .option('--dt <file>', 'a QCDT dt.img, for loaders that want one')
    .option('--modules <folder>', 'modules of your kernel (lib/modules/RELEASE)')
    .option('--module <name>', 'a module more, with all it needs: name or alias (repeatable)', collect)
    .option(
      '--firmware <folder|package>',
      'where firmware of the drivers inside comes from (repeatable)',
      collect,
    )
    .option('--kernel-tree <folder>', 'kernel, DTBs, .config and modules of a build tree (O=)');
}

function withRamdisk(command: Command): void {
  command
    .option('--ramdisk <file>', 'a ramdisk of your own instead of stage-1')
    .option('--splash <picture|theme>', 'a picture for the boot splash, a theme folder, or minimal, testcard')
    .option('--overlay <folder>', 'lay a folder over the initramfs')
    .option('--with <package>', "add a Debian package's programs (repeatable)", collect)
    .option('--sysroot <folder>', "a root file system of your own, for the device's processor")
    .option('--program <name|path>', 'a program of it, with its libraries (repeatable)', collect)
    .option('--hook <step:file>', 'a shell file of your own, run behind a step (repeatable)', hook)
    .addOption(compressionOption())
    .option('--fit', 'take the first compression that the kernel reads and that fits the partition');
}

function withAccess(command: Command): void {
  command
    .option('--ssh-key <file>', 'public key that may log in as root (repeatable)', collect)
    .option('--host-key <file>', "the phone's private key, instead of one that is kept for the device")
    .option('--passwordless', 'blank root password: anyone on the cable is root')
    .option('--debug', 'open a shell on the console to whoever holds the phone (emulated devices do)')
    .option('--release', 'refuse keys, passwordless log-in and open shells: an image to be shared');
}

function withSystem(command: Command): void {
  command
    .option(
      '--root <spec>',
      'the root: LABEL=, UUID=, PARTLABEL=, PARTUUID=, /dev path or nbd=; options behind commas',
    )
    .addOption(
      new Option('--stage2 <way>', 'how stage-1 hands over').choices(['switch-root', 'kexec', 'shell']),
    );
}

function withImage(command: Command): void {
  command
    .option('--cmdline-append <words>', 'more kernel parameters (repeatable)', collect)
    .option('--header-version <n>', 'boot image header version', integer)
    .option('--avb-key <file>', 'PEM key: sign the image and fill the boot partition with it (AVB 2)')
    .option('--force', 'build although the checks say that it cannot boot');
}

function withTraces(command: Command): void {
  command
    .option('--probe <step>', 'start again when this step is reached, to find where a silent boot hangs')
    .option('--earlycon [value]', 'kernel messages before any driver; nothing: where the device tree says')
    .option('--ramoops <address[:size]>', "memory that keeps a crash's log through a reboot");
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function hook(value: string, before: BuildFlags['hook'] = []): BuildFlags['hook'] {
  const colon = value.indexOf(':');
  if (colon < 1 || colon === value.length - 1) throw new InvalidArgumentError('It is STEP:FILE.');
  return [...before, { step: value.slice(0, colon), path: value.slice(colon + 1) }];
}

/** `--compression` of whatever makes a ramdisk. */
export function compressionOption(): Option {
  const what = `of the ramdisk: ${CODECS.join(', ')}; levels 1 to 9, zstd to 19`;
  return new Option('--compression <codec[:level]>', what).argParser(compression);
}

function compression(value: string): BuildFlags['compression'] {
  const [, name, level] = /^([\w-]+?)(?::([1-9]|1\d))?$/.exec(value) ?? [];
  const codec = CODECS.find((known) => known === name);
  if (codec === undefined || (codec !== 'zstd' && Number(level ?? 1) > 9)) {
    throw new InvalidArgumentError(`It is one of ${CODECS.join(', ')}, with :1 to :9 (zstd: to :19) behind.`);
  }
  return level === undefined ? { codec } : { codec, level: Number(level) };
}

function integer(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('Not a number.');
  return Number(value);
}

/** Turns flags into a request: loads the device, reads keys, tells whose keys were taken. */
export async function requestOf(
  flags: BuildFlags,
  purpose: 'boot' | 'flash' = 'boot',
): Promise<BuildRequest> {
  const { loadDevice } = await import('../device/index.ts');
  const { sshRequest } = await import('./ssh-keys.ts');
  const device = loadDevice(flags.device, {
    ...(flags.variant === undefined ? {} : { variant: flags.variant }),
    ...(flags.loader === undefined ? {} : { loader: flags.loader }),
  });
  return {
    device,
    ...given({
      kernel: flags.kernel,
      kernelConfig: flags.kernelConfig,
      dtbs: flags.dtb,
      dt: flags.dt,
      modules: flags.modules,
      moreModules: flags.module,
      firmware: flags.firmware,
      kernelTree: flags.kernelTree,
      ramdisk: flags.ramdisk,
      cmdlineAppend: flags.cmdlineAppend?.flatMap((words) => words.split(/\s+/).filter(Boolean)),
      splash: flags.splash,
      release: flags.release,
      debug: flags.debug,
      probe: flags.probe,
      root: flags.root,
      stage2: flags.stage2,
      headerVersion: flags.headerVersion,
      avbKey: flags.avbKey,
      overlay: flags.overlay,
      packages: flags.with,
      sysroot: flags.sysroot,
      programs: flags.program,
      hooks: flags.hook,
      earlycon: flags.earlycon === true ? '' : flags.earlycon,
      ramoops: flags.ramoops,
      compression: flags.compression,
      fit: flags.fit,
      force: flags.force,
    }),
    ssh: await sshRequest({
      files: flags.sshKey ?? [],
      deviceKeys: device.ssh.keys,
      passwordless: flags.passwordless === true,
      hostKey: flags.hostKey,
      release: flags.release === true,
    }),
    purpose: flags.for ?? purpose,
  };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what was not said, as exactOptionalPropertyTypes wants it. */
function given<T extends Record<string, unknown>>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}

/** Where payloads come from, as the flags and the environment say. */
export async function payloadSource(
  flags: BuildFlags,
  progress: ProgressLine,
  { refresh = false }: { refresh?: boolean } = {},
): Promise<PayloadContext> {
  const { payloadContext } = await import('../payload/index.ts');
  const mirror = flags.mirror ?? process.env['MNX_DEBIAN_MIRROR'];
  return payloadContext({
    ...(mirror === undefined ? {} : { mirror }),
    offline: flags.offline === true,
    locked: flags.locked === true,
    refresh,
    onProgress: (state) => progress.update(state),
  });
}
