import { describe, expect, it } from 'vitest';
import { bytesPerPixel, channels, type PixelFormat } from '../../src/device/index.ts';

describe('channels', () => {
  it.each<[PixelFormat, string | undefined]>([
    // What mobile-nixos of 2018 gave fbset for the panel of asus-z00t.
    ['BGRA8888', '8/16,8/8,8/0,8/24'],
    ['RGBA8888', '8/0,8/8,8/16,8/24'],
    ['ARGB8888', '8/8,8/16,8/24,8/0'],
    ['ABGR8888', '8/24,8/16,8/8,8/0'],
    ['RGB888', '8/0,8/8,8/16,0/0'],
    ['BGR888', '8/16,8/8,8/0,0/0'],
    ['RGB565', '5/11,6/5,5/0,0/0'],
    ['BGR565', '5/0,6/5,5/11,0/0'],
    ['GRAY8', undefined],
  ])('of %s are %s', (format, expected) => {
    expect(channels(format)).toBe(expected);
    const bits = [...(expected ?? '').matchAll(/(\d+)\//g)].reduce((sum, [, n]) => sum + Number(n), 0);
    if (expected !== undefined) expect(bits).toBe(8 * bytesPerPixel(format));
  });
});
