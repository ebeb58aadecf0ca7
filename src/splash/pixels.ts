import { MnxError } from '../binary/index.ts';
import { bytesPerPixel, type PixelFormat } from '../device/index.ts';

/** Where a channel lies in the little-endian word of a pixel. */
interface Channel {
  readonly shift: number;
  readonly bits: number;
}

interface Channels {
  readonly red: Channel;
  readonly green: Channel;
  readonly blue: Channel;
  readonly alpha?: Channel;
}

const at = (shift: number, bits = 8): Channel => ({ shift, bits });

/**
 * The one declaration of each format. Names give bytes in memory, first byte first; the 16-bit
 * formats name the bits of a little-endian word from the top, as Linux does (r5g6b5). Shifts are those
 * of `fb_var_screeninfo` (include/uapi/linux/fb.h).
 */
const FORMATS: Readonly<Record<Exclude<PixelFormat, 'GRAY8'>, Channels>> = {
  BGRA8888: { blue: at(0), green: at(8), red: at(16), alpha: at(24) },
  RGBA8888: { red: at(0), green: at(8), blue: at(16), alpha: at(24) },
  ARGB8888: { alpha: at(0), red: at(8), green: at(16), blue: at(24) },
  ABGR8888: { alpha: at(0), blue: at(8), green: at(16), red: at(24) },
  RGB888: { red: at(0), green: at(8), blue: at(16) },
  BGR888: { blue: at(0), green: at(8), red: at(16) },
  RGB565: { red: at(11, 5), green: at(5, 6), blue: at(0, 5) },
  BGR565: { blue: at(11, 5), green: at(5, 6), red: at(0, 5) },
};

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
 * is zero. Channels of fewer bits are rounded to the nearest.
 */
export function packPixels(rgba: Uint8Array, shape: PixelShape): Uint8Array {
  checkShape(shape);
  expectLength(rgba, shape.width * shape.height * 4, 'RGBA');
  const out = new Uint8Array(shape.stride * shape.height);
  if (shape.format === 'BGRA8888' && littleEndian && shape.stride % 4 === 0) {
    swapRedBlue(words(rgba), shape.width, words(out), shape.stride / 4);
  } else if (shape.format === 'GRAY8') {
    packGray(rgba, shape, out);
  } else {
    packChannels(rgba, shape, FORMATS[shape.format], out);
  }
  return out;
}

/**
 * Turns framebuffer bytes back into RGBA: packing the result again gives the same pixels. Formats
 * without alpha come back opaque.
 */
export function unpackPixels(data: Uint8Array, shape: PixelShape): Uint8Array {
  checkShape(shape);
  expectLength(data, shape.stride * shape.height, shape.format);
  const out = new Uint8Array(shape.width * shape.height * 4);
  if (shape.format === 'BGRA8888' && littleEndian && shape.stride % 4 === 0) {
    unpackBgra(words(data), shape, words(out));
  } else if (shape.format === 'GRAY8') {
    unpackGray(data, shape, out);
  } else {
    unpackChannels(data, shape, FORMATS[shape.format], out);
  }
  return out;
}

const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** The same bytes as 32-bit words; copied when they do not start on a word. */
function words(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

function swapped(word: number): number {
  return (word & 0xff00ff00) | ((word & 0xff) << 16) | ((word >>> 16) & 0xff);
}

function swapRedBlue(from: Uint32Array, width: number, to: Uint32Array, step: number): void {
  const height = to.length / step;
  for (let y = 0; y < height; y++) {
    const source = y * width;
    const target = y * step;
    for (let x = 0; x < width; x++) to[target + x] = swapped(from[source + x] as number);
  }
}

function unpackBgra(from: Uint32Array, { width, height, stride }: PixelShape, to: Uint32Array): void {
  const step = stride / 4;
  for (let y = 0; y < height; y++) {
    const source = y * step;
    const target = y * width;
    for (let x = 0; x < width; x++) to[target + x] = swapped(from[source + x] as number);
  }
}

function packChannels(rgba: Uint8Array, shape: PixelShape, channels: Channels, out: Uint8Array): void {
  const size = bytesPerPixel(shape.format);
  const [red, green, blue, alpha] = [channels.red, channels.green, channels.blue, channels.alpha];
  forEachPixel(shape, size, (source, target) => {
    let word =
      narrow(rgba[source] as number, red) |
      narrow(rgba[source + 1] as number, green) |
      narrow(rgba[source + 2] as number, blue);
    if (alpha !== undefined) word |= narrow(rgba[source + 3] as number, alpha);
    for (let i = 0; i < size; i++) out[target + i] = (word >>> (8 * i)) & 0xff;
  });
}

function unpackChannels(data: Uint8Array, shape: PixelShape, channels: Channels, out: Uint8Array): void {
  const size = bytesPerPixel(shape.format);
  forEachPixel(shape, size, (target, source) => {
    let word = 0;
    for (let i = 0; i < size; i++) word |= (data[source + i] as number) << (8 * i);
    out[target] = widen(word, channels.red);
    out[target + 1] = widen(word, channels.green);
    out[target + 2] = widen(word, channels.blue);
    out[target + 3] = channels.alpha === undefined ? 255 : widen(word, channels.alpha);
  });
}

/** Rec. 601 luma in 8-bit fractions; the weights sum to 256, so that white stays white. */
function packGray(rgba: Uint8Array, shape: PixelShape, out: Uint8Array): void {
  forEachPixel(shape, 1, (source, target) => {
    const [red, green, blue] = [
      rgba[source] as number,
      rgba[source + 1] as number,
      rgba[source + 2] as number,
    ];
    out[target] = (77 * red + 150 * green + 29 * blue + 128) >> 8;
  });
}

function unpackGray(data: Uint8Array, shape: PixelShape, out: Uint8Array): void {
  forEachPixel(shape, 1, (target, source) => {
    out.fill(data[source] as number, target, target + 3);
    out[target + 3] = 255;
  });
}

/** Calls with the offset of each pixel in RGBA and in framebuffer bytes. */
function forEachPixel(
  { width, height, stride }: PixelShape,
  size: number,
  visit: (rgba: number, packed: number) => void,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) visit((y * width + x) * 4, y * stride + x * size);
  }
}

function narrow(value: number, { shift, bits }: Channel): number {
  const small = bits === 8 ? value : Math.round((value * ((1 << bits) - 1)) / 255);
  return small << shift;
}

/** Repeats the top bits below, so that the largest value becomes 255. */
function widen(word: number, { shift, bits }: Channel): number {
  const value = (word >>> shift) & ((1 << bits) - 1);
  return bits === 8 ? value : (value << (8 - bits)) | (value >> (2 * bits - 8));
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
