import type { Codec } from '../compress/index.ts';
import type { KernelConfig } from '../kernel/index.ts';
import type { RootNeeds } from '../stage2/index.ts';
import type { Finding } from './finding.ts';

/** Option that lets a kernel read a ramdisk of each compression (usr/Kconfig). */
const RAMDISK_OPTION: Readonly<Record<Codec, string | undefined>> = {
  none: undefined,
  gzip: 'RD_GZIP',
  xz: 'RD_XZ',
  zstd: 'RD_ZSTD',
  'lz4-legacy': 'RD_LZ4',
  lz4: 'RD_LZ4',
  lzma: 'RD_LZMA',
  lzo: 'RD_LZO',
  bzip2: 'RD_BZIP2',
};

interface Wanted {
  /** One of them is enough; a finding names the first. */
  readonly options: readonly [string, ...string[]];
  readonly level: Finding['level'];
  /** Whether a module is enough. */
  readonly module: boolean;
  readonly why: string;
  /** The first version that has the option; kernels that never heard of it do what it says. */
  readonly young?: boolean;
  /** Asked only of kernels that have this. */
  readonly with?: string;
}

type More = Partial<Pick<Wanted, 'young' | 'with'>>;

function must(option: string, why: string, more: More = {}): Wanted {
  return { options: [option], level: 'error', module: false, why, ...more };
}

function should(option: Wanted['options'] | string, why: string, more: More = {}): Wanted {
  const options: Wanted['options'] = typeof option === 'string' ? [option] : option;
  return { options, level: 'warning', module: true, why, ...more };
}

/** Gadgets that need no configfs: of Android kernels, and those with one fixed function. */
const OTHER_GADGETS = ['USB_G_ANDROID', 'USB_ETH', 'USB_G_NCM'] as const;

/** Network functions of a gadget, the ones of phone makers and the gadgets with one fixed function included. */
const NETWORK_FUNCTIONS = [
  'USB_CONFIGFS_NCM',
  'USB_CONFIGFS_RNDIS',
  'USB_CONFIGFS_ECM',
  'USB_CONFIGFS_ECM_SUBSET',
  'USB_CONFIGFS_EEM',
  'USB_CONFIGFS_F_GSI',
  'USB_F_GSI',
  ...OTHER_GADGETS,
] as const;

const WANTED: readonly Wanted[] = [
  must('BLK_DEV_INITRD', 'the kernel ignores the ramdisk and panics without a root'),
  must('BINFMT_ELF', 'nothing in the ramdisk can run'),
  // An option since 3.10; before, every kernel ran scripts.
  must('BINFMT_SCRIPT', '/init is a script: the kernel panics with "No working init found"', {
    young: true,
  }),
  must('PROC_FS', 'stage-1 cannot read the command line or its own mounts'),
  must('SYSFS', 'stage-1 finds neither disks nor the USB controller'),
  must('PRINTK', 'the kernel keeps no log, and stage-1 has nowhere to write to'),
  // Since 3.9.
  must('TTY', 'there is no console and no shell', { young: true }),
  // What Debian's armhf is built for.
  must('AEABI', 'no program of Debian armhf can run', { with: 'ARM' }),
  must('VFP', 'every program of Debian armhf dies of an illegal instruction', { with: 'ARM' }),
  must('ARM_THUMB', 'every program of Debian armhf dies of an illegal instruction', {
    with: 'ARM',
    young: true,
  }),
  {
    ...should(
      'DEVTMPFS',
      "stage-1 makes the device nodes by mdev; the real system's systemd does not start without it",
    ),
    module: false,
  },
  { ...should('TMPFS', '/run is lost when the root is switched to'), module: false },
  should('UNIX98_PTYS', 'an SSH session has no terminal'),
  should('UNIX', 'programs of stage-1 cannot talk to each other or to the log'),
  should('INET', 'there is no network over the cable and no SSH'),
  should('PACKET', 'stage-1 cannot answer DHCP: the computer gets no address by itself'),
  // Since 4.1.
  should('MULTIUSER', 'nobody can log in by SSH', { young: true }),
  should('USB_GADGET', 'there is no network over the cable and no SSH'),
  should(['CONFIGFS_FS', ...OTHER_GADGETS], 'the USB gadget cannot be set up by configfs'),
  should(['USB_CONFIGFS', ...OTHER_GADGETS], 'the USB gadget cannot be set up by configfs'),
  should(NETWORK_FUNCTIONS, 'the USB gadget has no network function: there is no SSH over the cable', {
    with: 'USB_GADGET',
  }),
];

