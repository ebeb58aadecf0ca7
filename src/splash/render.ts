import type { Sharp } from 'sharp';
import { MnxError, UsageError, utf8, utf8Text } from '../binary/index.ts';
import type { Screen } from '../device/index.ts';
import { drawBanner } from './banner.ts';
import { Canvas } from './canvas.ts';
import { MOST_PIXELS, pictureEngine } from './engine.ts';
import { CAPITAL, type Font, loadFont } from './font.ts';
import { encodeFrame, type Frame, type Pixels, turn } from './frame.ts';
import { type Picture, readPicture } from './picture.ts';
import { type Box, type Placing, placePicture, type Size } from './place.ts';
import { uprightSize } from './strip.ts';
import { fitSvg } from './svg.ts';
import { type Label, testcard } from './testcard.ts';
import { readTheme, type Theme } from './theme.ts';

export interface SplashOptions extends Placing {
  /** The panel: size, stride, pixel format and rotation. */
  readonly screen: Screen;
  /** SVG, PNG, JPEG, WebP or GIF bytes, the path of such a file or of a folder of frames; absent: the theme's picture. */
  readonly image?: Uint8Array | string;
  /** Name of a shipped theme, or a folder with a `theme.toml`; absent: `default`. */
  readonly theme?: string;
  /** Colour around and behind the picture, `#rrggbb`; absent: the theme's. */
  readonly background?: string;
  /** A line of text over the picture, such as the warning of a passwordless image. */
  readonly banner?: string;
  /** Key that opens a shell while stage-1 starts, as a device file names it; the banner says so as well. */
  readonly shellKey?: string;
}

/**
 * Renders the splash of a panel: the picture (unless told otherwise whole, as large as it fits, centred)
 * on the theme's background, turned as the panel is mounted, in the panel's pixel format. Opaque.
 *
 * @throws UsageError for a file or theme that is not there; MnxError (exit code 3) for a picture that
 *   is damaged, of another kind, or would not look the same on every machine
 */
export async function renderSplash(options: SplashOptions): Promise<Frame> {
  const { screen } = options;
  const picture = await plainPicture(options, await readTheme(options.theme ?? 'default'));
  return encodeFrame(turn(picture, screen.rotation), screen);
}

/** A banner as it lies on the picture. */
export interface Banner {
  readonly canvas: Canvas;
  readonly box: Box;
}

/** The picture of a panel, upright, with its banner; `own` instead of the theme's or the user's. @throws as {@link renderSplash} */
export async function plainPicture(
  options: SplashOptions,
  theme: Theme,
  own?: Picture,
): Promise<Pixels & { readonly banner?: Banner }> {
  const upright = uprightSize(options.screen);
  checkPlacing(upright, options);
  const background = options.background ?? theme.background;
  const { picture, labels } =
    own === undefined ? await pictureOf(options, theme, upright) : { picture: own, labels: [] };
  const plain = await drawn(picture, upright, { ...options, background });
  const banner = options.banner?.trim() ?? '';
  if (labels.length === 0 && banner === '') return plain;
  const [canvas, font] = [Canvas.over(plain), await loadFont(theme)];
  for (const label of labels) drawLabel(canvas, label, font);
  if (banner === '') return canvas;
  const text = `${banner} ${shellNote(theme, options.shellKey)}`.trim();
  return { ...parts(canvas), banner: { canvas, box: drawBanner(canvas, text, theme, font) } };
}

/** Which key opens a shell, in the theme's words: `volume-down`, or the number of a key. Empty without one. */
export function shellNote({ labels }: Theme, key = ''): string {
  if (key === '') return '';
  return labels.shell.replaceAll('{key}', /^\d/.test(key) ? `key ${key}` : key.replaceAll('-', ' '));
}

function parts({ width, height, rgba }: Pixels): Pixels {
  return { width, height, rgba };
}

function drawLabel(canvas: Canvas, { text, left, centre = 0, top, capital, color }: Label, font: Font): void {
  const size = capital / CAPITAL;
  const start = left ?? centre - font.width(text, size) / 2;
  canvas.fill(font.edges(text, { left: start, baseline: Math.round(top + capital), size }), color);
}

