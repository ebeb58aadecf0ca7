import { MnxError } from '../binary/index.ts';
import { bytesPerPixel, type PixelFormat } from '../device/index.ts';
import { type Channels, FORMATS, widen } from './formats.ts';
import { packBytes, packDithered } from './narrow.ts';
import { rotateRows, rotations, wordsOf } from './words.ts';

/** Size and layout of a picture in framebuffer memory. */
export interface PixelShape {
  readonly width: number;
  readonly height: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly format: PixelFormat;
}

/**
 * Turns RGBA (4 bytes a pixel, rows without gaps) into framebuffer bytes; the gap behind each row
 * is zero. Channels of fewer than 8 bits are dithered by a fixed matrix that is tied to the panel's
 * pixels; levels that the channel has come out as themselves everywhere.
 *
 * @throws MnxError `splash.shape` when a row does not fit its stride, `splash.length` for other lengths
 */
export function packPixels(rgba: Uint8Array, shape: PixelShape): Uint8Array {
  checkShape(shape);
  expectLength(rgba, shape.width * shape.height * 4, 'RGBA');
  const out = new Uint8Array(shape.stride * shape.height);
  const size = bytesPerPixel(shape.format);
  if (size === 4) {
    packWords(rgba, shape, out);
  } else if (shape.format === 'GRAY8') {
    packGray(rgba, shape, out);
  } else if (size === 2) {
    packDithered(rgba, shape, out, channelsOf(shape.format));
  } else {
    packBytes(rgba, shape, out, channelsOf(shape.format));
  }
  return out;
}

/**
 * Turns framebuffer bytes back into RGBA: packing the result again gives the same pixels. Formats
 * without alpha come back opaque.
 *
 * @throws MnxError as {@link packPixels}
 */
export function unpackPixels(data: Uint8Array, shape: PixelShape): Uint8Array {
  checkShape(shape);
  expectLength(data, shape.stride * shape.height, shape.format);
  const out = new Uint8Array(shape.width * shape.height * 4);
  const size = bytesPerPixel(shape.format);
  if (size === 4) unpackWords(data, shape, out);
  else if (shape.format === 'GRAY8') unpackGray(data, shape, out);
  else unpackChannels(data, shape, out);
  return out;
}

function channelsOf(format: PixelFormat): Channels {
  return FORMATS[format as Exclude<PixelFormat, 'GRAY8'>];
}

function packWords(rgba: Uint8Array, shape: PixelShape, out: Uint8Array): void {
  const { width, height, stride, format } = shape;
  const moves = rotations(channelsOf(format), 'pack');
  const from = wordsOf(rgba);
  if (stride % 4 === 0) {
    rotateRows({ from, fromStep: width, to: wordsOf(out), toStep: stride / 4, width, height }, moves);
    return;
  }
  const tight = new Uint8Array(width * height * 4);
  rotateRows({ from, fromStep: width, to: wordsOf(tight), toStep: width, width, height }, moves);
  for (let y = 0; y < height; y++) out.set(tight.subarray(y * width * 4, (y + 1) * width * 4), y * stride);
}

function unpackWords(data: Uint8Array, shape: PixelShape, out: Uint8Array): void {
  const { width, height, stride, format } = shape;
  const moves = rotations(channelsOf(format), 'unpack');
  const to = wordsOf(out);
  if (stride % 4 === 0) {
    rotateRows({ from: wordsOf(data), fromStep: stride / 4, to, toStep: width, width, height }, moves);
    return;
  }
  for (let y = 0; y < height; y++) out.set(data.subarray(y * stride, y * stride + width * 4), y * width * 4);
  rotateRows({ from: to, fromStep: width, to, toStep: width, width, height }, moves);
}

function unpackChannels(data: Uint8Array, shape: PixelShape, out: Uint8Array): void {
  const { width, height, stride, format } = shape;
  const size = bytesPerPixel(format);
  const channels = channelsOf(format);
  const lanes = [channels.red, channels.green, channels.blue].map(({ shift, bits }) => ({
    shift,
    mask: (1 << bits) - 1,
    levels: Uint8Array.from({ length: 1 << bits }, (_, value) => widen(value, bits)),
  }));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = y * stride + x * size;
      const target = (y * width + x) * 4;
      let word = (data[source] as number) | ((data[source + 1] as number) << 8);
      if (size === 3) word |= (data[source + 2] as number) << 16;
      let channel = target;
      for (const { shift, mask, levels } of lanes) {
        out[channel] = levels[(word >>> shift) & mask] as number;
        channel += 1;
      }
      out[target + 3] = 255;
    }
  }
}

/** Rec. 601 luma in 8-bit fractions; the weights sum to 256, so that white stays white. */
function packGray(rgba: Uint8Array, { width, height, stride }: PixelShape, out: Uint8Array): void {
  const words = wordsOf(rgba);
  for (let y = 0; y < height; y++) {
    const [source, target] = [y * width, y * stride];
    for (let x = 0; x < width; x++) {
      const word = words[source + x] as number;
      const luma = 77 * (word & 0xff) + 150 * ((word >>> 8) & 0xff) + 29 * ((word >>> 16) & 0xff);
      out[target + x] = (luma + 128) >> 8;
    }
  }
}

function unpackGray(data: Uint8Array, { width, height, stride }: PixelShape, out: Uint8Array): void {
  const words = wordsOf(out);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      words[y * width + x] = ((data[y * stride + x] as number) * 0x010101) | -0x1000000;
    }
  }
}

function checkShape({ width, height, stride, format }: PixelShape): void {
  const least = width * bytesPerPixel(format);
  if (width > 0 && height > 0 && stride >= least) return;
  throw new MnxError(
    'splash.shape',
    `a ${width} x ${height} picture in ${format} needs rows of ${least} bytes, the stride is ${stride}`,
  );
}

/** @throws MnxError `splash.length` (exit code 3) */
export function expectLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length === length) return;
  throw new MnxError('splash.length', `${what} pixels: got ${bytes.length} bytes, want ${length}`, {
    exitCode: 3,
  });
}
