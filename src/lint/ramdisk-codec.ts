import { FormatError } from '../binary/index.ts';
import { codecFacts, detectCodec } from '../compress/index.ts';
import type { Finding } from './finding.ts';

/**
 * Whether any kernel can expand a ramdisk of this codec, by its headers alone.
 * @param where the ramdisk's name in the report: `ramdisk`, `ramdisk dlkm`.
 */
export function checkRamdiskCodec(bytes: Uint8Array, where = 'ramdisk'): Finding[] {
  const codec = detectCodec(bytes);
  if (codec === 'lz4') return [lz4Frame(where)];
  if (codec !== 'xz') return [];
  const check = xzCheck(bytes);
  return check === undefined || check === 'none' || check === 'crc32' ? [] : [xzChecksum(where, check)];
}

/** A damaged file is told by those who expand it. */
function xzCheck(bytes: Uint8Array): string | undefined {
  try {
    return codecFacts(bytes, 'xz').check;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** lib/decompress_unxz.c is built with XZ_CHECK_CRC32 alone. */
function xzChecksum(where: string, check: string): Finding {
  return {
    code: 'lint.xz-check',
    level: 'error',
    what: `the xz ramdisk is protected by ${check.toUpperCase()}`,
    where,
    why: 'the kernel reads xz with CRC32 or without a checksum only, and panics without a root',
    todo: 'compress it with xz --check=crc32, or with gzip',
  };
}

/** lib/decompress_unlz4.c knows the legacy magic alone. */
function lz4Frame(where: string): Finding {
  return {
    code: 'lint.ramdisk-codec',
    level: 'error',
    what: 'the ramdisk is an lz4 frame',
    where,
    why: 'the kernel expands the legacy lz4 format only and panics without a root',
    todo: 'compress it with lz4 -l, or with gzip',
  };
}