interface Source {
  readonly picture: Picture;
  readonly labels: readonly Label[];
}

async function pictureOf({ image }: SplashOptions, theme: Theme, upright: Size): Promise<Source> {
  const file = image ?? theme.picture;
  if (file !== undefined) return { picture: await readPicture(file), labels: [] };
  const { svg, labels } = testcard(upright);
  return { picture: { name: 'the test card', kind: 'svg', bytes: utf8(svg) }, labels };
}

function checkPlacing({ width, height }: Size, { safeArea, scale = 1, background }: SplashOptions): void {
  const { top, right, bottom, left } = safeArea ?? { top: 0, right: 0, bottom: 0, left: 0 };
  if (!(left + right < width && top + bottom < height && Math.min(top, right, bottom, left) >= 0)) {
    throw new UsageError('splash.safe-area', `the safe area leaves nothing of ${width} x ${height} pixels`);
  }
  if (!(scale > 0 && scale <= 100)) {
    throw new UsageError('splash.scale', `a scale of ${scale} is not between 0 and 100`);
  }
  if (background !== undefined && !/^#[0-9a-f]{6}$/i.test(background)) {
    throw new UsageError('splash.background', `${background} is no colour such as #0b1020`);
  }
}

interface Ground extends Placing {
  readonly background: string;
}

async function drawn(picture: Picture, panel: Size, ground: Ground): Promise<Pixels> {
  try {
    const made =
      picture.kind === 'svg' ? await vector(picture, panel, ground) : await raster(picture, panel, ground);
    const { data, info } = await made
      .flatten({ background: ground.background })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgba: data };
  } catch (cause) {
    if (cause instanceof MnxError) throw cause;
    const reason = (cause as Error).message.split('\n')[0];
    throw new MnxError(
      'splash.picture',
      `${picture.name} is a damaged ${picture.kind.toUpperCase()} file: ${reason}`,
      { exitCode: 3, hint: 'Open it in a viewer and save it again.', cause },
    );
  }
}

const LOAD = { limitInputPixels: MOST_PIXELS, failOn: 'warning', density: 72 } as const;

/** A drawing is drawn at its place at once. */
async function vector({ bytes, name }: Picture, panel: Size, ground: Ground): Promise<Sharp> {
  const sharp = await pictureEngine();
  const place = (natural: Size) => placePicture(natural, panel, ground);
  return sharp(utf8(fitSvg(utf8Text(bytes), panel, place, name)), LOAD);
}

/** Pixels are scaled to their box, cut to the panel, and the rest of the panel is laid around them. */
async function raster({ bytes, name, page = 0 }: Picture, panel: Size, ground: Ground): Promise<Sharp> {
  const sharp = await pictureEngine();
  const load = { ...LOAD, page };
  const { autoOrient } = await sharp(bytes, load).metadata();
  const box = placePicture(autoOrient, panel, ground);
  const [width, height] = [Math.max(1, Math.round(box.width)), Math.max(1, Math.round(box.height))];
  if (width * height > MOST_PIXELS) {
    throw new MnxError('splash.too-large', `${name} would become ${width} x ${height} pixels`, {
      exitCode: 3,
      hint: 'Take a smaller --scale, or --fit contain.',
    });
  }
  const [left, top] = [Math.round(box.left), Math.round(box.top)];
  const cut = {
    left: Math.max(0, -left),
    top: Math.max(0, -top),
    width: Math.min(left + width, panel.width) - Math.max(0, left),
    height: Math.min(top + height, panel.height) - Math.max(0, top),
  };
  return sharp(bytes, load)
    .autoOrient()
    .resize({ width, height, fit: 'fill' })
    .extract(cut)
    .extend({
      left: Math.max(0, left),
      top: Math.max(0, top),
      right: Math.max(0, panel.width - left - width),
      bottom: Math.max(0, panel.height - top - height),
      background: ground.background,
    });
}
