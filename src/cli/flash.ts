import { Command } from 'commander';
import { withBuild } from './build-options.ts';
import { buildAndSend, type SendFlags } from './send.ts';

/** `mnx flash`: build for the boot partition, then `fastboot flash boot`. */
export function flashCommand(): Command {
  return withBuild(new Command('flash'))
    .description(
      'build the boot image of a device, made sure that it fits, and write it to the boot partition; with header version 3 or 4 vendor_boot as well',
    )
    .option('--serial <number>', 'which phone, when several are plugged in')
    .addHelpText(
      'after',
      `
Examples:
  mnx flash --device asus-z00t --root LABEL=rootfs`,
    )
    .action((flags: SendFlags) => buildAndSend(flags, 'flash'));
}
