import { alignUp, FormatError, hex, MnxError, startsWith, UsageError } from '../binary/index.ts';
import type { Loader, Part } from '../device/index.ts';
import { FDT, isFdt } from '../devicetree/index.ts';
import { Arm64Header } from '../kernel/index.ts';
import type { BootImage } from './image.ts';
import { joinImages } from './join.ts';
import { type KernelPart, splitKernelPart } from './kernel-part.ts';
import { chooseDtb, fixDtb } from './loader-dtb.ts';
import { Memory, type Region } from './memory.ts';
import { type BootMode, loadOffset } from './plan.ts';
import { refusal } from './refusal.ts';
import { decodeText, encodeText } from './text.ts';
import { readBootImage } from './unpack.ts';
import { readVendorBootImage } from './vendor-boot.ts';

/** What lies where when the loader jumps. */
export interface PlacedImage {
  /** Regions do not overlap and are sorted by address; one name may occur more than once. */
  readonly regions: readonly Region[];
  /** Address that the loader jumps to. */
  readonly entry: number;
  /** Address that it hands over in x0 (r2 on 32 bit). */
  readonly dtbAddress: number;
}

/** Copy order of loaders for which none is recorded: fastboot boot's, where the kernel comes last. */
const USUAL_ORDER: readonly Part[] = ['dtb', 'ramdisk', 'kernel'];

/** Space for the expanded kernel where a loader's download buffer is not known. */
const USUAL_BUFFER = 256 * 1024 * 1024;

/** Space that a loader without recorded slack opens in a device tree (lk2nd DTB_PAD_SIZE). */
const USUAL_SLACK = 1024;

/** Where an arm64 kernel from before 3.17 goes; such a kernel has image_size 0 (booting.rst). */
const TEXT_OFFSET_OLD = 0x80000;

/**
 * Puts an image into memory as the loader does, by the loader's data alone: which header it takes,
 * where the parts go, in which order they are copied, what it then writes into the device tree that
 * it finds at its place.
 *
 * @param bytes the whole boot.img
 * @param vendorBoot the whole vendor_boot.img that the phone has; header version 3 and 4 want it
 * @throws MnxError `bootimg.refused` with the loader's words where it would stop or fail; UsageError
 * `bootimg.loader` for a loader whose addresses are not known
 */
export function placeImage(
  bytes: Uint8Array,
  loader: Loader,
  mode: BootMode,
  vendorBoot?: Uint8Array,
): PlacedImage {
  const image = withVendorBoot(acceptedImage(bytes, loader, mode), loader, vendorBoot);
  const kernel = expandKernel(image, bytes.length, loader);
  const at = addressesOf(image, kernel, loader);
  const contents: Readonly<Record<Part, Uint8Array>> = {
    kernel: kernel.image,
    ramdisk: image.parts.ramdisk ?? new Uint8Array(0),
    dtb: chooseDtb(image, treesBehind(kernel), loader) ?? new Uint8Array(0),
  };
  const memory = new Memory();
  for (const part of loader.placement?.copyOrder[mode] ?? USUAL_ORDER) {
    // The kernel is copied in whole pages.
    const { length } = contents[part];
    checkMapped(part, at[part], part === 'kernel' ? alignUp(length, image.pageSize) : length, loader);
    memory.write(part, at[part], contents[part]);
  }
  if (contents.dtb.length > 0) updateDtb(memory, at, { image, loader });
  return { regions: memory.regions, entry: at.kernel, dtbAddress: at.dtb };
}

/** The checks that come before the first byte is copied (lk2nd cmd_boot, boot_linux_from_mmc). */
function acceptedImage(bytes: Uint8Array, loader: Loader, mode: BootMode): BootImage {
  if (loader.kind === 'direct' || loader.addresses === 'loader') {
    throw new UsageError(
      'bootimg.loader',
      `${loader.name} chooses addresses at run time; they are not known`,
    );
  }
  if (mode === 'boot' && loader.maxDownload !== undefined && bytes.length > loader.maxDownload) {
    throw refusal(loader, `data too large: got ${bytes.length} bytes, it takes ${loader.maxDownload}`);
  }
  const image = readAccepted(bytes, loader);
  if (!loader.headerVersions.includes(image.headerVersion)) {
    throw refusal(loader, `bootimage header fields are invalid: header version ${image.headerVersion}`, {
      hint: `It takes header version ${loader.headerVersions.join(', ')}.`,
    });
  }
  if (loader.maxPageSize !== undefined && image.pageSize > loader.maxPageSize) {
    throw refusal(loader, `Invalid page size: got ${image.pageSize}, it takes up to ${loader.maxPageSize}`);
  }
  return image;
}

