import { Command } from 'commander';
import { withBuild } from './build-options.ts';
import { buildAndSend, type SendFlags } from './send.ts';

/** `mnx boot`: build, then `fastboot boot`: nothing on the phone changes. */
export function bootCommand(): Command {
  return withBuild(new Command('boot'))
    .description('build the boot image of a device and start it over USB, without writing anything')
    .option('--serial <number>', 'which phone, when several are plugged in')
    .addHelpText(
      'after',
      `
Examples:
  mnx boot --device asus-z00t
  mnx boot --device asus-z00t --ssh-key ~/.ssh/id_ed25519.pub --serial 0123456789ab

With header version 3 or 4, fastboot sends boot.img alone: kernel, stage-1 and command line. The
loader takes the device tree from the phone's vendor_boot, which \`mnx flash\` writes.`,
    )
    .action((flags: SendFlags) => buildAndSend(flags, 'boot'));
}
