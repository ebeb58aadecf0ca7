import { pictureEngine } from './engine.ts';
import { type Frame, framePixels } from './frame.ts';

/**
 * A frame as a PNG file, decoded from the very bytes that the panel gets: what it shows is what the
 * device will show, a wrong channel order included. Without alpha, as a panel has none.
 */
export async function encodePng(frame: Frame): Promise<Uint8Array> {
  const sharp = await pictureEngine();
  const { width, height, rgba } = framePixels(frame);
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
}
