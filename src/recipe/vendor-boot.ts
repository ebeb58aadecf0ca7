import { extname } from 'node:path';
import { sha256, UsageError, utf8 } from '../binary/index.ts';
import { type VendorBootImage, vendorBootImageOf, writeVendorBootImage } from '../bootimg/index.ts';
import type { BootimgSpec, Device } from '../device/index.ts';
import type { PartFact } from './manifest.ts';

/** What goes into vendor_boot beside the device trees. */
export interface VendorBootPlan {
  readonly headerVersion: 3 | 4;
  /** Bytes. */
  readonly pageSize: number;
  /** Kernel parameters, beside those of boot.img. */
  readonly cmdline: readonly string[];
  /** Lines of the boot configuration. */
  readonly bootconfig: readonly string[];
}

/** A packed vendor_boot with the facts of its parts. */
export interface PackedVendorBoot {
  /** What the pieces say, without the footer of a signed one. */
  readonly image: VendorBootImage;
  readonly pieces: readonly Uint8Array[];
  readonly parts: readonly PartFact[];
}

/** Loaders that take the header for one page (U-Boot) read what is behind one of 2048 bytes wrongly. */
const SMALLEST_PAGE = 4096;

/** Makes the kernel look for a boot configuration behind its initrd (Documentation/admin-guide/bootconfig.rst). */
const BOOTCONFIG_WORD = 'bootconfig';

/**
 * Decides what of a build goes into vendor_boot: what belongs to the phone and seldom changes, the device
 * trees and the boot configuration. Kernel, stage-1 and the whole command line go into boot.img, because
 * `fastboot boot` sends that one alone, and the loader takes vendor_boot from the phone (ABL, CmdBoot): so a
 * new kernel, stage-1 or parameter is started without writing anything. Loaders differ in which of the two
 * command lines comes last (ABL: boot.img's, U-Boot: vendor_boot's), so no parameter stands in both.
 * There is no vendor ramdisk: it would be one more stage-1 to keep in step.
 * @returns undefined with a header version that has no vendor_boot
 * @throws UsageError `recipe.bootconfig` when the device's boot configuration has no place
 */
export function planVendorBoot(
  { bootimg, loader }: Device,
  headerVersion: number,
  cmdline: readonly string[],
): VendorBootPlan | undefined {
  const { bootconfig, pageSize } = bootimg;
  if (bootconfig.length > 0 && headerVersion !== 4) {
    throw new UsageError(
      'recipe.bootconfig',
      `header version ${headerVersion} carries no boot configuration`,
      {
        hint: 'Build with --header-version 4, or take bootconfig out of [bootimg] of the device file.',
      },
    );
  }
  if (headerVersion !== 3 && headerVersion !== 4) return undefined;
  // From version 4 on, a phone's loader puts its own words (androidboot.*) there and nowhere else.
  const wanted = headerVersion === 4 && (bootconfig.length > 0 || loader.kind === 'android');
  return {
    headerVersion,
    pageSize: Math.max(pageSize, SMALLEST_PAGE),
    cmdline: wanted && !cmdline.includes(BOOTCONFIG_WORD) ? [BOOTCONFIG_WORD] : [],
    bootconfig,
  };
}

/** Packs vendor_boot: load addresses of the device, its trees one behind the other, no ramdisk. */
export function packVendorBoot(
  plan: VendorBootPlan,
  spec: BootimgSpec,
  { dtbs, treeName }: { readonly dtbs: readonly Uint8Array[]; readonly treeName: string },
): PackedVendorBoot {
  const { headerVersion, pageSize, cmdline } = plan;
  const bootconfig = utf8(plan.bootconfig.map((line) => `${line}\n`).join(''));
  const image = vendorBootImageOf(
    { ...spec, headerVersion, pageSize },
    { cmdline: cmdline.join(' '), fragments: [], dtb: Buffer.concat(dtbs), bootconfig },
  );
  return {
    image,
    pieces: writeVendorBootImage(image),
    parts: [
      part('dtb', image.dtb, treeName),
      part('bootconfig', bootconfig, `${plan.bootconfig.length} lines`),
    ].filter(({ size }) => size > 0),
  };
}

function part(name: string, bytes: Uint8Array, note: string): PartFact {
  return { name, image: 'vendor_boot', size: bytes.length, sha256: sha256(bytes), note };
}

/** Where vendor_boot of an image goes, beside it: `boot-vendor_boot.img` of `boot.img`. */
export function vendorBootPath(path: string): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-vendor_boot${extension}`;
}
