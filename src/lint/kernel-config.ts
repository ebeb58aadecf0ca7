import type { Codec } from '../compress/index.ts';
import type { KernelConfig } from '../kernel/index.ts';
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
  readonly option: string;
  readonly level: 'error' | 'warning';
  /** Whether a module is enough. */
  readonly module: boolean;
  readonly why: string;
}

function must(option: string, why: string): Wanted {
  return { option, level: 'error', module: false, why };
}

function should(option: string, why: string): Wanted {
  return { option, level: 'warning', module: true, why };
}

const WANTED: readonly Wanted[] = [
  must('BLK_DEV_INITRD', 'the kernel ignores the ramdisk and panics without a root'),
  must('BINFMT_ELF', 'nothing in the ramdisk can run'),
  must('BINFMT_SCRIPT', '/init is a script: the kernel panics with "No working init found"'),
  must('PROC_FS', 'stage-1 cannot read the command line or its own mounts'),
  must('SYSFS', 'stage-1 finds neither disks nor the USB controller'),
  must('DEVTMPFS', 'there are no device nodes: no console, no disk, no framebuffer'),
  must('PRINTK', 'the kernel keeps no log, and stage-1 has nowhere to write to'),
  must('TTY', 'there is no console and no shell'),
  should('TMPFS', '/run is lost when the root is switched to'),
  should('UNIX98_PTYS', 'an SSH session has no terminal'),
  should('UNIX', 'programs of stage-1 cannot talk to each other or to the log'),
  should('INET', 'there is no network over the cable and no SSH'),
  should('USB_GADGET', 'there is no network over the cable and no SSH'),
  should('CONFIGFS_FS', 'the USB gadget cannot be set up by configfs'),
  should('USB_CONFIGFS', 'the USB gadget cannot be set up by configfs'),
];

/** Android kernels before configfs carry one fixed gadget instead. */
const ANDROID_GADGET = 'USB_G_ANDROID';
const CONFIGFS_GADGET: ReadonlySet<string> = new Set(['CONFIGFS_FS', 'USB_CONFIGFS']);

/**
 * What the kernel's configuration lacks for this ramdisk and for stage-1, with the consequence.
 * @param ramdisk how the ramdisk is compressed.
 */
export function checkKernelConfig(config: KernelConfig, ramdisk: Codec): Finding[] {
  const wanted = WANTED.filter((option) => !isThere(config, option));
  return [...checkRamdiskOption(config, ramdisk), ...wanted.map((one) => lackingFinding(config, one, false))];
}

/** Whether the kernel can expand a ramdisk at all, whoever made it. */
export function checkRamdiskOption(config: KernelConfig, ramdisk: Codec): Finding[] {
  const option = RAMDISK_OPTION[ramdisk];
  if (option === undefined) return [];
  const wanted = must(option, `the kernel cannot expand a ${ramdisk} ramdisk and panics without a root`);
  return isThere(config, wanted) ? [] : [lackingFinding(config, wanted, true)];
}

function lackingFinding(config: KernelConfig, wanted: Wanted, isCodec: boolean): Finding {
  const { option, level, module, why } = wanted;
  const tooLate = config.get(option) === 'm' ? ' (a module is too late)' : '';
  return {
    code: 'lint.kernel-config',
    level,
    what: `the kernel is built without CONFIG_${option}=y${tooLate}`,
    where: `CONFIG_${option}`,
    why,
    todo: isCodec
      ? 'choose a compression that the kernel reads, or set the option'
      : `set CONFIG_${option}=y${module ? ' or =m' : ''} and build the kernel again`,
  };
}

function isThere(config: KernelConfig, { option, module }: Wanted): boolean {
  if (CONFIGFS_GADGET.has(option) && config.get(ANDROID_GADGET) === 'y') return true;
  const value = config.get(option);
  return value === 'y' || (module && value === 'm');
}
