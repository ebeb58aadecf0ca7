import { statSync } from 'node:fs';
import { MissingError, UsageError } from '../binary/index.ts';
import type { Device, Driver, PackageName } from '../device/index.ts';
import { type PublicKey, parsePublicKeys } from '../initramfs/index.ts';
import { isThemeFolder, THEMES } from '../splash/index.ts';
import { rootNeeds, type Stage2Plan, stage2Plan } from '../stage2/index.ts';
import { type CrashLog, crashLogParameters, parseCrashLog } from './crash-log.ts';
import { deviceNeeds } from './device-needs.ts';
import { type Compression, planCompressions } from './fit.ts';
import type { BuildRequest } from './request.ts';
import { type AvbPlan, planAvb } from './sign.ts';
import { planVendorBoot, type VendorBootPlan } from './vendor-boot.ts';

/** Where the kernel of a build comes from. */
export type KernelPlan =
  | { readonly from: 'package'; readonly package: PackageName }
  | {
      readonly from: 'file';
      readonly path: string;
      readonly modules: string | undefined;
      readonly config: string | undefined;
    }
  | { readonly from: 'tree'; readonly path: string };

/** Where the device tree comes from, and how it stands in the image. */
export type DtbPlan =
  | { readonly from: 'kernel'; readonly name: string }
  | { readonly from: 'files'; readonly paths: readonly string[] }
  | { readonly from: 'qcdt'; readonly path: string }
  /** Behind the user's kernel, as `Image.gz-dtb` has it. */
  | { readonly from: 'appended' }
  /** The emulated machine's own. */
  | { readonly from: 'machine' }
  | { readonly from: 'none' };

/** Who may log in, and why that is so. */
export interface SshPlan {
  readonly on: boolean;
  readonly keys: readonly PublicKey[];
  readonly passwordless: boolean;
  readonly because: string;
  /** File of a private key by which the phone shows who it is; absent: the device's own, of the state folder. */
  readonly hostKey: string | undefined;
}

/** What the panel shows. */
export interface SplashPlan {
  /** File of the user's own. */
  readonly picture: string | undefined;
  /** Name of a shipped theme; absent: the default one. */
  readonly theme?: string;
  readonly banner: string | undefined;
}

/** Where firmware comes from; folders stand before packages. */
export interface FirmwarePlan {
  readonly folders: readonly string[];
  readonly packages: readonly PackageName[];
}

export interface SysrootPlan {
  readonly folder: string;
  readonly programs: readonly string[];
}

/** Every decision of a build, as data: what `--dry-run` shows and what the build follows. */
export interface Plan {
  readonly device: string;
  readonly variant: string | undefined;
  readonly loader: string;
  readonly purpose: 'boot' | 'flash';
  readonly kernel: KernelPlan;
  readonly dtb: DtbPlan;
  readonly drivers: readonly Driver[];
  /** Absent when the user brings a ramdisk. */
  readonly programs: readonly PackageName[];
  readonly ramdisk: string | undefined;
  readonly splash: SplashPlan | undefined;
  readonly ssh: SshPlan;
  readonly stage2: Stage2Plan;
  /** Root that stage-1 will look for: `mnx.root=` of the command line wins. Absent: none, or another's ramdisk. */
  readonly root: string | undefined;
  readonly cmdline: readonly string[];
  readonly headerVersion: number;
  /** What goes into vendor_boot; absent with a header version that has none. */
  readonly vendorBoot: VendorBootPlan | undefined;
  /** Absent: the image gets no AVB footer. */
  readonly avb: AvbPlan | undefined;
  /** How the ramdisk may be compressed: the first that the kernel reads and that fits, or the only one. */
  readonly compressions: readonly Compression[];
  readonly overlay: string | undefined;
  readonly hooks: NonNullable<BuildRequest['hooks']>;
  /** Modules beside those that the device asks for. */
  readonly moreModules: readonly string[];
  readonly firmware: FirmwarePlan;
  /** Programs of a root file system of the user's own. */
  readonly sysroot: SysrootPlan | undefined;
  /** Memory that keeps a crash's log through a reboot. */
  readonly crashLog: CrashLog | undefined;
  readonly release: boolean;
  /** Whether stage-1 opens a shell on the console. */
  readonly debug: boolean;
  /** Android's debug bridge beside the network, where the device has it: `no-debug` says why it stays away. */
  readonly adb: 'inside' | 'no-debug' | undefined;
  /** Step at which the phone starts again. */
  readonly probe: string | undefined;
}

