import { constants, deflateRaw } from 'node:zlib';
import { Deflate, Z_FINISH, Z_SYNC_FLUSH } from 'pako';
import { concat, sha256 } from '../binary/index.ts';

/** One block of a deflate stream: raw deflate of `data`, matches reaching back into `dictionary`. */
export interface Block {
  readonly data: Uint8Array;
  /** Up to 32 KiB that stand before `data` in the stream. */
  readonly dictionary: Uint8Array;
  /** The last block ends the stream; the others end on a byte with Z_SYNC_FLUSH. */
  readonly last: boolean;
}

/** Compresses one block; the bytes depend on block and level alone. */
export type Engine = (block: Block, level: number) => Promise<Uint8Array>;

/** The settings that both engines share. A window of 32 KiB is all that gzip readers promise. */
const SETTINGS = { windowBits: 15, memLevel: 8 } as const;

/**
 * Output of zlib is handed over in pieces of this size; the bytes do not depend on it, but each piece
 * is one hop through the thread pool.
 */
const CHUNK = 512 * 1024;

/** The engine whose bytes are the reference. */
export const pakoEngine: Engine = async (block, level) => deflateWithPako(block, level);

/** {@link pakoEngine} without the promise. */
export function deflateWithPako(block: Block, level: number): Uint8Array {
  const { data, dictionary, last } = block;
  const given = dictionary.length > 0 ? { dictionary } : {};
  const deflate = new Deflate({ raw: true, level, chunkSize: CHUNK, ...SETTINGS, ...given });
  const pieces: Uint8Array[] = [];
  deflate.onData = (piece) => pieces.push(piece);
  deflate.push(data, last ? Z_FINISH : Z_SYNC_FLUSH);
  return concat(pieces);
}

/** The same work on the thread pool of libuv; only as good as {@link zlibIsPinned} says. */
export const zlibEngine: Engine = ({ data, dictionary, last }, level) =>
  new Promise((resolve, reject) => {
    const finishFlush = last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    const given = dictionary.length > 0 ? { dictionary } : {};
    deflateRaw(data, { level, chunkSize: CHUNK, finishFlush, ...SETTINGS, ...given }, (error, out) =>
      error === null ? resolve(out) : reject(error),
    );
  });

/** SHA-256 over what pako makes of {@link probeBlocks} at the levels of {@link PROBE_LEVELS}. */
export const PROBE_DIGEST = '336c91fee457ddc41333457fa7ef49e4ac0fe01ea27b40fbbf3de1af8cde24cb';

const PROBE_LEVELS = [1, 6, 9] as const;

/** Digest of an engine's bytes for the probe; what {@link PROBE_DIGEST} pins. */
export async function probe(engine: Engine): Promise<string> {
  const blocks = probeBlocks();
  const outputs = PROBE_LEVELS.flatMap((level) => blocks.map((block) => engine(block, level)));
  return sha256(...(await Promise.all(outputs)));
}

let chosen: Promise<Engine> | undefined;

/**
 * The fastest engine whose bytes are pako's. zlib builds differ (hash functions, SIMD), so
 * node:zlib is taken only after it has given the pinned bytes once in this process.
 */
export function pinnedEngine(): Promise<Engine> {
  chosen ??= probe(zlibEngine).then(
    (digest) => (digest === PROBE_DIGEST ? zlibEngine : pakoEngine),
    () => pakoEngine,
  );
  return chosen;
}

/**
 * Small input that reaches the parts of deflate in which builds differ: stored, fixed and dynamic
 * blocks, short and long matches, lazy matching, matches into the dictionary, sync flush and finish.
 */
function probeBlocks(): Block[] {
  const random = xorshift(0x2545f491);
  const noise = filled(9000, () => random() & 0xff);
  const words = filled(40000, (i) => ((random() & 7) * 29 + (i & 3)) & 0xff);
  const code = filled(30000, (i) => (i % 4 === 3 ? 0x91 : random() & 0x1f));
  const runs = filled(70000, (i) => (i >> 9) & 0xff);
  const mixed = concat([code, words.subarray(0, 20000), noise, words, runs]);
  const none = new Uint8Array(0);
  return [
    { data: words, dictionary: none, last: false },
    { data: mixed, dictionary: words.subarray(-32768), last: false },
    { data: noise, dictionary: mixed.subarray(-32768), last: false },
    { data: code.subarray(0, 100), dictionary: noise, last: true },
    { data: none, dictionary: none, last: true },
  ];
}

/** A loop, which takes a tenth of the time of `Uint8Array.from`. */
function filled(length: number, byteAt: (i: number) => number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = byteAt(i);
  return out;
}

/** Marsaglia's xorshift32: the same numbers everywhere. */
function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
