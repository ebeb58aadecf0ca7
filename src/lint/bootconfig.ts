import type { Loader } from '../device/index.ts';
import type { KernelConfig } from '../kernel/index.ts';
import type { Finding } from './finding.ts';

/** What of a build with header version 4 the boot configuration is held against. */
export interface BootconfigUse {
  readonly loader: Pick<Loader, 'headerVersions'>;
  /** Lines of the device's own. */
  readonly lines: readonly string[];
}

/**
 * Whether the kernel reads the boot configuration. Up to header version 3 a loader puts its words
 * (androidboot.*) on the command line, from 4 on there (ABL, UpdateCmdLine.c). A kernel without the option cuts the
 * configuration off and says nothing (init/main.c, setup_boot_config).
 */
export function checkBootconfig(config: KernelConfig, { loader, lines }: BootconfigUse): Finding[] {
  if (config.get('BOOT_CONFIG') === 'y') return [];
  const build = 'set CONFIG_BOOT_CONFIG=y and build the kernel again';
  const older = lines.length === 0 ? '' : ', with the words of bootconfig on the command line';
  return [
    {
      code: 'lint.bootconfig',
      level: 'warning',
      what: 'the kernel is built without CONFIG_BOOT_CONFIG=y: it reads no boot configuration',
      where: 'CONFIG_BOOT_CONFIG',
      why: 'from header version 4 on an Android loader tells slot and serial number there and nowhere else: stage-1 knows neither, nor what the device file has put there',
      todo: loader.headerVersions.includes(3) ? `build with --header-version 3${older}, or ${build}` : build,
    },
  ];
}
