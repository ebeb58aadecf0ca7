/**
 * lk2nd's way from a boot image to the jump into Linux, written down a second time from its sequence
 * of steps (app/aboot/aboot.c cmd_boot and boot_linux_from_mmc, platform/msm_shared/dev_tree.c,
 * lib/zlib_inflate/decompress.c at 6752fb8), so that the packer is judged by something that shares
 * no code with it. Left out: lk2nd's device tree handlers and the kaslr seed.
 */
import { inflateRawSync } from 'node:zlib';
import { FlatTree } from './flat-tree.ts';

/** Constants of one build of lk2nd. Offsets from `base`, sizes in bytes. */
export interface Platform {
  readonly base: number;
  /** ABOOT_FORCE_KERNEL64_ADDR. */
  readonly kernel64: number;
  /** ABOOT_FORCE_TAGS_ADDR. */
  readonly tags: number;
  /** ABOOT_FORCE_RAMDISK_ADDR. */
  readonly ramdisk: number;
  /** What the MMU has from `base` on. */
  readonly mapped: number;
  /** target_get_max_flash_size(). */
  readonly scratch: number;
  readonly banks: readonly { readonly start: number; readonly size: number }[];
}

export const MSM8916: Platform = {
  base: 0x80000000,
  kernel64: 0x80000,
  tags: 0x1e00000,
  ramdisk: 0x2000000,
  mapped: 90 * 1024 * 1024,
  scratch: 0x10000000,
  banks: [
    { start: 0x80000000, size: 0x40000000 },
    { start: 0xc0000000, size: 0x40000000 },
  ],
};

export const MSM8953: Platform = { ...MSM8916, tags: 0x3400000, ramdisk: 0x3600000 };

/** What fastboot answers FAIL with. */
export class FastbootFail extends Error {}
/** ASSERT(0), panic, reboot. */
export class Panic extends Error {}
/** An access outside of what the MMU maps. */
export class DataAbort extends Error {}

/** The state at the jump. */
export interface Handover {
  readonly pc: number;
  readonly x0: number;
  /** Memory from `base` on; what nobody wrote is 0xa5. */
  readonly memory: Uint8Array;
  readonly base: number;
}

const PAD = 1024; // DTB_PAD_SIZE
const CMDLINE = 512; // BOOT_ARGS_SIZE

interface Header {
  readonly kernelSize: number;
  readonly ramdiskSize: number;
  readonly secondSize: number;
  readonly pageSize: number;
  readonly dtSize: number;
  readonly cmdline: string;
}

/** `fastboot boot`: the whole image is in the scratch memory. */
export function cmdBoot(image: Uint8Array, platform: Platform): Handover {
  const header = readHeader(image);
  const actual = imageActual(header);
  if (actual > image.length) throw new FastbootFail('bootimage header fields are invalid');
  if (platform.scratch - header.pageSize < actual) {
    throw new FastbootFail('booimage: size is greater than boot image buffer can hold');
  }
  const ram = new Ram(platform);
  const kernel = loadKernel(image, header, platform);
  placeDtb(image, header, kernel, ram, platform);
  ram.copy(platform.ramdisk, ramdiskOf(image, header));
  ram.copy(kernel.destination, kernel.bytes);
  return bootLinux(header, kernel, ram, platform);
}

/** The same image from a partition of which lk2nd keeps the first 512 KiB. */
export function bootFromPartition(image: Uint8Array, partitionSize: number, platform: Platform): Handover {
  if (Buffer.from(image.subarray(0, 8)).toString('latin1') !== 'ANDROID!') {
    throw new Panic('Invalid boot image header');
  }
  const header = readHeader(image);
  if (header.pageSize > 4096) throw new Panic('Invalid page size');
  if (imageActual(header) > partitionSize - 512 * 1024) {
    throw new Panic('Image size is greater than partition size.');
  }
  const ram = new Ram(platform);
  const kernel = loadKernel(image, header, platform);
  placeDtb(image, header, kernel, ram, platform);
  ram.copy(kernel.destination, kernel.bytes);
  ram.copy(platform.ramdisk, ramdiskOf(image, header));
  return bootLinux(header, kernel, ram, platform);
}

function readHeader(image: Uint8Array): Header {
  const view = new DataView(image.buffer, image.byteOffset);
  const word = (offset: number): number => view.getUint32(offset, true);
  const text = Buffer.from(image.subarray(64, 64 + CMDLINE - 1)).toString('latin1');
  return {
    kernelSize: word(8),
    ramdiskSize: word(16),
    secondSize: word(24),
    pageSize: word(36),
    dtSize: word(40),
    cmdline: text.split('\0', 1)[0] ?? '',
  };
}

function pages(size: number, page: number): number {
  return Math.ceil(size / page) * page;
}

function imageActual({ kernelSize, ramdiskSize, secondSize, dtSize, pageSize }: Header): number {
  const sections = [kernelSize, ramdiskSize, secondSize, dtSize];
  return sections.reduce((sum, size) => sum + pages(size, pageSize), pageSize);
}

function ramdiskOf(image: Uint8Array, { pageSize, kernelSize, ramdiskSize }: Header): Uint8Array {
  const start = pageSize + pages(kernelSize, pageSize);
  return image.subarray(start, start + ramdiskSize);
}

class Ram {
  readonly bytes: Uint8Array;

  constructor({ mapped }: Platform) {
    this.bytes = new Uint8Array(mapped).fill(0xa5);
  }

