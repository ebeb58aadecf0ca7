import { FormatError } from '../binary/index.ts';
import { codecFacts, detectCodec, lzopRefusal } from '../compress/index.ts';
import type { Finding } from './finding.ts';

/**
 * Whether any kernel can expand a ramdisk of this codec, by its headers alone.
 * @param where the ramdisk's name in the report: `ramdisk`, `ramdisk dlkm`.
 */
export function checkRamdiskCodec(bytes: Uint8Array, where = 'ramdisk'): Finding[] {
  const codec = detectCodec(bytes);
  if (codec === 'lz4') return [lz4Frame(where)];
  if (codec === 'lzo') {
    const odd = unlessDamaged(() => lzopRefusal(bytes));
    return odd === undefined ? [] : [lzopSettings(where, odd)];
  }
  if (codec !== 'xz') return [];
  const check = unlessDamaged(() => codecFacts(bytes, 'xz').check);
  return check === undefined || check === 'none' || check === 'crc32' ? [] : [xzChecksum(where, check)];
}

/** A damaged file is told by those who expand it. */
function unlessDamaged(read: () => string | undefined): string | undefined {
  try {
    return read();
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

/** lib/decompress_unlzo.c passes over one word at each block, and has room for 256 KiB. */
function lzopSettings(where: string, odd: string): Finding {
  return {
    code: 'lint.lzo-settings',
    level: 'error',
    what: `the lzo ramdisk has ${odd}`,
    where,
    why: 'the kernel reads lzo with one sum at each block of at most 256 KiB only, and panics without a root',
    todo: 'compress it with plain lzop -9, or with gzip',
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
