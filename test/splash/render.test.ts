import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MnxError } from '../../src/binary/index.ts';
import { loadDevice, type Screen } from '../../src/device/index.ts';
import { decodeFrame, encodePng, framePixels, renderSplash } from '../../src/splash/index.ts';

const small: Screen = {
  width: 4,
  height: 2,
  stride: 16,
  format: 'BGRA8888',
  rotation: 0,
  backlight: undefined,
  pan: false,
  setMode: false,
  blank: [],
  fbset: false,
};

/** Four colours in a 2 x 2 grid: red, green / blue, white. */
const QUARTERS = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2" shape-rendering="crispEdges">
<rect width="1" height="1" fill="#f00"/><rect x="1" width="1" height="1" fill="#0f0"/>
<rect y="1" width="1" height="1" fill="#00f"/><rect x="1" y="1" width="1" height="1" fill="#fff"/></svg>`;

const svg = (text: string) => new TextEncoder().encode(text);

async function colours(screen: Screen, image: Uint8Array): Promise<string[]> {
  const { width, height, rgba } = framePixels(await renderSplash({ screen, image }));
  return Array.from({ length: width * height }, (_, i) =>
    Buffer.from(rgba.subarray(i * 4, i * 4 + 4)).toString('hex'),
  );
}

const [R, G, B, W, _] = ['ff0000ff', '00ff00ff', '0000ffff', 'ffffffff', '0b1020ff'];

describe('renderSplash', () => {
  it('fits the whole picture, centred on the background', async () => {
    expect(await colours(small, svg(QUARTERS))).toEqual([_, R, G, _, _, B, W, _]);
  });

  it.each([
    [90, [_, _, B, R, W, G, _, _]],
    [180, [_, W, B, _, _, G, R, _]],
    [270, [_, _, G, W, R, B, _, _]],
  ] as const)('turns by %i degrees clockwise', async (rotation, wanted) => {
    const screen = rotation === 180 ? small : { ...small, width: 2, height: 4, stride: 8 };
    expect(await colours({ ...screen, rotation }, svg(QUARTERS))).toEqual([...wanted]);
  });

  it('draws PNG and JPEG, and lays transparency on the background', async () => {
    const half = Buffer.from([255, 0, 0, 255, 0, 0, 0, 0]);
    const png = await sharp(half, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    expect(await colours({ ...small, width: 2, height: 1, stride: 8 }, png)).toEqual([R, _]);
    const jpeg = await sharp({ create: { width: 8, height: 4, channels: 3, background: '#ffffff' } })
      .jpeg()
      .toBuffer();
    expect(new Set(await colours(small, jpeg))).toEqual(new Set([W]));
  });

  it('is opaque and fills the stride with nothing', async () => {
    const frame = await renderSplash({ screen: { ...small, stride: 20 }, image: svg(QUARTERS) });
    expect(frame.data.length).toBe(40);
    expect([...frame.data.subarray(16, 20)]).toEqual([0, 0, 0, 0]);
    expect(
      framePixels(frame)
        .rgba.filter((_value, i) => i % 4 === 3)
        .every((alpha) => alpha === 255),
    ).toBe(true);
  });

  it('gives the same bytes again, and others for other words', async () => {
    const screen = { ...small, width: 270, height: 480, stride: 1080 };
    const digest = async (banner?: string) =>
      createHash('sha256')
        .update((await renderSplash({ screen, ...(banner === undefined ? {} : { banner }) })).data)
        .digest('hex');
    const plain = await digest();
    expect(await digest()).toBe(plain);
    expect(await digest('')).toBe(plain);
    const warned = await digest('Anybody may log in');
    expect(warned).not.toBe(plain);
    expect(await digest('Anybody may log on')).not.toBe(warned);
    expect(await digest('Anybody may log in')).toBe(warned);
  });

  it('puts the banner at the bottom and leaves the rest alone', async () => {
    const screen = { ...small, width: 270, height: 480, stride: 1080 };
    const [plain, warned] = [
      await renderSplash({ screen }),
      await renderSplash({ screen, banner: 'careful '.repeat(12) }),
    ];
    const changed = Array.from({ length: 480 }, (_value, y) => y).filter(
      (y) =>
        Buffer.compare(
          plain.data.subarray(y * 1080, y * 1080 + 1080),
          warned.data.subarray(y * 1080, y * 1080 + 1080),
        ) !== 0,
    );
    expect(changed[0]).toBeGreaterThan(340);
    expect(changed.at(-1)).toBeLessThan(470);
  });

  it('says in the banner as well which key opens a shell', async () => {
    const screen = { ...small, width: 270, height: 480, stride: 1080 };
    const of = async (more: object) => Buffer.from((await renderSplash({ screen, ...more })).data);
    const banner = 'careful';
    expect((await of({ banner, shellKey: 'power' })).equals(await of({ banner }))).toBe(false);
    expect((await of({ banner, shellKey: '' })).equals(await of({ banner }))).toBe(true);
    // Without one it is a part of its own, which costs nothing before it is drawn.
    expect((await of({ shellKey: 'power' })).equals(await of({}))).toBe(true);
  });

  it('gives every shipped panel its picture', async () => {
    for (const id of ['asus-flo', 'oneplus-enchilada']) {
      const { screen } = loadDevice(id);
      if (screen === undefined) throw new Error(`${id} has no screen`);
      const frame = await renderSplash({ screen });
      expect(frame.data.length).toBe(screen.stride * screen.height);
      // Flat at the edges: whatever the panel's shape, no seam shows.
      const { rgba, width, height } = framePixels(frame);
      for (const [x, y] of [
        [0, 0],
        [width - 1, 0],
        [0, height - 1],
        [width - 1, height - 1],
        [0, height >> 1],
        [width >> 1, 0],
      ] as const) {
        expect(Buffer.from(rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)).toString('hex')).toBe(
          _,
        );
      }
    }
  });
});

describe('previews', () => {
  it('show the bytes that the panel gets', async () => {
    const frame = await renderSplash({ screen: small, image: svg(QUARTERS) });
    const { data, info } = await sharp(Buffer.from(await encodePng(decodeFrame(frame.data, small))))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 4, height: 2, channels: 3 });
    expect([...data]).toEqual([...framePixels(frame).rgba].filter((_value, i) => i % 4 !== 3));
  });

  it('refuse bytes of another size', () => {
    expect(() => decodeFrame(new Uint8Array(31), small)).toThrow(/got 31 bytes, want 32/);
  });
});

describe('bad pictures', () => {
  const failure = async (image: Uint8Array | string): Promise<MnxError> => {
    const error: unknown = await renderSplash({ screen: small, image }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof MnxError) return error;
    throw new Error(`no MnxError: ${String(error)}`);
  };

  it('is not there', async () => {
    expect(await failure('/nowhere/logo.png')).toMatchObject({ code: 'splash.no-file', exitCode: 2 });
  });

  it.each([
    ['nothing', new Uint8Array(0), 'empty'],
    ['text', svg('hello'), '68 65 6c 6c 6f'],
    ['an empty GIF', svg('GIF89a'), 'damaged GIF'],
    ['a BMP', svg('BM000000'), '42 4d'],
    ['HTML', svg('<html><svg></svg></html>'), '3c 68'],
  ])('is %s', async (_name, bytes, message) => {
    const error = await failure(bytes);
    expect(error).toMatchObject({ code: 'splash.picture', exitCode: 3 });
    expect(error.message).toContain(message);
  });

  it('is damaged', async () => {
    const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    expect(await failure(png.subarray(0, png.length - 40))).toMatchObject({
      code: 'splash.picture',
      exitCode: 3,
    });
    expect(await failure(svg('<svg viewBox="0 0 1 1"><rect'))).toMatchObject({
      code: 'splash.picture',
      exitCode: 3,
    });
  });

  it('is larger than any panel', async () => {
    const png = await sharp({ create: { width: 9000, height: 9000, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const error = await failure(png);
    expect(error.message).toContain('pixel limit');
  });

  it.each([
    ['text', '<text>hi</text>', 'splash.svg-text'],
    ['text in a namespace', '<s:text xmlns:s="http://www.w3.org/2000/svg">hi</s:text>', 'splash.svg-text'],
    ['another file', '<image href="logo.png"/>', 'splash.svg-link'],
    ['another host', "<use xlink:href='http://example.org/a.svg#b'/>", 'splash.svg-link'],
  ])('draws %s', async (_name, body, code) => {
    expect(
      await failure(svg(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">${body}</svg>`)),
    ).toMatchObject({ code, exitCode: 3 });
  });

  it('has no size, or entities', async () => {
    expect(await failure(svg('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toMatchObject({
      code: 'splash.svg-size',
    });
    expect(await failure(svg('<!DOCTYPE svg [<!ENTITY a "b">]><svg viewBox="0 0 1 1"/>'))).toMatchObject({
      code: 'splash.svg-entity',
    });
  });

  it('names the file, not its folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mnx-splash-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'logo.png'), 'no');
    expect((await failure(join(folder, 'logo.png'))).message).toMatch(/^logo\.png is no picture/);
  });

  it('belongs to no theme', async () => {
    await expect(renderSplash({ screen: small, theme: 'nosuch' })).rejects.toMatchObject({
      code: 'splash.theme',
      exitCode: 2,
    });
  });
});

describe('sound SVG', () => {
  it.each([
    [
      'a size in pixels',
      '<svg xmlns="http://www.w3.org/2000/svg" width="2px" height="2"><rect width="2" height="2" fill="#f00"/></svg>',
    ],
    [
      'a prolog and comments',
      '<?xml version="1.0"?>\n<!-- <text> -->\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><rect width="2" height="2" fill="#f00"/></svg>',
    ],
    [
      'another aspect rule',
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2" preserveAspectRatio="none"><rect width="2" height="2" fill="#f00"/></svg>',
    ],
  ])('with %s', async (_name, text) => {
    expect(await colours(small, svg(text))).toEqual([_, R, R, _, _, R, R, _]);
  });
});