/** Suite of everything but kernels. */
const PROGRAM_SUITE = 'trixie';
const PROGRAMS = ['busybox-static', 'dropbear-bin'] as const;

/** Android's debug bridge: its package, and the program of it. */
export const ADB = { name: 'adbd', program: 'usr/sbin/adbd' } as const;

/** Long enough to read the last lines on a screen. */
const PANIC_SECONDS = 10;

/** Shown on the splash and at log-in of an image that lets anybody in. */
export const PASSWORDLESS_WARNING = 'no password: anyone on the cable is root';

/**
 * Decides a build. Looks at nothing but the request: the same request gives the same plan.
 * @throws UsageError when the request contradicts itself; MissingError when a part has no source.
 */
export function planBuild(request: BuildRequest): Plan {
  const { device } = request;
  refusePrivate(request);
  const kernel = planKernel(request);
  const dtb = planDtb(request);
  const stage2 = stage2Plan(device, given({ root: request.root, method: request.stage2 }));
  const crashLog = request.ramoops === undefined ? undefined : parseCrashLog(request.ramoops);
  const cmdline = [
    ...device.bootimg.cmdline,
    ...earlyConsole(request),
    ...(crashLog === undefined ? [] : crashLogWords(crashLog, request, hasTree(dtb))),
    ...(request.cmdlineAppend ?? []),
  ];
  const adb = planAdb(request);
  const headerVersion = planHeader(request);
  const root = request.ramdisk === undefined ? (rootWord(cmdline) ?? stage2.root) || undefined : undefined;
  return {
    device: device.id,
    variant: device.variant,
    loader: device.loader.id,
    purpose: request.purpose,
    kernel,
    dtb,
    drivers: kernel.from === 'package' ? device.kernel.drivers : [],
    programs:
      request.ramdisk === undefined
        ? planPrograms([
            ...deviceNeeds(device).packages,
            ...(adb === 'inside' ? [ADB.name] : []),
            ...rootNeeds(root).packages,
            ...(request.packages ?? []),
          ])
        : [],
    ramdisk: request.ramdisk,
    splash: planSplash(request),
    ssh: planSsh(request),
    stage2,
    root,
    cmdline,
    headerVersion,
    vendorBoot: planVendorBoot(device, headerVersion, cmdline),
    avb: planAvb(device, headerVersion, request.avbKey),
    compressions: planCompressions(request),
    overlay: request.overlay,
    hooks: request.hooks ?? [],
    moreModules: request.moreModules ?? [],
    firmware: planFirmware(request),
    sysroot: planSysroot(request),
    crashLog,
    release: request.release === true,
    debug: planDebug(request),
    adb,
    probe: request.probe,
  };
}

/** Asked for, or meant: nobody else holds an emulated phone, and `--stage2 shell` is a shell. */
function planDebug({ device, debug, release, stage2 }: BuildRequest): boolean {
  if (release === true) return false;
  return debug === true || device.support.level === 'emulated' || stage2 === 'shell';
}

/** A root shell without a key for whoever holds the cable: only where there is one on the console as well. */
function planAdb(request: BuildRequest): Plan['adb'] {
  const { device, ramdisk } = request;
  if (ramdisk !== undefined || !device.usb.extras.includes('adb')) return undefined;
  return planDebug(request) ? 'inside' : 'no-debug';
}

/**
 * A crash must end in a reboot, or nobody reads its log. Without a tree in the image the kernel is told by
 * parameters where the log is; QEMU's own tree is changed by whoever starts QEMU.
 */
function crashLogWords(
  log: CrashLog,
  { device, cmdlineAppend = [] }: BuildRequest,
  inTree: boolean,
): string[] {
  const words = [...device.bootimg.cmdline, ...cmdlineAppend];
  const reboot = words.some((word) => word.startsWith('panic=')) ? [] : [`panic=${PANIC_SECONDS}`];
  const byTree = inTree || (device.loader.kind === 'direct' && device.arch !== 'x86_64');
  return byTree ? reboot : [...reboot, ...crashLogParameters(log, device.arch)];
}