/** From version 3 on a loader reads addresses, tree and more from vendor_boot. */
function withVendorBoot(image: BootImage, loader: Loader, vendorBoot: Uint8Array | undefined): BootImage {
  if (image.headerVersion < 3) return image;
  if (vendorBoot === undefined) {
    throw refusal(loader, `a boot image v${image.headerVersion} needs vendor_boot, and there is none`);
  }
  try {
    return joinImages(image, readVendorBootImage(vendorBoot));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw refusal(loader, 'Invalid vendor_boot image header', { cause: error });
  }
}

function readAccepted(bytes: Uint8Array, loader: Loader): BootImage {
  try {
    return readBootImage(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw refusal(loader, 'bootimage header fields are invalid', { cause: error });
  }
}

/** The kernel is expanded into what the image and one more page leave of the download buffer. */
function expandKernel(image: BootImage, imageSize: number, loader: Loader): KernelPart {
  const { kernel } = image.parts;
  if (kernel === undefined) throw refusal(loader, 'the image has no kernel');
  const room = (loader.maxDownload ?? USUAL_BUFFER) - alignUp(imageSize, image.pageSize) - image.pageSize;
  try {
    return splitKernelPart(kernel, { limit: Math.max(room, 0) });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const behind = error.code.startsWith('devicetree.');
    throw refusal(loader, behind ? 'dtb not found' : 'decompressing image failed', { cause: error });
  }
}

/**
 * Device trees that a loader finds behind the kernel. Without gzip it looks for them where the word
 * at 0x2c of a zImage says; an arm64 Image has a zero there, so none is found.
 */
function treesBehind(kernel: KernelPart): readonly Uint8Array[] {
  return kernel.compression === 'none' && isArm64(kernel.image) ? [] : kernel.appended;
}

function isArm64(kernel: Uint8Array): boolean {
  return startsWith(kernel, 'ARM\x64', Arm64Header.offsets.magic);
}

type Addresses = Readonly<Record<Part, number>>;

function addressesOf(image: BootImage, kernel: KernelPart, loader: Loader): Addresses {
  const { placement } = loader;
  if (placement !== undefined) {
    const { base } = placement;
    return {
      kernel: base + forcedOffset(kernel.image),
      ramdisk: base + placement.ramdisk,
      dtb: base + placement.tags,
    };
  }
  const { addresses } = image;
  const section = image.parts.dtb !== undefined;
  return {
    kernel: addresses.kernel,
    ramdisk: addresses.ramdisk,
    dtb: section ? Number(addresses.dtb) : addresses.tags,
  };
}

/** Offset of the kernel from the loader's base (lk2nd update_ker_tags_rdisk_addr). */
function forcedOffset(kernel: Uint8Array): number {
  if (!isArm64(kernel)) return loadOffset({ kind: 'zimage', textOffset: 0 });
  const { imageSize, textOffset } = Arm64Header.read(kernel);
  return imageSize === 0n ? TEXT_OFFSET_OLD : loadOffset({ kind: 'arm64', textOffset: Number(textOffset) });
}

/** Copies go beyond what the loader has mapped only once: that is a data abort. */
function checkMapped(part: Part, address: number, size: number, loader: Loader): void {
  const { placement } = loader;
  if (placement === undefined || size === 0) return;
  const end = address - placement.base + size;
  if (end <= placement.mapped) return;
  throw refusal(
    loader,
    `data abort: the copy of the ${part} ends at +${hex(end)}, memory is mapped up to +${hex(placement.mapped)}`,
  );
}

/** The loader edits what now lies at the tree's place, whoever put it there. */
function updateDtb(
  memory: Memory,
  at: Addresses,
  { image, loader }: { readonly image: BootImage; readonly loader: Loader },
): void {
  const found = treeAt(memory, at.dtb);
  if (found === undefined) {
    throw refusal(loader, 'Invalid device tree header', {
      hint: 'The kernel was copied over the device tree: it is too large for this loader in the plain layout.',
    });
  }
  const cmdline = encodeText(image.cmdline).subarray(0, loader.cmdlineLimit);
  const size = image.parts.ramdisk?.length ?? 0;
  const ramdisk = size === 0 ? undefined : { start: at.ramdisk, end: at.ramdisk + size };
  const fixed = fixDtb(found, { cmdline: decodeText(cmdline), ramdisk }, loader);
  // The tree is opened to this size before it is edited: whatever lies there is overwritten.
  const opened = found.length + (loader.placement?.fdtSlack ?? USUAL_SLACK) + cmdline.length;
  if (fixed.length > opened) {
    throw new MnxError('bootimg.refused', `${loader.name}: the device tree grew beyond ${opened} bytes`);
  }
  const bytes = new Uint8Array(opened);
  bytes.set(fixed);
  memory.write('dtb', at.dtb, bytes);
}

function treeAt(memory: Memory, address: number): Uint8Array | undefined {
  const header = memory.read(address, FDT.HeaderV17.size);
  if (header === undefined || !isFdt(header)) return undefined;
  return memory.read(address, FDT.HeaderV17.read(header).totalSize);
}
