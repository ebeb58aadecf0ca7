import { startsWith } from '../binary/index.ts';

/** How a file is compressed; `none` when no magic is known. */
export type Codec = 'none' | 'gzip' | 'xz' | 'zstd' | 'lz4-legacy' | 'lz4' | 'lzma' | 'lzo' | 'bzip2';

/**
 * Magics as the kernel's decompress_method() (lib/decompress.c) and the formats' own pages have them.
 * The kernel looks at two bytes only; the longer forms keep text and random bytes out. `1f 9e` is
 * the gzip magic of old tools that the kernel takes as well.
 */
const MAGICS: readonly (readonly [Codec, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['gzip', [0x1f, 0x9e]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4-legacy', [0x02, 0x21, 0x4c, 0x18]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['lzma', [0x5d, 0x00, 0x00]],
  ['lzo', [0x89, 0x4c, 0x5a, 0x4f]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];

/** Names the codec by the first bytes; never throws. */
export function detectCodec(bytes: Uint8Array): Codec {
  const found = MAGICS.find(([, pattern]) => startsWith(bytes, Uint8Array.from(pattern)));
  return found?.[0] ?? 'none';
}
