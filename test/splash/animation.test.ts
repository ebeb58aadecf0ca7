import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Screen } from '../../src/device/index.ts';
import {
  animationPlan,
  framePixels,
  prepareSplash,
  previewPage,
  type Splash,
  splashFiles,
} from '../../src/splash/index.ts';
import { pngChunk } from '../../src/splash/png-chunks.ts';

/** Too small for words: everything may move. */
const screen: Screen = {
  width: 8,
  height: 32,
  stride: 32,
  format: 'BGRA8888',
  rotation: 0,
  backlight: undefined,
  pan: false,
  setMode: false,
  blank: [],
  fbset: false,
};

const RED = [255, 0, 0, 255];
const GREEN = [0, 255, 0, 255];
const NOTHING = [0, 0, 0, 0];

/** 8 x 32 pixels, of which the rows from `at` on, 8 of them, are red on the ground. */
const frame = (at: number, ground = GREEN): Uint8Array =>
  Uint8Array.from({ length: 8 * 32 }, (_, i) => Math.floor(i / 8)).reduce(
    (out, y, i) => {
      out.set(y >= at && y < at + 8 ? RED : ground, i * 4);
      return out;
    },
    new Uint8Array(8 * 32 * 4),
  );

const raw = (rgba: Uint8Array, height = 32) => sharp(rgba, { raw: { width: 8, height, channels: 4 } });

/** The pictures that a panel shows one after the other, as letters per 8 rows, from the bands alone. */
function played(splash: Splash): string[] {
  const { stride } = splash.screen;
  const data = splash.frame.data.slice();
  const look = (): string => {
    const { rgba } = framePixels({ ...splash.frame, data });
    return [0, 8, 16, 24].map((y) => ({ 255: 'R', 0: 'G' })[rgba[y * 8 * 4] ?? 1] ?? '?').join('');
  };
  const [back, ...others] = splash.animation;
  const seen = [look()];
  for (const part of [...others, ...(back === undefined ? [] : [back])]) {
    for (const { row, data: bytes } of part.bands) data.set(bytes, row * stride);
    seen.push(look());
  }
  return seen;
}

async function animated(kind: 'gif' | 'webp', delay = [80, 120, 200]): Promise<Uint8Array> {
  const pages = Buffer.concat([0, 8, 24].map((at) => frame(at)));
  const strip = sharp(pages, { raw: { width: 8, height: 96, channels: 4, pageHeight: 32 } });
  return kind === 'gif' ? strip.gif({ delay }).toBuffer() : strip.webp({ lossless: true, delay }).toBuffer();
}

const u32 = (...values: number[]): Buffer => {
  const out = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) out.writeUInt32BE(value, i * 4);
  return out;
};

interface Control {
  readonly rgba: Uint8Array;
  readonly top?: number;
  readonly dispose?: number;
  readonly blend?: number;
}

