/**
 * Pictures in, framebuffer frames out.
 * @module
 */
export type { Frame } from './frame.ts';
export { renderSplash, type SplashOptions } from './render.ts';
