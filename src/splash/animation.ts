import { MnxError } from '../binary/index.ts';
import { apngFrames } from './apng.ts';
import { pictureEngine } from './engine.ts';
import type { Frame } from './frame.ts';
import { frameFiles, type Picture, readPicture } from './picture.ts';
import { chunksOf } from './png-chunks.ts';
import { type Band, ROW_STEP } from './strip.ts';

/** A picture of an animation, and how long it stays. */
export interface MovingPicture {
  readonly picture: Picture;
  readonly seconds: number;
}

/** What the device plays: from the frame before, the rows that change. The first goes back from the last. */
export interface PlayedFrame {
  /** `frame-0`, `frame-1`, ... */
  readonly name: string;
  readonly seconds: number;
  readonly bands: readonly Band[];
}

/** More is a film; each takes memory on the phone. */
const MOST_FRAMES = 100;
/** Of a folder of pictures. */
const SECONDS = 0.1;
/** A phone needs this long to write a frame. */
const LEAST_SECONDS = 0.05;

/**
 * The pictures of an animated GIF, WebP or APNG, or of a folder of frames. Empty for one picture.
 * @throws MnxError `splash.frames` (exit code 3) for more than 100; as `readPicture`
 */
export async function movingPictures(image: Uint8Array | string): Promise<MovingPicture[]> {
  const files = typeof image === 'string' ? await frameFiles(image) : undefined;
  if (files !== undefined) {
    expectFew(files.length);
    const pictures = await Promise.all(files.map((file) => readPicture(file)));
    return pictures.length === 1 ? [] : pictures.map((picture) => ({ picture, seconds: SECONDS }));
  }
  const picture = await readPicture(image);
  if (picture.kind === 'png') return fromApng(picture);
  return picture.kind === 'gif' || picture.kind === 'webp' ? fromPages(picture) : [];
}

async function fromPages(picture: Picture): Promise<MovingPicture[]> {
  const sharp = await pictureEngine();
  // What is damaged is said when it is drawn.
  const found = await sharp(picture.bytes)
    .metadata()
    .catch(() => undefined);
  const { pages = 1, delay = [] } = found ?? {};
  if (pages < 2) return [];
  expectFew(pages);
  return Array.from({ length: pages }, (_, page) => ({
    picture: { ...picture, page },
    seconds: seconds((delay[page] ?? 100) / 1000),
  }));
}

async function fromApng(picture: Picture): Promise<MovingPicture[]> {
  const count = chunksOf(picture.bytes, picture.name).filter(({ type }) => type === 'fcTL').length;
  if (count < 2) return [];
  expectFew(count);
  const sharp = await pictureEngine();
  const out: MovingPicture[] = [];
  for (const { pixels, seconds: shown } of await apngFrames(picture.bytes, picture.name)) {
    const { width, height, rgba } = pixels;
    const bytes = await sharp(rgba, { raw: { width, height, channels: 4 } })
      .png()
      .toBuffer();
    out.push({ picture: { name: picture.name, kind: 'png', bytes }, seconds: seconds(shown) });
  }
  return out;
}

function seconds(value: number): number {
  return Math.max(LEAST_SECONDS, Math.round(value * 100) / 100);
}

function expectFew(count: number): void {
  if (count <= MOST_FRAMES) return;
  throw new MnxError('splash.frames', `an animation of ${count} frames, more than ${MOST_FRAMES}`, {
    exitCode: 3,
    hint: 'Leave frames out: a boot takes seconds.',
  });
}

/** Rows of the panel. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** The rows in which a frame differs from another one, but for those that `spared` covers. */
export function changedBands(before: Frame, after: Frame, spared: readonly RowRange[]): Band[] {
  const { stride, height } = after;
  const bands: Band[] = [];
  let start: number | undefined;
  for (let row = 0; row <= height; row += ROW_STEP) {
    const [from, to] = [row * stride, Math.min(height, row + ROW_STEP) * stride];
    const same =
      row >= height ||
      spared.some((range) => row < range.to && row + ROW_STEP > range.from) ||
      Buffer.compare(before.data.subarray(from, to), after.data.subarray(from, to)) === 0;
    if (!same) start ??= row;
    if (same && start !== undefined) {
      bands.push({ row: start, data: after.data.slice(start * stride, Math.min(height, row) * stride) });
      start = undefined;
    }
  }
  return bands;
}
