/** Codecs of ramdisks that kernels read and mnx writes. */
export const RAMDISK_CODECS = ['gzip', 'none', 'xz', 'lzma', 'zstd', 'bzip2', 'lz4-legacy'] as const;
export type RamdiskCodec = (typeof RAMDISK_CODECS)[number];
