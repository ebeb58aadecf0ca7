import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { expand } from '../../src/compress/index.ts';
import { planBuild, stepNames } from '../../src/recipe/index.ts';
import { decodeFrame, encodePng, type Moment, momentFrame, prepareSplash } from '../../src/splash/index.ts';
import { readLzop } from '../compress/lzop-reader.ts';
import { paint, readDrawing } from '../golden/splash-outline.ts';
import type { Phone } from './phone.ts';
import { ramdiskOf } from './ramdisk.ts';

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

/**
 * Drivers of DRM bring what was drawn to the panel a moment later than the log tells of it: the least
 * difference until there is none, or for a minute.
 */
export async function settled(phone: Phone, wanted: Picture): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (const end = Date.now() + 60_000; least > 0 && Date.now() < end; ) {
    least = Math.min(least, difference(await shown(phone), wanted));
    if (least > 0) await sleep(200);
  }
  return least;
}

function screenOf({ request }: Phone) {
  const { screen } = request.device;
  if (screen === undefined) throw new Error('the phone has no screen');
  return screen;
}

/** What `mnx splash --preview` writes for the phone; what stage-1 shows when it stays up unless told otherwise. */
export async function preview(phone: Phone, moment: Moment = atRest(phone)): Promise<Picture> {
  return decodePng(await encodePng(momentFrame(await splashOf(phone), moment)));
}

async function splashOf(phone: Phone) {
  return prepareSplash({
    screen: screenOf(phone),
    steps: await stepNames(),
    address: phone.request.device.usb.address,
    ssh: mayLogIn(phone),
    ...(planBuild(phone.request).debug ? { shellKey: phone.request.device.keys.shell } : {}),
    ...(phone.request.splash === undefined ? {} : { image: phone.request.splash }),
  });
}

/** Whether the panel comes to show a moment while stage-1 waits: all but the spinner, which turns. */
export async function comesToShow(phone: Phone, moment: Moment, seconds = 120): Promise<boolean> {
  const splash = await splashOf(phone);
  const { row, data } = splash.band('spinner-1');
  const wanted = decodePng(await encodePng(momentFrame(splash, moment)));
  const spinner = [row, row + data.length / splash.frame.stride] as const;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (difference(without(await shown(phone), spinner), without(await wanted, spinner)) === 0) return true;
  }
  return false;
}

/** A picture with some rows black. */
function without({ width, height, rgb }: Picture, [from, to]: readonly [number, number]): Picture {
  return { width, height, rgb: Uint8Array.from(rgb).fill(0, from * width * 3, to * width * 3) };
}

function mayLogIn({ request: { ssh } }: Phone): boolean {
  return ssh.files.length > 0 || ssh.passwordless;
}

function atRest(phone: Phone): Moment {
  return { message: mayLogIn(phone) ? 'ready-ssh' : 'ready', at: 100 };
}

/** What stage-1 shows at rest, put together from the files of the image's ramdisk alone. */
export async function packed(phone: Phone): Promise<Picture> {
  const screen = screenOf(phone);
  const parts = await ramdiskOf(phone.image);
  const rows = async (name: string): Promise<{ from: number; data: Uint8Array }> => {
    const entry = parts.find(({ path }) => path.startsWith(`usr/share/mnx/splash/${name}`));
    if (entry?.type !== 'file') throw new Error(`the ramdisk has no ${name}`);
    const lzo = entry.path.endsWith('.lzo');
    const data = lzo ? readLzop(entry.data) : await expand(entry.data, { limit: 64 * 1024 * 1024 });
    return { from: Number(/@(\d+)-/.exec(entry.path)?.[1] ?? 0), data };
  };
  const raw = new Uint8Array(screen.stride * screen.height);
  const ground = await rows('ground');
  for (let at = 0; at < raw.length; at += ground.data.length) raw.set(ground.data, at);
  const note = parts.some(({ path }) => path.includes('/splash/shell-key@')) ? ['shell-key@'] : [];
  for (const name of ['boot@', ...note, `message-${atRest(phone).message}@`, 'progress-50@']) {
    const { from, data } = await rows(name);
    raw.set(data, from * screen.stride);
  }
  return decodePng(await encodePng(decodeFrame(raw, screen)));
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

/** Rows of the panel above all words. */
const ABOVE_WORDS = 1330;

/**
 * Largest difference of a channel from the shipped picture drawn by other means: within the shapes,
 * and on their outlines, where two ways to smooth an edge need not agree. Above the words that are laid over it.
 */
export function distanceFromDrawing({ rgb, width }: Picture): { shapes: number; outlines: number } {
  const svg = resolve(import.meta.dirname, '../../themes/default/splash.svg');
  const drawn = paint(readDrawing(readFileSync(svg, 'utf8')));
  const most = { shapes: 0, outlines: 0 };
  for (let i = 0; i < ABOVE_WORDS * width * 3; i++) {
    const kind = (drawn.edge[Math.floor(i / 3)] ?? 0) > 1 ? 'shapes' : 'outlines';
    most[kind] = Math.max(most[kind], Math.abs((rgb[i] ?? 0) - (drawn.rgb[i] ?? 0)));
  }
  return most;
}
