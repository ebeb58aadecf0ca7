import type { Fact } from '../binary/index.ts';
import { type Codec, detectCodec } from './codec.ts';
import { readLz4Head } from './lz4-frame.ts';
import { lz4LegacyBlocks } from './lz4-legacy.ts';
import { readLzmaHead } from './lzma.ts';
import { walkLzopFiles } from './lzop-read.ts';
import type { LzopSum } from './lzop-walk.ts';
import { type XzCheck, xzStreams } from './xz-walk.ts';
import { zstdFrames } from './zstd.ts';

/** What a compressed file says without being expanded. */
export interface CodecFacts {
  readonly codec: Codec;
  /** Expanded size, where the file declares it; not to be believed before it is expanded. */
  readonly size: number | undefined;
  /** Bytes of history that a reader must keep, where declared. */
  readonly window: number | undefined;
  /** Streams, frames or blocks, whatever the codec counts. */
  readonly members: number | undefined;
  /** xz: how the data is protected; the kernel takes `none` and `crc32` only. */
  readonly check: XzCheck | undefined;
  /** lzo: what stands at each block; the kernel passes over one sum of the data, whatever is there. */
  readonly sums: readonly LzopSum[];
  /** xz: filters in order of writing. */
  readonly filters: readonly string[];
  /** lz4 legacy: closes with its expanded size, as LG's phones want it. */
  readonly totalSize: boolean;
}

/**
 * Looks at headers only.
 * @throws FormatError when they are damaged
 */
export function codecFacts(bytes: Uint8Array, codec: Codec = detectCodec(bytes)): CodecFacts {
  const none = {
    codec,
    size: undefined,
    window: undefined,
    members: undefined,
    check: undefined,
    filters: [],
    sums: [],
    totalSize: false,
  };
  switch (codec) {
    case 'xz':
      return { ...none, ...xzFacts(bytes) };
    case 'zstd':
      return { ...none, ...zstdFacts(bytes) };
    case 'lz4': {
      const head = readLz4Head(bytes);
      return { ...none, size: head.contentSize, window: head.blockSize };
    }
    case 'lz4-legacy': {
      const { blocks, size } = lz4LegacyBlocks(bytes);
      return { ...none, members: blocks, size, totalSize: size !== undefined };
    }
    case 'lzo':
      return { ...none, ...lzopFacts(bytes) };
    case 'lzma': {
      const { dictionary, size } = readLzmaHead(bytes);
      return { ...none, window: dictionary, size };
    }
    case 'bzip2': {
      return { ...none, window: ((bytes[LEVEL_AT] ?? DIGIT_0) - DIGIT_0) * 100_000 };
    }
    default:
      return none;
  }
}

/** bzip2: the digit behind `BZh` counts 100 kB. */
const LEVEL_AT = 'BZh'.length;
const DIGIT_0 = 0x30;

function xzFacts(bytes: Uint8Array): Partial<CodecFacts> {
  const streams = xzStreams(bytes).map(({ facts }) => facts);
  const checks = [...new Set(streams.map(({ check }) => check))];
  // The kernel stops at the stronger checks, so the strongest one tells.
  const check = (['reserved', 'sha256', 'crc64', 'crc32', 'none'] as const).find((kind) =>
    checks.includes(kind),
  );
  return {
    check,
    members: streams.length,
    filters: [...new Set(streams.flatMap(({ filters }) => filters))],
    window: Math.max(...streams.map(({ dictionary }) => dictionary)),
    size: streams.reduce((sum, { size }) => sum + size, 0),
  };
}

function lzopFacts(bytes: Uint8Array): Partial<CodecFacts> {
  let [members, window, total] = [0, 0, 0];
  const files = walkLzopFiles(bytes, ({ size }) => {
    members++;
    window = Math.max(window, size);
    total += size;
  });
  return {
    members,
    window,
    size: total,
    sums: [...new Set(files.flatMap(({ sums }) => sums))],
  };
}

function zstdFacts(bytes: Uint8Array): Partial<CodecFacts> {
  const frames = zstdFrames(bytes);
  const sizes = frames.map(({ contentSize }) => contentSize);
  return {
    members: frames.length,
    window: Math.max(...frames.map(({ window }) => window)),
    size: sizes.reduce((sum, size) => (sum === undefined || size === undefined ? undefined : sum + size), 0),
  };
}

/** {@link codecFacts} as lines to read. */
export function describeCodec(facts: CodecFacts): Fact[] {
  const lines: (readonly [string, string | undefined])[] = [
    ['compression', facts.codec],
    ['expanded size', facts.size?.toString()],
    ['window', facts.window?.toString()],
    ['members', facts.members?.toString()],
    ['check', facts.check],
    ['sums', facts.sums.length === 0 ? undefined : facts.sums.join(', ')],
    ['filters', facts.filters.length === 0 ? undefined : facts.filters.join(', ')],
    ['total size at the end', facts.totalSize ? 'yes (LG)' : undefined],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}
