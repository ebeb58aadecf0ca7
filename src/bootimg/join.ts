import { concat } from '../binary/index.ts';
import { appendBootconfig } from './bootconfig.ts';
import type { BootImage } from './image.ts';
import type { VendorBootImage } from './vendor-image.ts';

/**
 * What a loader makes of boot.img and vendor_boot (v3, v4), as one image with the addresses of vendor_boot.
 * The ramdisks of vendor_boot come first, all of them and as they lie there, then that of boot.img, and the
 * boot configuration behind both (ABL LoadAddrAndDTUpdate, U-Boot android_image_get_ramdisk; neither chooses
 * among fragments). The command line is that of vendor_boot, then that of boot.img, so that of equal
 * parameters boot.img's counts (ABL CatCmdLine); U-Boot joins them the other way round.
 */
export function joinImages(boot: BootImage, vendor: VendorBootImage): BootImage {
  const { kernel } = boot.parts;
  const ramdisk = joinedRamdisk(boot, vendor);
  return {
    ...boot,
    addresses: { ...vendor.addresses, second: 0 },
    board: vendor.board,
    cmdline: [vendor.cmdline, boot.cmdline].filter((words) => words !== '').join(' '),
    parts: {
      ...(kernel === undefined ? {} : { kernel }),
      ...(ramdisk.length === 0 ? {} : { ramdisk }),
      ...(vendor.dtb.length === 0 ? {} : { dtb: vendor.dtb }),
    },
  };
}

function joinedRamdisk(boot: BootImage, vendor: VendorBootImage): Uint8Array {
  const ramdisk = concat([
    ...vendor.fragments.map(({ bytes }) => bytes),
    vendor.unlistedRamdisk,
    boot.parts.ramdisk ?? new Uint8Array(),
  ]);
  // Version 3 has no such section, and a loader of it looks for none.
  const configured = boot.headerVersion === 4 && vendor.bootconfig.length > 0;
  return configured ? concat(appendBootconfig(ramdisk, vendor.bootconfig)) : ramdisk;
}
