import { join } from 'node:path';
import { MnxError, utf8, utf8Text } from '../binary/index.ts';
import type { Screen } from '../device/index.ts';
import { bannerSvg } from './banner.ts';
import { MOST_PIXELS, pictureEngine } from './engine.ts';
import { encodeFrame, type Frame, type Pixels, turn } from './frame.ts';
import { type Picture, readPicture } from './picture.ts';
import { fitSvg } from './svg.ts';
import { readTheme, type Theme } from './theme.ts';

export interface SplashOptions {
  /** The panel: size, stride, pixel format and rotation. */
  readonly screen: Screen;
  /** SVG, PNG or JPEG bytes, or the path of such a file; absent: the theme's picture. */
  readonly image?: Uint8Array | string;
  /** Name of a shipped theme, or a folder with a `theme.toml`; absent: `default`. */
  readonly theme?: string;
  /** A line of text over the picture, such as the warning of a passwordless image. */
  readonly banner?: string;
}

/**
 * Renders the splash of a panel: the whole picture as large as it fits, centred on the theme's
 * background, turned as the panel is mounted, in the panel's pixel format. Opaque.
 *
 * @throws UsageError for a file or theme that is not there; MnxError (exit code 3) for a picture that
 *   is damaged, of another kind, or would not look the same on every machine
 */
export async function renderSplash({
  screen,
  image,
  theme: themeName,
  banner,
}: SplashOptions): Promise<Frame> {
  const theme = await readTheme(themeName ?? 'default');
  const picture = await readPicture(image ?? join(theme.folder, theme.picture));
  const upright =
    screen.rotation % 180 === 0
      ? { width: screen.width, height: screen.height }
      : { width: screen.height, height: screen.width };
  const plain = await drawn(picture, upright, theme);
  const whole = banner === undefined || banner.trim() === '' ? plain : await withBanner(plain, banner, theme);
  return encodeFrame(turn(whole, screen.rotation), screen);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

async function drawn(picture: Picture, { width, height }: Size, theme: Theme): Promise<Pixels> {
  const sharp = await pictureEngine();
  const svg = picture.kind === 'svg';
  const bytes = svg ? utf8(fitSvg(utf8Text(picture.bytes), width, height, picture.name)) : picture.bytes;
  try {
    const { data, info } = await sharp(bytes, {
      limitInputPixels: MOST_PIXELS,
      failOn: 'warning',
      density: 72,
    })
      .autoOrient()
      .resize({ width, height, fit: 'contain', background: theme.background })
      .flatten({ background: theme.background })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgba: data };
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0];
    throw new MnxError(
      'splash.picture',
      `${picture.name} is a damaged ${picture.kind.toUpperCase()} file: ${reason}`,
      {
        exitCode: 3,
        hint: 'Open it in a viewer and save it again.',
        cause,
      },
    );
  }
}

async function withBanner({ width, height, rgba }: Pixels, text: string, theme: Theme): Promise<Pixels> {
  const sharp = await pictureEngine();
  const overlay = Buffer.from(bannerSvg(text, width, height, theme));
  const data = await sharp(rgba, { raw: { width, height, channels: 4 } })
    .composite([{ input: overlay, density: 72 }])
    .raw()
    .toBuffer();
  return { width, height, rgba: data };
}
