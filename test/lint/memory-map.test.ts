import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Placement } from '../../src/device/index.ts';
import { headerMap, type LoadedParts, plainMap, windowMap } from '../../src/lint/index.ts';

/** lk2nd on msm8916 and msm8939. */
const lk2nd: Placement = {
  base: 0x80000000,
  tags: 0x1e00000,
  ramdisk: 0x2000000,
  mapped: 0x5a00000,
  reserved: 0x6000000,
  fdtSlack: 1024,
  copyOrder: { boot: ['dtb', 'ramdisk', 'kernel'], flash: ['dtb', 'kernel', 'ramdisk'] },
  window: { ramdisk: 0x1000, image: 0x2000000 },
};

const parts = (fileSize: number, imageSize: number, ramdisk = 4_000_000, dtb = 53_347): LoadedParts => ({
  kernel: { fileSize, imageSize, textOffset: 0 },
  ramdisk,
  dtb,
  cmdline: 100,
});

/** Debian's kernel 7.2.13 for arm64. */
const debian = parts(48_271_296, 49_283_072);
const codes = ({ findings }: { findings: readonly { code: string }[] }): string[] =>
  findings.map(({ code }) => code);

describe('plainMap', () => {
  it('refuses a kernel whose memory reaches the DTB, with the numbers', () => {
    const { findings, map } = plainMap(lk2nd, debian);
    expect(codes({ findings })).toEqual(['lint.kernel-over-tags']);
    expect(findings[0]?.what).toBe(
      'the running kernel ends at 0x82f00000, 17825792 bytes behind the DTB at 0x81e00000',
    );
    expect(map.ranges.map(({ name, start }) => `${name} ${start.toString(16)}`)).toEqual([
      'kernel 80000000',
      'dtb 81e00000',
      'ramdisk 82000000',
    ]);
  });

  it('has the budget of the loader to the byte', () => {
    const budget = 0x1e00000;
    expect(codes(plainMap(lk2nd, parts(1, budget)))).toEqual([]);
    expect(codes(plainMap(lk2nd, parts(1, budget + 1)))).toEqual(['lint.kernel-over-tags']);
    // A kernel that states less than its file is still copied whole.
    expect(codes(plainMap(lk2nd, parts(budget + 1, 1)))).toEqual(['lint.kernel-over-tags']);
    expect(codes(plainMap(lk2nd, parts(1, 1, 60_817_408)))).toEqual([]);
    expect(codes(plainMap(lk2nd, parts(1, 1, 60_817_409)))).toEqual(['lint.ramdisk-over-map']);
    const dtb = 2 * 1024 * 1024 - 1024 - 100;
    expect(codes(plainMap(lk2nd, parts(1, 1, 1, dtb)))).toEqual([]);
    expect(codes(plainMap(lk2nd, parts(1, 1, 1, dtb + 1)))).toEqual(['lint.dtb-over-ramdisk']);
  });

  it("counts the kernel's text offset", () => {
    const shifted = {
      ...parts(1, 0x1e00000),
      kernel: { fileSize: 1, imageSize: 0x1e00000, textOffset: 0x80000 },
    };
    expect(codes(plainMap(lk2nd, shifted))).toEqual(['lint.kernel-over-tags']);
  });

  it('takes the same kernel where tags and ramdisk lie higher (msm8953)', () => {
    expect(codes(plainMap({ ...lk2nd, tags: 0x3400000, ramdisk: 0x3600000 }, debian))).toEqual([]);
  });
});

describe('windowMap', () => {
  it("takes Debian's kernel, and no parts overlap", () => {
    const { findings, map } = windowMap(lk2nd, debian);
    expect(findings).toEqual([]);
    expect(map.layout).toBe('window');
    expect(map.ranges.map(({ name }) => name)).toEqual(['branch', 'ramdisk', 'dtb', 'kernel']);
    for (const [i, range] of map.ranges.entries()) {
      expect(range.end).toBeLessThanOrEqual(map.ranges[i + 1]?.start ?? Number.POSITIVE_INFINITY);
    }
  });

  it('has its limits to the byte', () => {
    const ramdisk = 0x1e00000 - 0x1000;
    expect(codes(windowMap(lk2nd, parts(1, 1, ramdisk)))).toEqual([]);
    expect(codes(windowMap(lk2nd, parts(1, 1, ramdisk + 1)))).toEqual(['lint.window-ramdisk']);
    const mib = 1024 * 1024;
    expect(codes(windowMap(lk2nd, parts(58 * mib, 64 * mib)))).toEqual([]);
    expect(codes(windowMap(lk2nd, parts(58 * mib + 1, 64 * mib)))).toEqual(['lint.window-map']);
    expect(codes(windowMap(lk2nd, parts(58 * mib, 64 * mib + 1)))).toEqual(['lint.window-reserved']);
    expect(codes(windowMap(lk2nd, parts(1, 1, 1, 2 * mib)))).toEqual(['lint.dtb-over-ramdisk']);
  });

  it('needs a loader that has the layout', () => {
    expect(codes(windowMap({ ...lk2nd, window: undefined }, debian))).toEqual(['lint.no-window']);
  });
});

describe('headerMap', () => {
  const aosp = { kernel: 0x10008000, ramdisk: 0x11000000, second: 0x10f00000, tags: 0x10000100 };

  it('finds the classic overlap of a large kernel with the default offsets', () => {
    const { findings } = headerMap(aosp, { ...parts(32_956_352, 33_619_968), dtb: 0 });
    expect(findings.map(({ what }) => what)).toEqual([
      'kernel 0x10008000..0x12018000 and ramdisk 0x11000000..0x113d0900 share 4000000 bytes',
    ]);
  });

  it('agrees with a count of shared addresses', () => {
    const small = fc.nat({ max: 60 });
    fc.assert(
      fc.property(fc.array(small, { minLength: 8, maxLength: 8 }), (numbers) => {
        const [kernel = 0, ramdisk = 0, second = 0, tags = 0, a = 0, b = 0, c = 0, d = 0] = numbers;
        const loaded = {
          kernel: { fileSize: a, imageSize: 0, textOffset: 0 },
          ramdisk: b,
          second: c,
          dtb: d,
          cmdline: 0,
        };
        const { findings } = headerMap({ kernel, ramdisk, second, tags }, loaded);
        const spans = [
          [kernel, a],
          [ramdisk, b],
          [second, c],
          [tags, d],
        ].map(([start = 0, size = 0]) => new Set(Array.from({ length: size }, (_, i) => start + i)));
        let pairs = 0;
        for (const [i, x] of spans.entries()) {
          for (const y of spans.slice(i + 1)) if ([...x].some((address) => y.has(address))) pairs++;
        }
        expect(findings.length).toBe(pairs);
      }),
    );
  });
});