/** Whether the image carries a tree that can be changed: one of a QCDT's is chosen by the loader. */
function hasTree({ from }: DtbPlan): boolean {
  return from !== 'none' && from !== 'qcdt';
}

/** Empty where the command line takes the root back. */
function rootWord(cmdline: readonly string[]): string | undefined {
  return cmdline.findLast((word) => word.startsWith('mnx.root='))?.slice('mnx.root='.length);
}

/** The early console stays when the real one comes, or a hang between the two would be silent. */
function earlyConsole({ earlycon }: BuildRequest): string[] {
  if (earlycon === undefined) return [];
  return [earlycon === '' ? 'earlycon' : `earlycon=${earlycon}`, 'keep_bootcon'];
}

function given(options: { root: string | undefined; method: BuildRequest['stage2'] }) {
  return {
    ...(options.root === undefined ? {} : { root: options.root }),
    ...(options.method === undefined ? {} : { method: options.method }),
  };
}

/** An image that is shared carries nothing of its maker's and lets nobody in. */
function refusePrivate({ release, debug, ssh, stage2 }: BuildRequest): void {
  if (release !== true) return;
  const found = [
    ssh.files.length > 0 ? 'SSH keys' : undefined,
    ssh.passwordless ? 'passwordless log-in' : undefined,
    ssh.hostKey === undefined ? undefined : 'a private key (--host-key)',
    stage2 === 'shell' ? 'an open shell (--stage2 shell)' : undefined,
    debug === true ? 'open shells (--debug)' : undefined,
  ].filter((item) => item !== undefined);
  if (found.length === 0) return;
  throw new UsageError('recipe.release', `--release refuses ${found.join(' and ')}`, {
    hint: 'Leave them out, or build without --release for your own phone.',
  });
}

/** The device's header version, or the one that the user asked for where the loader reads it. */
function planHeader({ device, headerVersion }: BuildRequest): number {
  const { loader, bootimg } = device;
  const version = headerVersion ?? bootimg.headerVersion;
  if (!loader.headerVersions.includes(version)) {
    throw new UsageError('recipe.header-version', `${loader.name} does not read header version ${version}`, {
      hint: `It reads ${loader.headerVersions.join(', ')}.`,
    });
  }
  return version;
}

function planKernel({ device, kernel, kernelTree, modules, kernelConfig }: BuildRequest): KernelPlan {
  if (kernel !== undefined && kernelTree !== undefined) {
    throw new UsageError('recipe.two-kernels', '--kernel and --kernel-tree name two kernels', {
      hint: 'Give one of them.',
    });
  }
  if (modules !== undefined && kernel === undefined) {
    throw new UsageError('recipe.modules-alone', '--modules names modules of no kernel', {
      hint: 'Give --kernel with it: modules load into the kernel that they were built for, and no other.',
    });
  }
  if (kernelConfig !== undefined && kernel === undefined) {
    throw new UsageError('recipe.config-alone', '--kernel-config is the configuration of no kernel', {
      hint: 'Give --kernel with it; a kernel tree and a package have their own.',
    });
  }
  if (kernelTree !== undefined) return { from: 'tree', path: kernelTree };
  if (kernel !== undefined) return { from: 'file', path: kernel, modules, config: kernelConfig };
  if (device.kernel.package !== undefined) return { from: 'package', package: device.kernel.package };
  const wants = device.bootimg.dtb === 'qcdt' ? '--kernel FILE --dt FILE' : '--kernel FILE';
  throw new MissingError('recipe.no-kernel', `${nameOf(device)} has no packaged kernel`, {
    hint: `Bring your own: mnx bootimg --device ${device.id}${device.variant ? ` --variant ${device.variant}` : ''} ${wants}`,
  });
}

function planDtb(request: BuildRequest): DtbPlan {
  const { device, dtbs = [], dt, kernel } = request;
  const way = device.bootimg.dtb;
  if (way === 'qcdt') return planQcdt(device, dt);
  if (dt !== undefined) {
    throw new UsageError(
      'recipe.no-qcdt',
      `${nameOf(device)} carries its device tree by "${way}", not as a QCDT`,
      {
        hint: 'Use --dtb for a single device tree.',
      },
    );
  }
  if (request.machineDtb !== undefined) return { from: 'machine' };
  if (dtbs.length > 0) return { from: 'files', paths: dtbs };
  if (way === 'none') return { from: 'none' };
  if (kernel !== undefined) return { from: 'appended' };
  if (device.kernel.dtb !== undefined) return { from: 'kernel', name: device.kernel.dtb };
  throw new MissingError('recipe.no-dtb', `no device tree for ${nameOf(device)}`, {
    hint: 'Name one: --dtb FILE.',
  });
}

