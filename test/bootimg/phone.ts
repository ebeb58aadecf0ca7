import type { Loader } from '../../src/device/index.ts';
import { addNode, type Fdt, setCells, setFlag, setText, writeFdt } from '../../src/devicetree/index.ts';
import { Arm64Header } from '../../src/kernel/index.ts';
import { ramp } from './sample.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** lk2nd's rules for msm8916 and msm8939, as the device files state them. */
export const LK2ND: Loader = {
  id: 'lk2nd-msm8916',
  name: 'lk2nd',
  kind: 'android',
  reach: undefined,
  addresses: 'forced',
  headerVersions: [0],
  cmdlineLimit: 511,
  dtb: ['append', 'qcdt'],
  needsMsmId: false,
  maxPageSize: 4096,
  maxDownload: 256 * MIB,
  partitionReserved: 512 * KIB,
  placement: {
    base: 0x80000000,
    tags: 0x1e00000,
    ramdisk: 0x2000000,
    mapped: 90 * MIB,
    reserved: 0x6000000,
    fdtSlack: 1024,
    copyOrder: { boot: ['dtb', 'ramdisk', 'kernel'], flash: ['dtb', 'kernel', 'ramdisk'] },
    window: { ramdisk: 0x1000, image: 0x2000000 },
  },
};

/** The same loader with a window of 52 MiB and no window layout. */
export const LK2ND_8953: Loader = {
  ...LK2ND,
  id: 'lk2nd-msm8953',
  placement: {
    base: 0x80000000,
    tags: 0x3400000,
    ramdisk: 0x3600000,
    mapped: 90 * MIB,
    reserved: 0x6300000,
    fdtSlack: 1024,
    copyOrder: { boot: ['dtb', 'ramdisk', 'kernel'], flash: ['dtb', 'kernel', 'ramdisk'] },
    window: undefined,
  },
};

/** File size and image_size of Debian's 7.2.12 kernel for arm64. */
export const DEBIAN_KERNEL = { fileSize: 48_832_448, imageSize: 0x2f90000 };

/** An arm64 Image whose every 4 KiB differ, so that a misplaced byte shows. */
export function arm64Image(
  size: number,
  { imageSize = size, textOffset = 0 }: { readonly imageSize?: number; readonly textOffset?: number } = {},
): Uint8Array {
  const image = new Uint8Array(size);
  const view = new DataView(image.buffer);
  for (let at = 0; at + 4 <= size; at += 4 * KIB) view.setUint32(at, at / 64);
  const header = Arm64Header.write({
    code0: 0xfa405a4d,
    code1: 0x1495f43b,
    textOffset: BigInt(textOffset),
    imageSize: BigInt(imageSize),
    flags: 0xan,
    reserved: new Uint8Array(24),
    magic: 'ARM\x64',
    peOffset: 64,
  });
  image.set(header);
  return image;
}

/** A phone's device tree with what a loader looks for. */
export function phoneDtb({
  bootargs,
  msmId = false,
}: {
  bootargs?: string;
  msmId?: boolean;
} = {}): Uint8Array {
  const fdt: Fdt = { bootCpuid: 0, reserve: [], root: { name: '', properties: new Map(), children: [] } };
  setCells(fdt.root, '#address-cells', [2]);
  setCells(fdt.root, '#size-cells', [2]);
  setText(fdt.root, 'compatible', 'asus,z00t');
  if (msmId) setCells(fdt.root, 'qcom,msm-id', [239, 0]);
  const chosen = addNode(fdt.root, 'chosen');
  setText(chosen, 'stdout-path', 'serial0');
  if (bootargs !== undefined) setText(chosen, 'bootargs', bootargs);
  const memory = addNode(fdt.root, 'memory@80000000');
  setText(memory, 'device_type', 'memory');
  setCells(memory, 'reg', [0, 0x80000000, 0, 0]);
  const reserved = addNode(fdt.root, 'reserved-memory');
  setFlag(reserved, 'ranges');
  const soc = addNode(fdt.root, 'soc@0');
  for (let i = 0; i < 300; i++)
    setText(addNode(soc, `device@${i.toString(16)}`), 'compatible', `qcom,thing-${i}`);
  return writeFdt(fdt);
}

/** Stands for a compressed ramdisk. */
export function ramdiskOf(size: number): Uint8Array {
  const ramdisk = ramp(size, 29, 1);
  ramdisk.set([0x1f, 0x8b, 8]);
  return ramdisk;
}
