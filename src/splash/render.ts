import { MnxError } from '../binary/index.ts';
import type { Screen } from '../device/index.ts';
import type { Frame } from './frame.ts';

export interface SplashOptions {
  readonly screen: Screen;
  /** SVG, PNG or JPEG bytes, or the path of such a file; absent: the theme's picture. */
  readonly image?: Uint8Array | string;
  /** Folder of a theme, or the name of a shipped one; absent: `default`. */
  readonly theme?: string;
  /** A line of text over the picture, such as the warning of a passwordless image. */
  readonly banner?: string;
}

export async function renderSplash(_options: SplashOptions): Promise<Frame> {
  throw new MnxError('splash.picture', 'no picture');
}
