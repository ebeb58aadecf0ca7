import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Canvas } from '../../src/splash/canvas.ts';
import { type Font, loadFont } from '../../src/splash/font.ts';
import { rim, roundBox } from '../../src/splash/outline.ts';
import { cover, type Edges } from '../../src/splash/raster.ts';

const INTER = resolve(import.meta.dirname, '../../themes/default/Inter-Medium.otf');

/** Sum of what is covered of every pixel. */
function area(edges: Edges): number {
  const found = cover(edges);
  if (found === undefined) return 0;
  let [all, sum] = [0, 0];
  for (let y = 0; y < found.height; y++) {
    sum = 0;
    for (let x = 0; x < found.width; x++) {
      sum += found.changes[y * found.stride + x] ?? 0;
      all += sum;
    }
  }
  return all;
}

/** By the shoelace formula. */
function shoelace(edges: Edges): number {
  let sum = 0;
  for (let i = 0; i < edges.length; i += 4) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = edges.slice(i, i + 4);
    sum += (x0 * y1 - x1 * y0) / 2;
  }
  return sum;
}

describe('cover', () => {
  it('covers as much as a figure has of area, wherever it lies', () => {
    const point = fc.tuple(
      fc.double({ min: -9, max: 40, noNaN: true }),
      fc.double({ min: -9, max: 30, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(point, { minLength: 3, maxLength: 7 }), (points) => {
        const edges = points.flatMap((from, i) => [...from, ...(points[(i + 1) % points.length] ?? from)]);
        expect(Math.abs(area(edges))).toBeCloseTo(Math.abs(shoelace(edges)), 6);
      }),
    );
  });

  it('leaves holes', () => {
    const box = { left: 1.5, top: 2.25, width: 20, height: 12, radius: 3 };
    expect(Math.abs(area(rim(box, 2)))).toBeCloseTo(
      Math.abs(area(roundBox(box))) -
        Math.abs(area(roundBox({ left: 3.5, top: 4.25, width: 16, height: 8, radius: 1 }))),
      6,
    );
  });
});

describe('text', () => {
  let font: Font;
  beforeAll(async () => {
    font = await loadFont({ font: INTER });
  });

  it('is near to what librsvg makes of the same outlines', async () => {
    const edges = font.edges('root-not-found äß Ωж', { left: 12, baseline: 60, size: 47 });
    const canvas = Canvas.blank({ left: 0, top: 0, width: 520, height: 80 }, '#000000');
    canvas.fill(edges, '#ffffff');
    let path = '';
    for (let i = 0; i < edges.length; i += 4) {
      const [x0, y0, x1, y1] = edges.slice(i, i + 4);
      path +=
        edges[i] === edges[i - 2] && edges[i + 1] === edges[i - 1]
          ? `L${x1} ${y1}`
          : `M${x0} ${y0}L${x1} ${y1}`;
    }
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="520" height="80"><rect width="520" height="80"/><path fill="#fff" d="${path}"/></svg>`;
    const theirs = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();
    const far = Array.from({ length: theirs.length / 4 }, (_, i) =>
      Math.abs((theirs[i * 4] ?? 0) - (canvas.rgba[i * 4] ?? 0)),
    );
    // Three steps from black to white round by a sixth of the way.
    expect(Math.max(...far)).toBeLessThanOrEqual(64);
    expect(far.reduce((sum, value) => sum + value, 0) / far.length).toBeLessThan(3);
    expect(theirs.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(1_000_000);
  });

  it('is shaped: kerned, and marks stand over their letters', () => {
    expect(font.width('AV', 100)).toBeLessThan(font.width('A', 100) + font.width('V', 100));
    expect(font.width('e\u0301', 100)).toBeCloseTo(font.width('é', 100), 6);
    expect(font.width('', 100)).toBe(0);
  });

  it('is wrapped at blanks, and long words are cut', () => {
    const wide = font.width('one two', 20);
    expect(font.wrap(' one  two three ', 20, wide)).toEqual(['one two', 'three']);
    const cut = font.wrap('abcdefghijklmnop', 20, font.width('abcd', 20));
    expect(cut.join('')).toBe('abcdefghijklmnop');
    for (const line of cut) expect(font.width(line, 20)).toBeLessThanOrEqual(font.width('abcd', 20));
  });

  it('names the character that a font lacks, and a file that is no font', async () => {
    expect(() => font.width('ok 漢', 10)).toThrow(/Inter-Medium.otf has no glyph for 漢 \(U\+6F22\)/);
    const folder = mkdtempSync(join(tmpdir(), 'mnx-font-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const [name, bytes] of [
      ['text.otf', 'hello'],
      ['empty.ttf', ''],
    ] as const) {
      writeFileSync(join(folder, name), bytes);
      await expect(loadFont({ font: join(folder, name) })).rejects.toMatchObject({
        code: 'splash.font',
        exitCode: 3,
      });
    }
    await expect(loadFont({ font: join(folder, 'none.ttf') })).rejects.toMatchObject({ code: 'splash.font' });
  });
});
