import { concat, MnxError } from '../binary/index.ts';
import { packBzip2 } from './bzip2-pack.ts';
import type { Codec } from './codec.ts';
import { type GzipOptions, gzip } from './gzip.ts';
import { packLz4Frame } from './lz4-frame.ts';
import { packLz4Legacy } from './lz4-legacy.ts';
import { packLzma } from './lzma-pack.ts';
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
] as const satisfies readonly Codec[];

export interface CompressOptions extends GzipOptions {
  /** lz4 legacy only: end with the expanded size, as LG's phones want it. */
  readonly totalSize?: boolean;
}

/** Whether {@link compress} can write a codec; parts in any other are kept as they are. */
export function canCompress(codec: Codec): boolean {
  return WRITABLE_CODECS.some((known) => known === codec);
}

/**
 * Compresses parts, taken as one stream; the bytes depend on input and options alone.
 * @throws MnxError `compress.codec` for a codec that is read only, `compress.level` for a level that it does not have
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
    default:
      throw new MnxError('compress.codec', `mnx cannot write ${codec}`, {
        hint: `Keep the part as it is, give one that the ${codec} tool has packed, or choose ${WRITABLE_CODECS.join(', ')}.`,
      });
  }
}
