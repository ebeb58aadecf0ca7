import { describe, expect, it } from 'vitest';
import { type LayoutParts, planLayout } from '../../src/bootimg/index.ts';
import { DEBIAN_KERNEL, LK2ND, LK2ND_8953 } from './phone.ts';

const MIB = 1024 * 1024;

type Change = Partial<Omit<LayoutParts, 'kernel'>> & { readonly kernel?: Partial<LayoutParts['kernel']> };

function parts(change: Change = {}): LayoutParts {
  const { kernel, ...rest } = change;
  return {
    ramdiskSize: 3 * MIB,
    dtbSize: 60_000,
    cmdlineLength: 200,
    ...rest,
    kernel: { kind: 'arm64', textOffset: 0, ...DEBIAN_KERNEL, ...kernel },
  };
}

describe('layout of an image', () => {
  it('is a window for a kernel that overwrites its device tree', () => {
    const plan = planLayout(parts(), LK2ND, 'boot');
    expect(plan.layout).toBe('window');
    expect(plan.because).toBe(
      'plain, the check "kernel ends below the device tree" fails: +0x2f90000 > +0x1e00000, 18415616 bytes too many; the loader copies the kernel over the device tree',
    );
    expect(plan.checks.every(({ ok }) => ok)).toBe(true);
  });

  it('is plain up to the last byte below the device tree', () => {
    const kernel = { fileSize: 28 * MIB, imageSize: 0x1e00000 };
    expect(planLayout(parts({ kernel }), LK2ND, 'boot').layout).toBe('plain');
    const larger = { ...kernel, imageSize: 0x1e00001 };
    expect(planLayout(parts({ kernel: larger }), LK2ND, 'boot').layout).toBe('window');
  });

  it('counts memory beyond the file', () => {
    const kernel = { fileSize: 20 * MIB, imageSize: 31 * MIB };
    expect(planLayout(parts({ kernel }), LK2ND, 'flash').layout).toBe('window');
  });

  it('is plain in the larger window of msm8953', () => {
    const plan = planLayout(parts(), LK2ND_8953, 'boot');
    expect(plan.layout).toBe('plain');
    expect(plan.checks.map(({ name, got, limit }) => [name, got, limit])).toEqual([
      ['kernel ends below the device tree', 0x2f90000, 0x3400000],
      ['device tree ends below the ramdisk', 0x3400000 + 60_000 + 1024 + 201, 0x3600000],
      ['ramdisk ends in memory that the loader has mapped', 0x3600000 + 3 * MIB, 90 * MIB],
      ['ramdisk ends below reserved memory', 0x3600000 + 3 * MIB, 0x6300000],
    ]);
  });

  it('takes a ramdisk up to the device tree in the window, and not a byte more', () => {
    const room = 0x1e00000 - 0x1000;
    expect(planLayout(parts({ ramdiskSize: room }), LK2ND, 'boot').layout).toBe('window');
    expect(() => planLayout(parts({ ramdiskSize: room + 1 }), LK2ND, 'boot')).toThrow(
      expect.objectContaining({
        code: 'bootimg.no-layout',
        message: expect.stringMatching(
          /plain: kernel ends below the device tree: \+0x2f90000 > \+0x1e00000.*window: ramdisk ends below the device tree: \+0x1e00001 > \+0x1e00000, 1 bytes too many/,
        ),
      }),
    );
  });

  it.each([
    ['a file beyond what is mapped', { fileSize: 58 * MIB + 1, imageSize: 59 * MIB }, /loader has mapped/],
    ['memory up to what is reserved', { fileSize: 50 * MIB, imageSize: 64 * MIB + 1 }, /reserved memory/],
    [
      'a kernel of another kind',
      { kind: 'zimage' as const },
      /needs an arm64 Image, not a kernel of kind zimage/,
    ],
  ])('does not exist for %s', (_what, kernel, message) => {
    expect(() => planLayout(parts({ kernel }), LK2ND, 'boot')).toThrow(message);
  });

  it.each([
    ['no window', { ...LK2ND_8953 }, /its placement has no window/],
    ['no appended device tree', { ...LK2ND, dtb: ['qcdt' as const] }, /takes no appended device tree/],
  ])('does not exist on a loader with %s', (_what, loader, message) => {
    const kernel = { fileSize: 60 * MIB, imageSize: 60 * MIB };
    expect(() => planLayout(parts({ kernel }), loader, 'boot')).toThrow(message);
  });

  it('needs a device tree to carry', () => {
    expect(() => planLayout(parts({ dtbSize: 0 }), LK2ND, 'boot')).toThrow(/no device tree to carry/);
    expect(() => planLayout(parts({ inSection: true }), LK2ND, 'boot')).toThrow(/stands in a section/);
  });

  it('is plain where the header or the loader decides', () => {
    const header = { ...LK2ND, addresses: 'header' as const, placement: undefined };
    expect(planLayout(parts(), header, 'boot')).toMatchObject({ layout: 'plain', checks: [] });
    const direct = { ...header, kind: 'direct' as const };
    expect(planLayout(parts(), direct, 'boot')).toMatchObject({ layout: 'plain', checks: [] });
  });
});
