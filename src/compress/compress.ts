import { concat } from '../binary/index.ts';
import { packBzip2 } from './bzip2-pack.ts';
import type { Codec } from './codec.ts';
import { type GzipOptions, gzip } from './gzip.ts';
import { packLz4Frame } from './lz4-frame.ts';
import { packLz4Legacy } from './lz4-legacy.ts';
import { packLzma } from './lzma-pack.ts';
import { lzop } from './lzop.ts';
import { packXz } from './xz-pack.ts';
import { packZstd } from './zstd-pack.ts';

/** Codecs that {@link compress} writes. */
export const WRITABLE_CODECS = [
  'none',
  'gzip',
  'xz',
  'lzma',
  'zstd',
  'bzip2',
  'lz4-legacy',
  'lz4',
  'lzo',
] as const satisfies readonly Codec[];

export interface CompressOptions extends GzipOptions {
  /** lz4 legacy only: end with the expanded size, as LG's phones want it. */
  readonly totalSize?: boolean;
}

/**
 * Compresses parts, taken as one stream; the bytes depend on input and options alone.
 * @throws MnxError `compress.level` for a level that it does not have
 */
export async function compress(
  codec: Codec,
  parts: readonly Uint8Array[],
  options: CompressOptions = {},
): Promise<Uint8Array> {
  switch (codec) {
    case 'none':
      return concat(parts);
    case 'gzip':
      return gzip(parts, options);
    case 'xz':
      return packXz(parts, options.level);
    case 'lzma':
      return packLzma(parts, options.level);
    case 'zstd':
      return packZstd(parts, options.level);
    case 'bzip2':
      return packBzip2(parts, options.level);
    case 'lz4-legacy':
      return packLz4Legacy(parts, options);
    case 'lz4':
      return packLz4Frame(parts);
    case 'lzo':
      return lzop(concat(parts), { sums: true });
  }
}
