/**
 * Pictures in, framebuffer frames out: rendering for a panel, pixel formats, previews.
 * @module
 */
export type { PlayedFrame } from './animation.ts';
export { type Diagnosis, diagnoseDump } from './doctor.ts';
export { decodeFrame, encodeFrame, type Frame, framePixels, type Pixels, turn } from './frame.ts';
export { type PageOptions, previewPage, uprightFrame } from './html.ts';
export { frameFiles } from './picture.ts';
export { type PixelShape, packPixels, unpackPixels } from './pixels.ts';
export { ANCHOR_NAMES, type Anchor, FITS, type Fit, type SafeArea } from './place.ts';
export { encodePng } from './png.ts';
export { renderSplash, type SplashOptions } from './render.ts';
export {
  animationPlan,
  GROUND_ROWS,
  type Moment,
  type MovingOptions,
  momentFrame,
  OFFLINE,
  prepareSplash,
  progressState,
  type Splash,
  splashFiles,
} from './splash.ts';
export { type Band, ROW_STEP } from './strip.ts';
export { isThemeFolder, THEMES } from './theme.ts';
