import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { encodePng, renderSplash } from '../../src/splash/index.ts';

const PICTURE = resolve(import.meta.dirname, '../../themes/default/splash.svg');
const there = spawnSync('rsvg-convert', ['--version']).status === 0;
if (!there) console.log('skipped: rsvg-convert is not installed (Debian package librsvg2-bin)');

/** The picture by the system's own librsvg, on the theme's background, as RGB. */
async function byRsvg(width: number, height: number): Promise<Buffer> {
  const size = ['-w', String(width), '-h', String(height), '-b', '#0b1020'];
  const { stdout } = spawnSync('rsvg-convert', [...size, PICTURE], { maxBuffer: 64 * 1024 * 1024 });
  return rgb(stdout);
}

function rgb(png: Uint8Array): Promise<Buffer> {
  return sharp(png).removeAlpha().raw().toBuffer();
}

describe.skipIf(!there)('the default splash', () => {
  it("is within 2 levels of the system's librsvg everywhere, outlines included", async () => {
    const { screen } = loadDevice('asus-z00t');
    if (screen === undefined) throw new Error('asus-z00t has a screen');
    const ours = await rgb(await encodePng(await renderSplash({ screen })));
    const theirs = await byRsvg(screen.width, screen.height);
    expect(theirs.length).toBe(ours.length);
    let worst = 0;
    for (const [i, level] of ours.entries()) worst = Math.max(worst, Math.abs(level - (theirs[i] ?? 0)));
    expect(worst).toBeLessThanOrEqual(2);
  });
});
