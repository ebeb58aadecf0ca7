import { MnxError, UsageError } from '../binary/index.ts';
import {
  type BootImage,
  flatten,
  type ImageContentOfKind,
  joinImages,
  openImage,
  type VendorBootImage,
} from '../bootimg/index.ts';
import type { Loader } from '../device/index.ts';
import { checkAsKernel, type KernelView } from '../initramfs/index.ts';
import { checkCmdline } from './cmdline.ts';
import type { Finding } from './finding.ts';

/** COMMAND_LINE_SIZE of arm64 and x86 kernels is 2048. */
const KERNEL_LIMIT = { name: 'the kernel', cmdlineLimit: 2047 };

/** Whose rules the two are held against. */
export interface PairJudge {
  readonly loader: Pick<Loader, 'name' | 'cmdlineLimit'> | undefined;
  /** Parameters that the device file keeps off. */
  readonly forbidden: readonly string[];
}

/**
 * What goes wrong with boot.img and a vendor_boot together that neither shows alone: the ramdisks that the
 * kernel gets as one, the command line of both, versions that differ.
 * @param vendorBoot a vendor_boot.img, wrapped or sparse as it may be
 * @throws UsageError `lint.vendor-boot` when the two cannot be a pair; FormatError for damage
 */
export async function checkPair(
  content: ImageContentOfKind,
  vendorBoot: Uint8Array,
  judge: PairJudge,
): Promise<Finding[]> {
  const boot = bootOf(content);
  const vendor = vendorOf(vendorBoot);
  const joined = joinImages(boot, { ...vendor, bootconfig: new Uint8Array() });
  return [
    ...versionFindings(boot, vendor),
    ...cmdlineFindings(boot, joined, judge),
    ...(await ramdiskFindings(boot, joined)),
  ];
}

function bootOf({ kind, image }: ImageContentOfKind): BootImage {
  if (kind === 'boot' && image.headerVersion >= 3) return image;
  throw new UsageError(
    'lint.vendor-boot',
    'only a boot image of header version 3 or 4 goes with a vendor_boot',
    {
      hint: 'Verify each file by itself.',
    },
  );
}

function vendorOf(bytes: Uint8Array): VendorBootImage {
  const { kind, image } = openImage(flatten(bytes).bytes).content;
  if (kind === 'vendor') return image;
  throw new UsageError('lint.vendor-boot', 'what was named as vendor_boot is a boot image', {
    hint: 'Name the vendor_boot.img of the phone, or the one beside the image.',
  });
}

function versionFindings(boot: BootImage, vendor: VendorBootImage): Finding[] {
  if (boot.headerVersion === vendor.headerVersion) return [];
  return [
    {
      code: 'lint.pair-version',
      level: 'warning',
      what: `boot.img has header version ${boot.headerVersion}, vendor_boot ${vendor.headerVersion}`,
      where: 'vendor_boot',
      why: "loaders read vendor_boot by the version of boot.img (ABL): a boot configuration is lost, or the padding of version 3 read as version 4's fields",
      todo: `build with --header-version ${vendor.headerVersion}, or write the vendor_boot that goes with the image`,
    },
  ];
}

/** Of the command line of both, what that of boot.img does not bring by itself. */
function cmdlineFindings(
  boot: BootImage,
  joined: BootImage,
  { loader = KERNEL_LIMIT, forbidden }: PairJudge,
): Finding[] {
  const check = (cmdline: string) => checkCmdline({ cmdline, loader, layout: 'header', forbidden });
  const own = new Set(check(boot.cmdline).map(({ code, what }) => `${code} ${what}`));
  return check(joined.cmdline)
    .filter(({ code, what }) => !own.has(`${code} ${what}`))
    .map((finding) => ({ ...finding, where: 'cmdline with vendor_boot' }));
}

async function ramdiskFindings(boot: BootImage, joined: BootImage): Promise<Finding[]> {
  const own = boot.parts.ramdisk ?? new Uint8Array();
  const all = joined.parts.ramdisk ?? own;
  if (all.length === own.length) return [];
  try {
    const [alone, both] = [await checkAsKernel(own), await checkAsKernel(all)];
    if (alone.stopped !== undefined) return [];
    if (both.stopped !== undefined) return [stoppedFinding(both.stopped, all.length - own.length)];
    const known = new Set(alone.lost.map(({ path }) => path));
    const lost = both.lost.filter(({ path }) => !known.has(path));
    return lost.length === 0 ? [] : [lostFinding(lost)];
  } catch (error) {
    // What is damaged, or cannot be expanded here, is told by the check of each file.
    if (error instanceof MnxError) return [];
    throw error;
  }
}

function stoppedFinding({ offset, reason }: NonNullable<KernelView['stopped']>, first: number): Finding {
  return {
    code: 'lint.pair-ramdisk',
    level: 'error',
    what: `the kernel would stop at byte ${offset} of both ramdisks, of which the first ${first} are vendor_boot's: ${reason}`,
    where: 'ramdisk with vendor_boot',
    why: 'it gets them as one; stage-1 is never unpacked, and without /init the kernel panics',
    todo: 'behind lz4 only lz4 is read: build with --compression lz4-legacy; or write a vendor_boot without a ramdisk, as mnx makes it',
  };
}

function lostFinding(lost: KernelView['lost']): Finding {
  const [first] = lost;
  return {
    code: 'lint.pair-lost',
    level: 'warning',
    what: `the kernel would lose ${lost.length} entries of the ramdisks of both, the first ${first?.path}: ${first?.reason}`,
    where: 'ramdisk with vendor_boot',
    why: 'the ramdisk of vendor_boot is unpacked first, and what is in the way stays',
    todo: 'write a vendor_boot without a ramdisk, as mnx makes it',
  };
}
