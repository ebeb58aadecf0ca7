import { Command } from 'commander';
import { withOwnFlags } from './completion.ts';
import { MKBOOTIMG_FLAGS } from './mkbootimg-flags.ts';

/** `mnx mkbootimg`: AOSP's flags in, AOSP's bytes out (mkbootimg.py of Android 14). */
export function mkbootimgCommand(): Command {
  const command = new Command('mkbootimg')
    .description("make boot.img and vendor_boot.img with the flags of AOSP's mkbootimg")
    .usage('[AOSP flags] -o boot.img')
    .argument('[flags...]', 'as listed below')
    .allowUnknownOption()
    .addHelpText('after', FLAGS)
    .action(async (args: string[]) => (await import('./mkbootimg-run.ts')).mkbootimg(args));
  return withOwnFlags(command, MKBOOTIMG_FLAGS);
}

const FLAGS = `
Parts:
  --kernel --ramdisk --second --dtb FILE
  --recovery_dtbo FILE, or --recovery_acpio FILE
Numbers, decimal or 0x:
  --header_version --pagesize --base --kernel_offset --ramdisk_offset
  --second_offset --tags_offset --dtb_offset N
Texts:
  --cmdline --vendor_cmdline --board --os_version --os_patch_level TEXT
Output:
  -o, --output FILE    boot image
  --vendor_boot FILE   vendor_boot image, with --header_version 3 or 4
  --id                 print the image id
vendor_boot:
  --vendor_ramdisk --vendor_bootconfig FILE
  for v4 any number of groups that end with the file:
  [--ramdisk_type none|platform|recovery|dlkm|N] --ramdisk_name NAME
  [--board_id0 N ... --board_id15 N] --vendor_ramdisk_fragment FILE

Examples:
  mnx mkbootimg --kernel Image.gz --ramdisk initrd --base 0x80000000 --id -o boot.img
  mnx mkbootimg --header_version 4 --vendor_ramdisk initrd --pagesize 4096 --vendor_boot v.img`;
