import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import sharp from 'sharp';
import { expand } from '../../src/compress/index.ts';
import { decodeFrame, encodePng, renderSplash } from '../../src/splash/index.ts';
import { paint, readDrawing } from '../golden/splash-outline.ts';
import type { Phone } from './phone.ts';
import { ramdiskFile } from './ramdisk.ts';

/** RGB, three bytes a pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

async function decodePng(png: Uint8Array): Promise<Picture> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data };
}

/** What the panel shows now. */
export async function shown({ session }: Phone): Promise<Picture> {
  return decodePng(await session.screenshot());
}

function screenOf({ request }: Phone) {
  const { screen } = request.device;
  if (screen === undefined) throw new Error('the phone has no screen');
  return screen;
}

/** What `mnx splash --preview` writes for the phone. */
export async function preview(phone: Phone): Promise<Picture> {
  return decodePng(await encodePng(await renderSplash({ screen: screenOf(phone) })));
}

/** The frame that lies in the image's ramdisk. */
export async function packed(phone: Phone): Promise<Picture> {
  const file = await ramdiskFile(phone.image, 'usr/share/mnx/splash/boot.raw.gz');
  const raw = await expand(file, { limit: 64 * 1024 * 1024 });
  return decodePng(await encodePng(decodeFrame(raw, screenOf(phone))));
}

/** Pixels in which two pictures differ. */
export function difference(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height) return Number.POSITIVE_INFINITY;
  let count = 0;
  for (let i = 0; i < a.rgb.length; i += 3) {
    if (a.rgb[i] !== b.rgb[i] || a.rgb[i + 1] !== b.rgb[i + 1] || a.rgb[i + 2] !== b.rgb[i + 2]) count++;
  }
  return count;
}

/**
 * Largest difference of a channel from the shipped picture drawn by other means: within the shapes,
 * and on their outlines, where two ways to smooth an edge need not agree.
 */
export function distanceFromDrawing({ rgb }: Picture): { shapes: number; outlines: number } {
  const svg = resolve(import.meta.dirname, '../../themes/default/splash.svg');
  const drawn = paint(readDrawing(readFileSync(svg, 'utf8')));
  const most = { shapes: 0, outlines: 0 };
  for (let i = 0; i < rgb.length; i++) {
    const kind = (drawn.edge[Math.floor(i / 3)] ?? 0) > 1 ? 'shapes' : 'outlines';
    most[kind] = Math.max(most[kind], Math.abs((rgb[i] ?? 0) - (drawn.rgb[i] ?? 0)));
  }
  return most;
}
