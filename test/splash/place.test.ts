import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Screen } from '../../src/device/index.ts';
import { framePixels, renderSplash, type SplashOptions, THEMES } from '../../src/splash/index.ts';

const screen: Screen = {
  width: 8,
  height: 4,
  stride: 32,
  format: 'RGBA8888',
  rotation: 0,
  backlight: undefined,
  pan: false,
  setMode: false,
  blank: [],
  fbset: false,
};

const RED = Buffer.from([255, 0, 0]);
const BLUE = Buffer.from([0, 0, 255]);

/** Two pixels: red, blue. */
const raw = (bytes: Buffer = Buffer.concat([RED, BLUE])) =>
  sharp(bytes, { raw: { width: bytes.length / 3, height: 1, channels: 3 } });

const TWO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="1" height="1" fill="#f00"/>
<rect x="1" width="1" height="1" fill="#00f"/></svg>`;

/** One letter for each pixel: red, blue, the ground, or something in between. */
async function seen(options: Omit<SplashOptions, 'screen'>, on = screen): Promise<string> {
  const { rgba, width } = framePixels(await renderSplash({ screen: on, background: '#00ff00', ...options }));
  const letters: Readonly<Record<string, string>> = { ff0000: 'R', '0000ff': 'B', '00ff00': '.' };
  const all = Array.from({ length: rgba.length / 4 }, (_, i) => {
    const pixel = Buffer.from(rgba.subarray(i * 4, i * 4 + 3)).toString('hex');
    return letters[pixel] ?? '?';
  });
  return Array.from({ length: all.length / width }, (_, y) =>
    all.slice(y * width, (y + 1) * width).join(''),
  ).join(' ');
}

const image = new TextEncoder().encode(TWO);

describe('placing', () => {
  it.each([
    ['contain', {}, 'RRRRBBBB RRRRBBBB RRRRBBBB RRRRBBBB'],
    ['half as large', { scale: 0.5 }, '........ ..RRBB.. ..RRBB.. ........'],
    ['in a corner', { scale: 0.5, anchor: 'bottom-right' }, '........ ........ ....RRBB ....RRBB'],
    ['at an edge', { scale: 0.5, anchor: 'left' }, '........ RRBB.... RRBB.... ........'],
    ['its own size', { fit: 'none', anchor: 'top-left' }, 'RB...... ........ ........ ........'],
    ['twice its own size', { fit: 'none', scale: 2, anchor: 'top' }, '..RRBB.. ..RRBB.. ........ ........'],
    [
      'beside a notch',
      { safeArea: { top: 2, right: 0, bottom: 0, left: 4 } },
      '........ ........ ....RRBB ....RRBB',
    ],
    [
      'stretched',
      { fit: 'stretch', safeArea: { top: 1, right: 2, bottom: 2, left: 2 } },
      '........ ..RRBB.. ........ ........',
    ],
  ] as const)('%s', async (_name, options, wanted) => {
    expect(await seen({ image, ...options })).toBe(wanted);
  });

  it('covers a panel of another shape from the anchor', async () => {
    const tall = { ...screen, width: 2, height: 4, stride: 8 };
    expect(await seen({ image, fit: 'cover', anchor: 'left' }, tall)).toBe('RR RR RR RR');
    expect(await seen({ image, fit: 'cover', anchor: 'right' }, tall)).toBe('BB BB BB BB');
    const png = await raw(Buffer.concat([RED, RED, BLUE, BLUE]))
      .png()
      .toBuffer();
    expect(await seen({ image: png, fit: 'cover', anchor: 'left' }, tall)).toMatch(/^RR RR RR RR$/);
    expect(await seen({ image: png, fit: 'cover', anchor: 'right' }, tall)).toMatch(/^BB BB BB BB$/);
  });

  it('puts pixels where it puts drawings', async () => {
    const png = await raw().png().toBuffer();
    const options = { image: png, fit: 'none', anchor: 'bottom-right' } as const;
    expect(await seen(options)).toBe('........ ........ ........ ......RB');
  });

  it.each([
    ['a safe area of everything', { safeArea: { top: 2, right: 0, bottom: 2, left: 0 } }, 'splash.safe-area'],
    ['no scale', { scale: 0 }, 'splash.scale'],
    ['a colour by name', { background: 'red' }, 'splash.background'],
  ] as const)('refuses %s', async (_name, options, code) => {
    await expect(renderSplash({ screen, image, ...options })).rejects.toMatchObject({ code, exitCode: 2 });
  });

  it('refuses to make a bomb of a thin picture', async () => {
    const png = await raw(Buffer.alloc(3 * 8000, RED))
      .png()
      .toBuffer();
    const large = { ...screen, width: 1080, height: 1920, stride: 4320 };
    await expect(renderSplash({ screen: large, image: png, fit: 'cover' })).rejects.toMatchObject({
      code: 'splash.too-large',
    });
  });
});

describe('kinds of pictures', () => {
  it.each(['png', 'webp', 'gif'] as const)('%s', async (kind) => {
    const bytes = await (kind === 'webp' ? raw().webp({ lossless: true }) : raw().toFormat(kind)).toBuffer();
    expect(await seen({ image: bytes, fit: 'none', anchor: 'top-left' })).toMatch(/^RB\.{6} /);
  });

  it('a folder stands for its first frame', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mnx-frames-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, '2.png'), 'not looked at');
    writeFileSync(join(folder, '1.svg'), TWO);
    expect(await seen({ image: folder })).toMatch(/^RRRRBBBB/);
    mkdirSync(join(folder, 'empty'));
    await expect(renderSplash({ screen, image: join(folder, 'empty') })).rejects.toMatchObject({
      code: 'splash.no-frames',
    });
  });

  it('knows its themes', () => {
    expect([...THEMES]).toEqual(readdirSync(resolve(import.meta.dirname, '../../themes')).sort());
  });
});

describe('bombs and wrecks', () => {
  /** PNG 1.2, annex D. */
  const crc32 = (bytes: Uint8Array): number => {
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return (crc ^ 0xffffffff) >>> 0;
  };
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  /** A sound PNG with a chunk behind its header. */
  const withChunk = async (type: string, data: Buffer): Promise<Buffer> => {
    const png = await raw().png().toBuffer();
    return Buffer.concat([png.subarray(0, 33), chunk(type, data), png.subarray(33)]);
  };
  const refused = async (bytes: Uint8Array, message: RegExp): Promise<void> => {
    const made = renderSplash({ screen, image: bytes });
    await expect(made).rejects.toMatchObject({ exitCode: 3, message: expect.stringMatching(message) });
  };

  it.each(['iCCP', 'zTXt'])('%s that expands to much', async (type) => {
    const packed = deflateSync(Buffer.alloc(64 * 1024 * 1024));
    await refused(
      await withChunk(type, Buffer.concat([Buffer.from('x\0\0'), packed])),
      /more than \d+ bytes in its/,
    );
  });

  it('tEXt that is huge', async () => {
    await refused(await withChunk('tEXt', Buffer.alloc(5 * 1024 * 1024, 65)), /in its tEXt chunk/);
  });

  it('a PNG cut at any byte', async () => {
    const png = await raw().png().toBuffer();
    for (let length = 8; length < png.length; length++) {
      await refused(png.subarray(0, length), /damaged PNG file: it ends/);
    }
  });

  it('a PNG that says 65535 x 65535', async () => {
    const png = await raw().png().toBuffer();
    const header = Buffer.from(png.subarray(16, 29));
    header.writeUInt32BE(65535, 0);
    header.writeUInt32BE(65535, 4);
    await refused(
      Buffer.concat([png.subarray(0, 8), chunk('IHDR', header), png.subarray(33)]),
      /pixel limit/,
    );
  });

  it.each(['jpeg', 'webp', 'gif'] as const)('a %s cut in half', async (kind) => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 2654435761) >>> 24));
    const bytes = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(kind)
      .toBuffer();
    await refused(bytes.subarray(0, bytes.length / 2), new RegExp(`damaged ${kind.toUpperCase()} file`));
  });

  it('a GIF without frames', async () => {
    const header = Buffer.from('47494638396102000100800000ff00000000ff3b', 'hex');
    await refused(header, /damaged GIF file/);
  });

  it.each([
    '<rect style="fill:url(http://example.org/a.svg#b)"/>',
    '<style>@import "a.css";</style>',
    '<rect fill="url(other.svg#b)"/>',
  ])('an SVG with %s', async (body) => {
    await refused(
      new TextEncoder().encode(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">${body}</svg>`),
      /refers to another file/,
    );
  });
});
