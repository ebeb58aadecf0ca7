import type { Codec } from './codec.ts';
import { walkLzop } from './lzop-walk.ts';
import { walkXz } from './xz-walk.ts';
import { firstZstdFrame } from './zstd.ts';

/** How far one stream or frame reaches, and what it asks of a reader. */
export interface FirstMember {
  /** Bytes of the input that are its own. */
  readonly size: number;
  /** Bytes of history that a reader must keep. */
  readonly window: number;
}

/**
 * The first stream of an xz file, the first frame of a zstd file, the first of several .lzo files: programs expand all that follow each other
 * as one, the kernel goes one by one.
 *
 * @returns undefined for codecs of which programs and the kernel take the same for one
 * @throws FormatError when its headers are damaged
 */
export function firstMember(bytes: Uint8Array, codec: Codec): FirstMember | undefined {
  if (codec === 'zstd') {
    const { end, window } = firstZstdFrame(bytes);
    return { size: end, window };
  }
  if (codec === 'lzo') {
    let window = 0;
    const { end } = walkLzop(bytes, 0, ({ size }) => {
      window = Math.max(window, size);
    });
    return { size: end, window };
  }
  if (codec !== 'xz') return undefined;
  const { end, dictionary } = walkXz(bytes, 0);
  return { size: end, window: dictionary };
}
