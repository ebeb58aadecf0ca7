import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesPerPixel, type PixelFormat, type Screen } from '../../src/device/index.ts';
import {
  diagnoseDump,
  encodeFrame,
  framePixels,
  type Pixels,
  renderSplash,
  turn,
} from '../../src/splash/index.ts';

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
const ROTATIONS = [0, 90, 180, 270] as const;

const screenOf = (width: number, height: number, over: Partial<Screen> = {}): Screen => ({
  width,
  height,
  stride: width * bytesPerPixel(over.format ?? 'BGRA8888'),
  format: 'BGRA8888',
  rotation: 0,
  backlight: undefined,
  pan: false,
  setMode: false,
  blank: [],
  fbset: false,
  ...over,
});

let card: Pixels;

beforeAll(async () => {
  card = framePixels(await renderSplash({ screen: screenOf(160, 224), theme: 'testcard' }));
});

/** The card as a panel of that kind holds it. */
function dumped(format: PixelFormat, rotation: Screen['rotation'], gap: number) {
  const turned = turn(card, rotation);
  const { width, height } = turned;
  const stride = width * bytesPerPixel(format) + gap;
  return encodeFrame(turned, screenOf(width, height, { format, rotation, stride }));
}

describe('diagnoseDump', () => {
  const every = FORMATS.flatMap((format) =>
    ROTATIONS.flatMap((rotation) =>
      [0, 1, 2, 3, 4, 7, 32, 64, 640].map((gap) => ({ format, rotation, gap })),
    ),
  );

  it.each(every)(
    'tells $format turned by $rotation with $gap bytes behind a row',
    ({ format, rotation, gap }) => {
      const { data, width, height, stride } = dumped(format, rotation, gap);
      expect(diagnoseDump(data)).toMatchObject({ width, height, stride, format, rotation, offset: 0 });
    },
  );

  it('finds the card behind other buffers and before more, whatever the padding holds', () => {
    const cases = fc.record({
      format: fc.constantFrom(...FORMATS),
      rotation: fc.constantFrom(...ROTATIONS),
      gap: fc.integer({ min: 0, max: 96 }),
      before: fc.integer({ min: 0, max: 5000 }),
      behind: fc.integer({ min: 0, max: 5000 }),
    });
    fc.assert(
      fc.property(cases, ({ format, rotation, gap, before, behind }) => {
        const { data, width, height, stride } = dumped(format, rotation, gap);
        const dump = Buffer.concat([Buffer.alloc(before), data, Buffer.alloc(behind)]);
        expect(diagnoseDump(dump)).toMatchObject({ width, height, stride, format, rotation, offset: before });
      }),
      { numRuns: 60 },
    );
  });

  it.each(['BGRA8888', 'RGBA8888', 'ARGB8888', 'ABGR8888'] as const)(
    'tells %s by an empty fourth byte too',
    (format) => {
      const turned = turn(card, 90);
      const rgba = turned.rgba.map((value, i) => (i % 4 === 3 ? 0 : value));
      const { width, height } = turned;
      const { data } = encodeFrame({ width, height, rgba }, screenOf(width, height, { format }));
      expect(diagnoseDump(data)).toMatchObject({ format, rotation: 90, alpha: 'empty' });
    },
  );

  it('finds none in other pictures, and names no format that does not fit', async () => {
    const { data } = await renderSplash({ screen: screenOf(160, 224) });
    expect(() => diagnoseDump(data)).toThrow(/no test card in these 143360 bytes/);
    expect(() => diagnoseDump(new Uint8Array(0))).toThrow(/no test card/);
    expect(() => diagnoseDump(new Uint8Array(5000))).toThrow(/no test card/);
    const { data: good } = dumped('RGBA8888', 0, 0);
    // Red and green keep their places, blue is lost.
    const lost = good.map((value, i) => (i % 4 === 2 ? 0 : value));
    expect(() => diagnoseDump(lost)).toThrow(/no format of mnx gives/);
    expect(() => diagnoseDump(good.subarray(0, good.length - 1))).toThrow(/no test card|no format/);
  });

  it('asks for a panel that a card fits on', async () => {
    await expect(renderSplash({ screen: screenOf(100, 400), theme: 'testcard' })).rejects.toMatchObject({
      code: 'splash.testcard-size',
    });
  });
});