  copy(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.bytes.length) {
      throw new DataAbort(`write at +0x${(offset + bytes.length).toString(16)}`);
    }
    this.bytes.set(bytes, offset);
  }
}

interface Kernel {
  /** Rounded up to whole pages, as it is copied. */
  readonly bytes: Uint8Array;
  readonly destination: number;
  /** End of the gzip member in the kernel section; 0 when it is not compressed. */
  readonly dtbOffset: number;
}

function loadKernel(image: Uint8Array, header: Header, platform: Platform): Kernel {
  const section = image.subarray(header.pageSize, header.pageSize + header.kernelSize);
  const packed = section[0] === 0x1f && section[1] === 0x8b && section[2] === 0x08;
  const room = platform.scratch - imageActual(header) - header.pageSize;
  const { out, end } = packed ? decompress(section, room) : { out: section, end: 0 };
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const arm64 = out.length >= 64 && view.getUint32(56, true) === 0x644d5241;
  if (!arm64) throw new Panic('only arm64 kernels are written down here');
  const stated = view.getBigUint64(8, true);
  const textOffset = stated > 2n * 1024n * 1024n ? 0 : Number(stated);
  const modern = view.getBigUint64(16, true) !== 0n;
  const destination = modern ? (platform.kernel64 & ~0x1fffff) + textOffset : platform.kernel64;
  const bytes = new Uint8Array(pages(out.length, header.pageSize));
  bytes.set(out);
  return { bytes, destination, dtbOffset: end };
}

/** Skips the fixed header and a file name, nothing else; checks no CRC. */
function decompress(input: Uint8Array, room: number): { out: Uint8Array; end: number } {
  if (room < input.length) throw new Panic('decompressing image failed!!!');
  let at = 10;
  if (((input[3] ?? 0) & 8) !== 0) at = input.indexOf(0, at) + 1;
  try {
    const options = { info: true, maxOutputLength: room };
    const result = inflateRawSync(input.subarray(at), options) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    const { buffer, engine } = result;
    const out = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    return { out, end: at + engine.bytesWritten + 8 };
  } catch (cause) {
    throw new Panic('decompressing image failed!!!', { cause });
  }
}

/** copy_dtb for a QCDT would come first; images here have none, so the appended tree counts. */
function placeDtb(image: Uint8Array, header: Header, kernel: Kernel, ram: Ram, platform: Platform): void {
  if (header.dtSize !== 0) throw new FastbootFail('dtb not found');
  const section = image.subarray(header.pageSize, header.pageSize + header.kernelSize);
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  let at = kernel.dtbOffset === 0 ? view.getUint32(0x2c, true) : kernel.dtbOffset;
  const trees: Uint8Array[] = [];
  while (at + 40 < section.length && view.getUint32(at) === 0xd00dfeed) {
    const size = view.getUint32(at + 4);
    if (at + size > section.length) break;
    trees.push(section.subarray(at, at + size));
    at += size;
  }
  const [only] = trees;
  // A tree without qcom,msm-id is taken when it is the only one.
  if (only === undefined || trees.length > 1) throw new FastbootFail('dtb not found');
  ram.copy(platform.tags, only);
}

function bootLinux(header: Header, kernel: Kernel, ram: Ram, platform: Platform): Handover {
  updateDeviceTree(new FlatTree(ram.bytes, platform.tags), header, platform);
  return {
    pc: platform.base + kernel.destination,
    x0: platform.base + platform.tags,
    memory: ram.bytes,
    base: platform.base,
  };
}

function updateDeviceTree(tree: FlatTree, header: Header, platform: Platform): void {
  if (!tree.checkHeader()) throw new Panic('Invalid device tree header');
  tree.openInto(tree.totalSize + PAD + header.cmdline.length);
  const memory = tree.childOfRoot('memory');
  if (memory < 0) throw new Panic('Could not find memory node.');
  tree.setProp(memory, 'reg', memoryReg(tree, platform));
  const chosen = tree.childOfRoot('chosen');
  if (chosen < 0) throw new Panic('Could not find chosen node.');
  const old = tree.getProp(chosen, 'bootargs');
  const before = old === undefined ? '' : `${Buffer.from(old).toString('latin1').replace(/\0$/, ' ')}`;
  tree.setProp(chosen, 'bootargs', Buffer.from(`${before}${header.cmdline}\0`, 'latin1'));
  if (header.ramdiskSize !== 0) {
    const start = platform.base + platform.ramdisk;
    tree.setU32(chosen, 'linux,initrd-start', start);
    tree.setU32(chosen, 'linux,initrd-end', start + header.ramdiskSize);
  }
  tree.pack();
}

/** target_dev_tree_mem: the banks, with the root's cell sizes. */
function memoryReg(tree: FlatTree, platform: Platform): Uint8Array {
  const cells = (name: string): number => tree.getProp(tree.root, name)?.[3] ?? 1;
  const [addressCells, sizeCells] = [cells('#address-cells'), cells('#size-cells')];
  const words = platform.banks.flatMap(({ start, size }) => [
    ...Array.from({ length: addressCells - 1 }, () => 0),
    start,
    ...Array.from({ length: sizeCells - 1 }, () => 0),
    size,
  ]);
  const out = new Uint8Array(words.length * 4);
  const view = new DataView(out.buffer);
  words.forEach((word, i) => {
    view.setUint32(i * 4, word);
  });
  return out;
}
