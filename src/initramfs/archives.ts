import { FormatError } from '../binary/index.ts';
import { type Codec, codecFacts, detectCodec, expandMember } from '../compress/index.ts';
import { archivesEnd, isNewc, skipNuls } from './newc.ts';

/** One archive of a ramdisk, or several behind one another that are packed as one. */
export interface PackedArchive {
  /** Where it begins in the ramdisk, and where it ends. */
  readonly start: number;
  readonly end: number;
  readonly codec: Codec;
  /** Expanded. */
  readonly data: Uint8Array;
  /** LG's lz4 closes with the expanded size. */
  readonly totalSize: boolean;
}

/** A ramdisk as the kernel goes through it: archives one behind the other, each packed in its own way. */
export interface Archives {
  readonly archives: readonly PackedArchive[];
  /** What stands behind the last: zeros, a boot configuration, what nobody knows. */
  readonly rest: Uint8Array;
}

/** Far above the ramdisks of phones; what grows beyond it is hostile, and told within two seconds and 300 MB. */
export const RAMDISK_LIMIT = 192 * 1024 * 1024;

/** More than any vendor joins; hostile files have thousands. */
const MOST = 64;

/**
 * Takes a ramdisk apart into its archives.
 * @throws FormatError for a damaged first one, and for what expands beyond {@link RAMDISK_LIMIT}; what is damaged
 *   behind the first is rest
 */
export async function archivesOf(ramdisk: Uint8Array): Promise<Archives> {
  const archives: PackedArchive[] = [];
  let [at, left] = [0, RAMDISK_LIMIT];
  while (archives.length < MOST) {
    const start = archives.length === 0 ? 0 : skipNuls(ramdisk, at);
    const found = await archiveAt(ramdisk, start, left, archives.length === 0);
    if (found === undefined) break;
    archives.push(found);
    at = found.end;
    left -= found.data.length;
  }
  return { archives, rest: ramdisk.subarray(at) };
}

async function archiveAt(
  ramdisk: Uint8Array,
  start: number,
  limit: number,
  isFirst: boolean,
): Promise<PackedArchive | undefined> {
  const rest = ramdisk.subarray(start);
  const codec = detectCodec(rest);
  if (codec === 'none') {
    if (!isFirst && !isNewc(rest)) return undefined;
    const end = archivesEnd(rest);
    return { start, end: start + end, codec, data: rest.subarray(0, end), totalSize: false };
  }
  try {
    const { data, consumed } = await expandMember(rest, { limit, codec });
    const { totalSize } = codecFacts(rest.subarray(0, consumed), codec);
    return { start, end: start + consumed, codec, data, totalSize };
  } catch (error) {
    if (isFirst || !(error instanceof FormatError) || error.code === 'compress.limit') throw error;
    return undefined;
  }
}

/** Whether some bytes only fill up. */
export function isFiller(bytes: Uint8Array): boolean {
  return skipNuls(bytes, 0) === bytes.length;
}
