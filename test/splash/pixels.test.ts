import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesPerPixel, type PixelFormat } from '../../src/device/index.ts';
import { packPixels, unpackPixels } from '../../src/splash/index.ts';

const FORMATS: readonly PixelFormat[] = [
  'BGRA8888',
  'RGBA8888',
  'ARGB8888',
  'ABGR8888',
  'RGB888',
  'BGR888',
  'RGB565',
  'BGR565',
  'GRAY8',
];

const one = (format: PixelFormat) => ({ width: 1, height: 1, stride: bytesPerPixel(format), format });

/** A picture with rows that are longer than they need to be. */
const picture = fc
  .record({
    // Past the four pixels and the eight columns that are taken at once.
    width: fc.integer({ min: 1, max: 19 }),
    height: fc.integer({ min: 1, max: 9 }),
    gap: fc.integer({ min: 0, max: 9 }),
  })
  .chain((size) =>
    fc.record({
      size: fc.constant(size),
      format: fc.constantFrom(...FORMATS),
      rgba: fc.uint8Array({
        minLength: size.width * size.height * 4,
        maxLength: size.width * size.height * 4,
      }),
    }),
  )
  .map(({ size, format, rgba }) => ({
    rgba,
    shape: {
      width: size.width,
      height: size.height,
      format,
      stride: size.width * bytesPerPixel(format) + size.gap,
    },
  }));

describe('pixels', () => {
  // Red 0x11, green 0x22, blue 0x33, alpha 0x44, written out by hand.
  it.each([
    ['BGRA8888', [0x33, 0x22, 0x11, 0x44]],
    ['RGBA8888', [0x11, 0x22, 0x33, 0x44]],
    ['ARGB8888', [0x44, 0x11, 0x22, 0x33]],
    ['ABGR8888', [0x44, 0x33, 0x22, 0x11]],
    ['RGB888', [0x11, 0x22, 0x33]],
    ['BGR888', [0x33, 0x22, 0x11]],
    // 0.299 * 17 + 0.587 * 34 + 0.114 * 51 = 30.9
    ['GRAY8', [31]],
  ] as const)('%s lies in memory as it says', (format, bytes) => {
    expect([...packPixels(new Uint8Array([0x11, 0x22, 0x33, 0x44]), one(format))]).toEqual([...bytes]);
  });

  // Levels that 5 and 6 bits have: 16 is 2 of 31, 32 is 8 of 63, 49 is 6 of 31.
  it.each([
    ['RGB565', [0x06, 0x11]],
    ['BGR565', [0x02, 0x31]],
  ] as const)('%s lies in memory as it says', (format, bytes) => {
    expect([...packPixels(new Uint8Array([16, 32, 49, 255]), one(format))]).toEqual([...bytes]);
  });

  it.each(FORMATS)('%s keeps black and white', (format) => {
    for (const level of [0, 255]) {
      const pixel = new Uint8Array([level, level, level, 255]);
      expect([...unpackPixels(packPixels(pixel, one(format)), one(format))]).toEqual([...pixel]);
    }
  });

  it('unpacks to what packs to the same bytes', () => {
    fc.assert(
      fc.property(picture, ({ rgba, shape }) => {
        const packed = packPixels(rgba, shape);
        expect(packed.length).toBe(shape.stride * shape.height);
        expect(packPixels(unpackPixels(packed, shape), shape)).toEqual(packed);
      }),
    );
  });

  it('loses less than a step of a channel', () => {
    const error: Readonly<Partial<Record<PixelFormat, number>>> = { RGB565: 8, BGR565: 8, GRAY8: 255 };
    fc.assert(
      fc.property(picture, ({ rgba, shape }) => {
        const back = unpackPixels(packPixels(rgba, shape), shape);
        const worst = rgba.reduce(
          (most, value, i) => (i % 4 === 3 ? most : Math.max(most, Math.abs(value - (back[i] ?? 0)))),
          0,
        );
        expect(worst).toBeLessThanOrEqual(error[shape.format] ?? 0);
      }),
    );
  });

  it.each(['BGRA8888', 'RGBA8888', 'ARGB8888', 'ABGR8888'] as const)('%s loses nothing at all', (format) => {
    fc.assert(
      fc.property(picture, ({ rgba, shape: { width, height, stride } }) => {
        const shape = { width, height, stride: stride + width * 4, format };
        expect(unpackPixels(packPixels(rgba, shape), shape)).toEqual(rgba);
      }),
    );
  });

  it.each(['RGB565', 'BGR565'] as const)('%s keeps the mean of an area at every level', (format) => {
    const shape = { width: 8, height: 8, stride: 16, format };
    for (let level = 0; level < 256; level++) {
      const rgba = new Uint8Array(256).fill(level);
      const back = unpackPixels(packPixels(rgba, shape), shape);
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let i = channel; i < 256; i += 4) sum += back[i] ?? 0;
        expect(Math.abs(sum / 64 - level), `level ${level}`).toBeLessThanOrEqual(0.07);
      }
    }
  });

  it('leaves the gap behind a row empty and keeps rows apart', () => {
    const rgba = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    const shape = { width: 1, height: 2, stride: 8, format: 'BGRA8888' } as const;
    expect([...packPixels(rgba, shape)]).toEqual([3, 2, 1, 4, 0, 0, 0, 0, 7, 6, 5, 8, 0, 0, 0, 0]);
  });

  it('does the same for bytes that do not start on a word', () => {
    const bytes = new Uint8Array(9).map((_, i) => i).subarray(1);
    const shape = { width: 2, height: 1, stride: 8, format: 'BGRA8888' } as const;
    expect([...packPixels(bytes, shape)]).toEqual([3, 2, 1, 4, 7, 6, 5, 8]);
    expect([...unpackPixels(bytes, shape)]).toEqual([3, 2, 1, 4, 7, 6, 5, 8]);
  });

  it('refuses shapes and lengths that do not fit', () => {
    const shape = { width: 2, height: 1, stride: 7, format: 'BGRA8888' } as const;
    expect(() => packPixels(new Uint8Array(8), shape)).toThrow(/rows of 8 bytes, the stride is 7/);
    expect(() => packPixels(new Uint8Array(7), { ...shape, stride: 8 })).toThrow(/got 7 bytes, want 8/);
    expect(() => unpackPixels(new Uint8Array(9), { ...shape, stride: 8 })).toThrow(/got 9 bytes, want 8/);
  });
});
