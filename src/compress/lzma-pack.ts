import { concat, MnxError } from '../binary/index.ts';
import { LzmaHead } from './lzma.ts';
import { LzmaEncoder, PROPERTIES } from './lzma-encoder.ts';
import type { MatchEffort } from './lzma-matches.ts';

/** Dictionary, tries and nice length by level, 1 to 9. */
const EFFORT: readonly (readonly [bits: number, depth: number, nice: number])[] = [
  [20, 4, 32],
  [20, 8, 48],
  [21, 12, 64],
  [22, 16, 96],
  [22, 24, 128],
  [23, 32, 192],
  [23, 48, 273],
  [24, 64, 273],
  [25, 128, 273],
];
const DEFAULT_LEVEL = 6;

/** @throws MnxError `compress.level` for a level that is none of 1 to 9 */
export function lzmaEffort(level: number = DEFAULT_LEVEL): MatchEffort {
  const found = EFFORT[level - 1];
  if (found === undefined) {
    throw new MnxError('compress.level', `level ${level}: xz and lzma have 1 to 9`);
  }
  const [bits, depth, nice] = found;
  return { dictionary: 1 << bits, depth, nice };
}

/** An LZMA-alone file (.lzma) that states its size, without an end mark: what the kernel reads. */
export function packLzma(parts: readonly Uint8Array[], level?: number): Uint8Array {
  const input = concat(parts);
  const effort = lzmaEffort(level);
  const head = LzmaHead.write({
    properties: PROPERTIES,
    dictionary: effort.dictionary,
    size: BigInt(input.length),
  });
  return concat([head, new LzmaEncoder(input, effort).stretch({ end: input.length })]);
}
