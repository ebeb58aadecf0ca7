import { beforeAll, describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { buildWindow, kernelPart, placeImage, planLayout, writeBootImage } from '../../src/bootimg/index.ts';
import { expectBootable, followBranch } from '../loader/handover.ts';
import {
  bootFromPartition,
  cmdBoot,
  DataAbort,
  FastbootFail,
  type Handover,
  MSM8916,
  MSM8953,
  Panic,
} from '../loader/lk2nd.ts';
import { arm64Image, DEBIAN_KERNEL, LK2ND, LK2ND_8953, phoneDtb, ramdiskOf } from './phone.ts';
import { imageWith } from './sample.ts';

const PARTITION = 32 * 1024 * 1024;
const CMDLINE = 'console=ttyMSM0,115200 lk2nd.pass-simplefb=relocate,xrgb8888';

const kernel = arm64Image(DEBIAN_KERNEL.fileSize, { imageSize: DEBIAN_KERNEL.imageSize });
const ramdisk = ramdiskOf(3_000_001);
const dtb = phoneDtb({ bootargs: 'from.dtb' });
const { placement } = LK2ND;
if (placement === undefined) throw new Error('the loader has no placement');

async function packed(parts: { kernel: Uint8Array; ramdisk?: Uint8Array }): Promise<Uint8Array> {
  return concat(writeBootImage(imageWith({ dialect: 'classic' }, { cmdline: CMDLINE, parts })));
}

const expected = {
  image: kernel,
  imageSize: DEBIAN_KERNEL.imageSize,
  ramdisk,
  bootargs: `from.dtb ${CMDLINE}`,
};

describe('a kernel larger than the window of lk2nd', () => {
  let plain: Uint8Array;
  let window: Uint8Array;

  beforeAll(async () => {
    plain = await packed({
      kernel: await kernelPart({ image: [kernel], compression: 'gzip', level: 1, appended: [dtb] }),
      ramdisk,
    });
    const payload = buildWindow({ image: kernel, ramdisk, dtb, placement, cmdlineLength: CMDLINE.length });
    window = await packed({
      kernel: await kernelPart({
        image: payload.pieces,
        compression: 'gzip',
        level: 1,
        appended: [payload.dtb],
      }),
    });
  });

  it('is refused in the plain layout, whatever the copy order', () => {
    expect(() => cmdBoot(plain, MSM8916)).toThrow(new Panic('Invalid device tree header'));
    expect(() => bootFromPartition(plain, PARTITION, MSM8916)).toThrow(
      new Panic('Invalid device tree header'),
    );
    expect(() => placeImage(plain, LK2ND, 'boot')).toThrow(/Invalid device tree header/);
    expect(() => placeImage(plain, LK2ND, 'flash')).toThrow(/Invalid device tree header/);
  });

  it('fits the larger window of msm8953 as it is', () => {
    expectBootable(cmdBoot(plain, MSM8953), MSM8953, expected);
    expectBootable(bootFromPartition(plain, PARTITION, MSM8953), MSM8953, expected);
    expect(
      planLayout(
        {
          kernel: { kind: 'arm64', textOffset: 0, ...DEBIAN_KERNEL },
          ramdiskSize: ramdisk.length,
          dtbSize: dtb.length,
          cmdlineLength: CMDLINE.length,
        },
        LK2ND_8953,
        'boot',
      ).layout,
    ).toBe('plain');
  });

  it('boots as a window payload in both copy orders', () => {
    expectBootable(cmdBoot(window, MSM8916), MSM8916, expected);
    expectBootable(bootFromPartition(window, PARTITION, MSM8916), MSM8916, expected);
  });

  it('jumps to the payload, whose first instruction leads to the kernel', () => {
    const handover = cmdBoot(window, MSM8916);
    expect(handover.pc).toBe(0x80000000);
    expect(handover.x0).toBe(0x81e00000);
    expect(followBranch(handover.memory, 0)).toBe(0x2000000);
  });

  it('lies in memory as the loader model says', () => {
    for (const mode of ['boot', 'flash'] as const) {
      const placed = placeImage(window, LK2ND, mode);
      const handover =
        mode === 'boot' ? cmdBoot(window, MSM8916) : bootFromPartition(window, PARTITION, MSM8916);
      expect(placed.entry).toBe(handover.pc);
      expect(placed.dtbAddress).toBe(handover.x0);
      expectSameMemory(placed.regions, handover);
    }
  });

  it('is refused where rules are broken', () => {
    expect(() => cmdBoot(window.subarray(0, window.length - 2048), MSM8916)).toThrow(FastbootFail);
    expect(() => bootFromPartition(window, window.length, MSM8916)).toThrow(/greater than partition/);
    expect(() => cmdBoot(window, { ...MSM8916, mapped: 78 * 1024 * 1024 })).toThrow(DataAbort);
    expect(() => placeImage(window.subarray(0, window.length - 2048), LK2ND, 'boot')).toThrow(
      /bootimage header fields are invalid/,
    );
    const small = { ...LK2ND, placement: { ...placement, mapped: 78 * 1024 * 1024 } };
    expect(() => placeImage(window, small, 'boot')).toThrow(/data abort.*\+0x4e92000.*\+0x4e00000/);
  });
});

interface Region {
  readonly name: string;
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** All regions but the tree, whose bytes the two arrange in their own ways. */
function expectSameMemory(regions: readonly Region[], { memory, base }: Handover): void {
  expect(new Set(regions.map(({ name }) => name))).toEqual(new Set(['kernel', 'dtb']));
  for (const { name, address, bytes } of regions) {
    const at = address - base;
    if (name !== 'dtb') expect(Buffer.compare(memory.subarray(at, at + bytes.length), bytes)).toBe(0);
  }
}
