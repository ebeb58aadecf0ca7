import { type BootImage, bootImageOf, type ImageContent } from '../../src/bootimg/index.ts';
import type { BootimgSpec } from '../../src/device/index.ts';

/** Bytes whose value at i is (i*a+b) & 255: easy to make anywhere, and no two parts look alike. */
export function ramp(size: number, a: number, b: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * a + b) & 255);
}

/** The parts of the golden vectors. */
export const PARTS = {
  kernel: ramp(10000, 31, 7),
  ramdisk: ramp(6000, 17, 3),
  second: ramp(700, 13, 5),
  dtb: ramp(333, 11, 9),
  recoveryDtbo: ramp(129, 7, 1),
  dt: ramp(2048, 5, 2),
} as const;

/** mkbootimg's defaults. */
export const DEFAULTS: BootimgSpec = {
  headerVersion: 0,
  dialect: 'aosp',
  pageSize: 2048,
  base: 0x10000000,
  kernelOffset: 0x00008000,
  ramdiskOffset: 0x01000000,
  secondOffset: 0x00f00000,
  tagsOffset: 0x00000100,
  dtbOffset: 0x01f00000,
  dtb: 'none',
  board: '',
  cmdline: [],
  cmdlineEaten: 0,
  cmdlineForbidden: [],
  bootconfig: [],
};

export function imageWith(spec: Partial<BootimgSpec>, content: Partial<ImageContent>): BootImage {
  return bootImageOf({ ...DEFAULTS, ...spec }, { cmdline: '', parts: {}, ...content });
}