/** Written by hand after the APNG specification: libvips writes none. */
async function apng(frames: readonly Control[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sequence = 0;
  for (const [i, { rgba, top = 0, dispose = 0, blend = 0 }] of frames.entries()) {
    const height = rgba.length / 32;
    const png = await raw(rgba, height).png({ palette: false }).toBuffer();
    const idat = png.indexOf('IDAT') - 4;
    if (i === 0) parts.push(png.subarray(0, 33), pngChunk('acTL', u32(frames.length, 0)));
    const tail = Buffer.from([0, 1, 0, 20, dispose, blend]);
    parts.push(pngChunk('fcTL', Buffer.concat([u32(sequence++, 8, height, 0, top), tail])));
    const data = png.subarray(idat + 8, idat + 8 + png.readUInt32BE(idat));
    parts.push(i === 0 ? pngChunk('IDAT', data) : pngChunk('fdAT', Buffer.concat([u32(sequence++), data])));
  }
  return Buffer.concat([...parts, pngChunk('IEND', new Uint8Array())]);
}

const fitted = { fit: 'stretch', background: '#00ff00' } as const;

describe('an animated picture', () => {
  it.each(['gif', 'webp'] as const)('of a %s is played by what changes', async (kind) => {
    const splash = await prepareSplash({ screen, image: await animated(kind), ...fitted });
    expect(played(splash)).toEqual(['RGGG', 'GRGG', 'GGGR', 'RGGG']);
    expect(animationPlan(splash)).toBe('frame-0 0.08\nframe-1 0.12\nframe-2 0.2\n');
    const page = await previewPage(splash, { title: 'Phone', screen });
    expect(page.match(/<img /g)).toHaveLength(3);
    // The rows between are not drawn again.
    expect([...splashFiles(splash).keys()]).toEqual([
      'ground',
      'boot@0-32',
      'frame-0@0-8',
      'frame-0@24-32',
      'frame-1@0-16',
      'frame-2@8-16',
      'frame-2@24-32',
    ]);
  });

  it('of an APNG is laid over what is there, and taken away again', async () => {
    const bar = (height: number, color: number[]) =>
      Uint8Array.from({ length: 8 * height * 4 }, (_, i) => color[i % 4] ?? 0);
    const over = await apng([
      { rgba: frame(0) },
      { rgba: bar(8, RED), top: 8, blend: 1 },
      { rgba: bar(8, RED), top: 24, dispose: 2 },
      { rgba: bar(8, NOTHING), top: 0, blend: 1 },
      { rgba: bar(8, RED), top: 16, dispose: 1 },
      { rgba: bar(8, GREEN), top: 0 },
    ]);
    const splash = await prepareSplash({ screen, image: over, ...fitted });
    expect(played(splash)).toEqual(['RGGG', 'RRGG', 'RRGR', 'RRGG', 'RRRG', 'GRGG', 'RGGG']);
    expect(splash.animation[1]?.seconds).toBe(0.05);
    const outside = await apng([{ rgba: frame(0) }, { rgba: frame(0), top: 8 }]);
    await expect(prepareSplash({ screen, image: outside })).rejects.toMatchObject({
      code: 'splash.picture',
      exitCode: 3,
    });
  });

  it('may be a folder of frames', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mnx-frames-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const [i, at] of [0, 16].entries())
      writeFileSync(join(folder, `${i}.png`), await raw(frame(at)).png().toBuffer());
    const splash = await prepareSplash({ screen, image: folder, ...fitted });
    expect(played(splash)).toEqual(['RGGG', 'GGRG', 'RGGG']);
    rmSync(join(folder, '1.png'));
    expect((await prepareSplash({ screen, image: folder })).animation).toEqual([]);
    for (let i = 0; i < 101; i++) writeFileSync(join(folder, `${i}.svg`), '<svg viewBox="0 0 1 1"/>');
    await expect(prepareSplash({ screen, image: folder })).rejects.toMatchObject({ code: 'splash.frames' });
  });

  it('moves nothing where words stand', async () => {
    const large = { ...screen, width: 240, height: 400, stride: 960 };
    const splash = await prepareSplash({ screen: large, image: await animated('gif'), ...fitted });
    const words = ['message-root', 'progress-0', 'spinner-0'].map((name) => splash.band(name));
    expect(splash.animation.flatMap(({ bands }) => bands).length).toBeGreaterThan(3);
    for (const { bands } of splash.animation) {
      for (const { row, data } of bands) {
        for (const word of words) {
          const [end, wordEnd] = [row + data.length / 960, word.row + word.data.length / 960];
          expect(row >= wordEnd || end <= word.row).toBe(true);
        }
      }
    }
  });

  it('stands still where there is one picture', async () => {
    const image = await raw(frame(0)).png().toBuffer();
    const splash = await prepareSplash({ screen, image });
    expect([splash.animation, animationPlan(splash)]).toEqual([[], undefined]);
  });
});