function planQcdt(device: Device, dt: string | undefined): DtbPlan {
  if (dt !== undefined) return { from: 'qcdt', path: dt };
  throw new MissingError(
    'recipe.no-dt',
    `${nameOf(device)} boots with a QCDT device tree table, and none is named`,
    {
      hint: `Give --dt dt.img: dtbTool makes it from a kernel build, and the phone's own boot.img holds one.`,
    },
  );
}

function nameOf(device: Device): string {
  return device.variant === undefined ? device.id : `${device.id} (variant ${device.variant})`;
}

function planPrograms(packages: readonly string[]): PackageName[] {
  return [...PROGRAMS, ...packages].map((name) => ({ name, suite: PROGRAM_SUITE }));
}

/** @throws UsageError `recipe.sysroot` when one of the two is named without the other */
function planSysroot({ sysroot, programs = [], ramdisk }: BuildRequest): SysrootPlan | undefined {
  if (sysroot === undefined && programs.length === 0) return undefined;
  if (sysroot === undefined || programs.length === 0) {
    throw new UsageError('recipe.sysroot', '--sysroot and --program go together', {
      hint: 'Name the folder of a root file system, and the programs of it: --sysroot target --program evtest. Programs of Debian come by --with PACKAGE.',
    });
  }
  return ramdisk === undefined ? { folder: sysroot, programs } : undefined;
}

/** What has a slash in it, or is a folder here, is one. A ramdisk of the user's own stays as it is. */
function planFirmware({ device, firmware = [], ramdisk }: BuildRequest): FirmwarePlan {
  if (ramdisk !== undefined) return { folders: [], packages: [] };
  const isFolder = (name: string) =>
    name.includes('/') || statSync(name, { throwIfNoEntry: false })?.isDirectory();
  const names = [...firmware.filter((name) => !isFolder(name)), ...device.firmware.packages];
  return {
    folders: firmware.filter(isFolder),
    packages: [...new Set(names)].map((name) => ({ name, suite: PROGRAM_SUITE })),
  };
}

function planSplash({ device, splash, ssh, ramdisk }: BuildRequest): Plan['splash'] {
  if (device.screen === undefined || ramdisk !== undefined) return undefined;
  const banner = ssh.passwordless ? PASSWORDLESS_WARNING : undefined;
  if (splash !== undefined && (THEMES.includes(splash) || isThemeFolder(splash))) {
    return { picture: undefined, theme: splash, banner };
  }
  return { picture: splash, banner };
}

function planSsh({ ssh, ramdisk }: BuildRequest): SshPlan {
  const { files, personal, passwordless, hostKey } = ssh;
  const keys = files.flatMap(({ name, text }) => parsePublicKeys(text, name));
  const names = [...new Set(files.map(({ name }) => name))].join(', ');
  const on = keys.length > 0 || passwordless;
  if (hostKey !== undefined) refuseIdleKey(on, ramdisk);
  if (keys.length > 0) {
    return { on, keys, passwordless, because: personal ? `your own ${names}` : names, hostKey };
  }
  return { on, keys, passwordless, because: passwordless ? '--passwordless' : 'no key was named', hostKey };
}

/** No secret goes into an image that has no use for it. */
function refuseIdleKey(on: boolean, ramdisk: string | undefined): void {
  if (ramdisk !== undefined) {
    throw new UsageError(
      'recipe.host-key-alone',
      '--ramdisk is taken as it is: --host-key has no place in it',
      {
        hint: 'Leave one of them out.',
      },
    );
  }
  if (on) return;
  throw new UsageError('recipe.host-key-alone', '--host-key is for a phone that somebody may log in to', {
    hint: 'Say who: --ssh-key ~/.ssh/id_ed25519.pub. The host key shows them that it is their phone.',
  });
}
