import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { framePixels, renderSplash } from '../../src/splash/index.ts';
import { paint, readDrawing } from './splash-outline.ts';

const PICTURE = resolve(import.meta.dirname, '../../themes/default/splash.svg');

async function rendered(): Promise<Uint8Array> {
  const { screen } = loadDevice('asus-z00t');
  if (screen === undefined) throw new Error('asus-z00t has no screen');
  return framePixels(await renderSplash({ screen })).rgba;
}

/** Largest difference of a channel between two pictures, over pixels that `take` accepts. */
function worst(rgba: Uint8Array, rgb: Float64Array, take: (pixel: number) => boolean): number {
  let most = 0;
  for (let i = 0; i < rgba.length / 4; i++) {
    if (!take(i)) continue;
    for (let c = 0; c < 3; c++)
      most = Math.max(most, Math.abs((rgba[i * 4 + c] ?? 0) - (rgb[i * 3 + c] ?? 0)));
  }
  return most;
}

describe('the default picture', () => {
  it('equals a drawing by other means within 2 levels, and its outlines within a blurred pixel', async () => {
    const rgba = await rendered();
    const { rgb, edge } = paint(readDrawing(readFileSync(PICTURE, 'utf8')));
    const flat = (pixel: number) => (edge[pixel] ?? 0) > 1;
    expect(worst(rgba, rgb, flat)).toBeLessThanOrEqual(2);
    // Anti-aliasing samples an edge pixel; here it is taken from the distance to the outline.
    expect(worst(rgba, rgb, (pixel) => !flat(pixel))).toBeLessThanOrEqual(48);
    const edges = edge.reduce((sum, distance) => sum + (distance > 1 ? 0 : 1), 0);
    expect(edges).toBeLessThan(0.02 * edge.length);
  });

  it('shows every turn, mirror and swap of colours', async () => {
    const rgba = await rendered();
    const [width, height] = [1080, 1920];
    const at = (x: number, y: number) => [...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)];
    const changes: Readonly<Record<string, (x: number, y: number) => number[]>> = {
      mirrored: (x, y) => at(width - 1 - x, y),
      'upside down': (x, y) => at(x, height - 1 - y),
      'turned by 180 degrees': (x, y) => at(width - 1 - x, height - 1 - y),
      'red and blue swapped': (x, y) => at(x, y).reverse(),
      'channels moved on': (x, y) => [at(x, y)[2] ?? 0, at(x, y)[0] ?? 0, at(x, y)[1] ?? 0],
    };
    for (const [name, change] of Object.entries(changes)) {
      let different = 0;
      for (let y = 0; y < height; y += 8) {
        for (let x = 0; x < width; x += 8) {
          const [a, b] = [at(x, y), change(x, y)];
          if (a.some((value, c) => Math.abs(value - (b[c] ?? 0)) > 32)) different++;
        }
      }
      expect(different, name).toBeGreaterThan(200);
    }
  });

  it('gives the bytes that were looked at', async () => {
    const digest = createHash('sha256')
      .update(await rendered())
      .digest('hex');
    expect(digest).toMatchInlineSnapshot(
      `"2a995b7b9f499e50e40e868749c015c13bdae77dc9fe813ad3b4bfe3658a382a"`,
    );
  });
});
