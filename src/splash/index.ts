/**
 * Pictures in, framebuffer frames out: rendering for a panel, pixel formats, previews.
 * @module
 */
export { decodeFrame, encodeFrame, type Frame, framePixels, type Pixels } from './frame.ts';
export { type PixelShape, packPixels, unpackPixels } from './pixels.ts';
export { encodePng } from './png.ts';
export { renderSplash, type SplashOptions } from './render.ts';
