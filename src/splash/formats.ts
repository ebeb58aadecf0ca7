import type { PixelFormat } from '../device/index.ts';

/** Where a channel lies in the little-endian word of a pixel. */
export interface Channel {
  readonly shift: number;
  readonly bits: number;
}

export interface Channels {
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
export const FORMATS: Readonly<Record<Exclude<PixelFormat, 'GRAY8'>, Channels>> = {
  BGRA8888: { blue: at(0), green: at(8), red: at(16), alpha: at(24) },
  RGBA8888: { red: at(0), green: at(8), blue: at(16), alpha: at(24) },
  ARGB8888: { alpha: at(0), red: at(8), green: at(16), blue: at(24) },
  ABGR8888: { alpha: at(0), blue: at(8), green: at(16), red: at(24) },
  RGB888: { red: at(0), green: at(8), blue: at(16) },
  BGR888: { blue: at(0), green: at(8), red: at(16) },
  RGB565: { red: at(11, 5), green: at(5, 6), blue: at(0, 5) },
  BGR565: { blue: at(11, 5), green: at(5, 6), red: at(0, 5) },
};

/** Repeats the top bits of a channel's value below, so that the largest becomes 255. */
export function widen(value: number, bits: number): number {
  return bits === 8 ? value : (value << (8 - bits)) | (value >> (2 * bits - 8));
}