/** For whoever looks at the phone. */
const SCREEN: readonly Wanted[] = [
  should(['FB', 'DRM_FBDEV_EMULATION'], 'there is no /dev/fb0: splash and error screens stay dark'),
  // Since 6.6.
  should('FB_DEVICE', 'there is no /dev/fb0: splash and error screens stay dark', { young: true }),
  {
    ...should('FRAMEBUFFER_CONSOLE', 'where no error screen can be drawn, the log is not shown in its place'),
    level: 'note',
  },
];

interface Unwanted {
  readonly option: string;
  readonly level: Finding['level'];
  readonly why: string;
}

const CMDLINE_LOST = "the image's command line counts for nothing: neither console= nor mnx.* is read";

const UNWANTED: readonly Unwanted[] = [
  { option: 'INITRAMFS_FORCE', level: 'error', why: 'the kernel starts its own ramdisk instead of stage-1' },
  { option: 'CMDLINE_FORCE', level: 'warning', why: CMDLINE_LOST },
  { option: 'CMDLINE_OVERRIDE', level: 'warning', why: CMDLINE_LOST },
];

/** What of a kernel's configuration counts for this image. */
export interface ConfigUse {
  /** How the ramdisk is compressed. */
  readonly ramdisk: Codec;
  /** What the way to the root and the like want beside stage-1 itself. */
  readonly needs?: RootNeeds['options'];
  /** Whether the device has a screen that shows something. */
  readonly screen?: boolean;
}

/** What the kernel's configuration lacks for this ramdisk and for stage-1, with the consequence. */
export function checkKernelConfig(
  config: KernelConfig,
  { ramdisk, needs = [], screen = false }: ConfigUse,
): Finding[] {
  const wanted = [
    ...WANTED,
    ...(screen ? SCREEN : []),
    ...needs.map(({ option, why }) => should(option, why)),
  ];
  return [
    ...checkRamdiskOption(config, ramdisk),
    ...wanted.filter((one) => !isThere(config, one)).map((one) => lackingFinding(config, one, false)),
    ...UNWANTED.filter(({ option }) => config.get(option) === 'y').map(unwantedFinding),
  ];
}

/** Whether the kernel can expand a ramdisk at all, whoever made it. */
export function checkRamdiskOption(config: KernelConfig, ramdisk: Codec): Finding[] {
  const option = RAMDISK_OPTION[ramdisk];
  if (option === undefined) return [];
  const wanted = must(option, `the kernel cannot expand a ${ramdisk} ramdisk and panics without a root`);
  return isThere(config, wanted) ? [] : [lackingFinding(config, wanted, true)];
}

function lackingFinding(config: KernelConfig, wanted: Wanted, isCodec: boolean): Finding {
  const { options, level, module, why } = wanted;
  const [option, ...others] = options;
  const tooLate = config.get(option) === 'm' ? ' (a module is too late)' : '';
  const instead = others.length === 0 ? '' : `, nor any of ${others.join(', ')}`;
  return {
    code: 'lint.kernel-config',
    level,
    what: `the kernel is built without CONFIG_${option}=y${tooLate}${instead}`,
    where: `CONFIG_${option}`,
    why,
    todo: isCodec
      ? 'choose a compression that the kernel reads, or set the option'
      : `set CONFIG_${option}=y${module ? ' or =m' : ''} and build the kernel again`,
  };
}

function unwantedFinding({ option, level, why }: Unwanted): Finding {
  return {
    code: 'lint.kernel-config',
    level,
    what: `the kernel is built with CONFIG_${option}=y`,
    where: `CONFIG_${option}`,
    why,
    todo: `take CONFIG_${option} away and build the kernel again`,
  };
}

function isThere(config: KernelConfig, wanted: Wanted): boolean {
  if (wanted.with !== undefined && config.get(wanted.with) !== 'y') return true;
  return wanted.options.some((option) => {
    const value = config.get(option);
    if (value === undefined) return wanted.young === true;
    return value === 'y' || (wanted.module && value === 'm');
  });
}
