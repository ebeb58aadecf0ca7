import { crc32 } from 'node:zlib';
import { concat, MnxError } from '../binary/index.ts';
import { type Block, deflateWithPako, type Engine, pinnedEngine } from './deflate-engine.ts';
import { DEFLATE, GZIP_MAGIC, GzipHead, GzipTail } from './gunzip.ts';

export interface GzipOptions {
  /** 1 to 9; 9 gains one per cent over 6 for many times the work. */
  readonly level?: number;
  /** Called with the bytes compressed so far and all bytes. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Input bytes per block. A constant, because the cuts show in the output. */
export const BLOCK_SIZE = 1024 * 1024;

/** The window of deflate: how far back matches of a block may reach. */
const WINDOW = 32 * 1024;

/** Blocks at work at once: enough for a pool of four threads, little enough for memory. */
const IN_FLIGHT = 4;

const DEFAULT_LEVEL = 6;

/** RFC 1952: no flags, no time, no level hint, Unix; written here because zlib builds differ in the last byte. */
const HEAD = GzipHead.write({
  magic: GZIP_MAGIC,
  method: DEFLATE,
  flags: 0,
  mtime: 0,
  extraFlags: 0,
  os: 3,
});

/**
 * Compresses parts, taken as one stream, into one gzip member. The input is cut into blocks of
 * {@link BLOCK_SIZE}; each is deflated on its own with the 32 KiB before it as dictionary and ends
 * with a sync flush, so that several threads share the work and the bytes are the same for every
 * engine, CPU and thread count. Readers see one plain member (the kernel's and lk2nd's included).
 *
 * @throws MnxError `compress.level` for a level outside 1 to 9
 */
export async function gzip(parts: readonly Uint8Array[], options: GzipOptions = {}): Promise<Uint8Array> {
  return concat(await gzipPieces(parts, options));
}

/** {@link gzip} in pieces, for who joins them with something else: a kernel's are not copied twice. */
export async function gzipPieces(
  parts: readonly Uint8Array[],
  options: GzipOptions = {},
): Promise<Uint8Array[]> {
  const level = checkedLevel(options.level);
  const total = sizeOf(parts);
  const out = await deflateAll(blocksOf(parts, total), level, await pinnedEngine(), (done) =>
    options.onProgress?.(done, total),
  );
  return [HEAD, ...out, tailOf(parts, total)];
}

/** The bytes of {@link gzip}, made by pako alone on this thread: the reference that tests compare with. */
export function gzipSync(
  parts: readonly Uint8Array[],
  options: { readonly level?: number } = {},
): Uint8Array {
  const level = checkedLevel(options.level);
  const total = sizeOf(parts);
  const out = [...blocksOf(parts, total)].map((block) => deflateWithPako(block, level));
  return concat([HEAD, ...out, tailOf(parts, total)]);
}

/** Runs blocks through an engine, {@link IN_FLIGHT} at a time, and gives the results in order. */
async function deflateAll(
  blocks: Iterable<Block>,
  level: number,
  engine: Engine,
  report: (done: number) => void,
): Promise<Uint8Array[]> {
  const out: Uint8Array[] = [];
  const queue = blocks[Symbol.iterator]();
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let step = queue.next(); !step.done; step = queue.next()) {
      const place = next++;
      out[place] = await engine(step.value, level);
      done += step.value.data.length;
      report(done);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return out;
}

function* blocksOf(parts: readonly Uint8Array[], total: number): Generator<Block> {
  const count = Math.max(1, Math.ceil(total / BLOCK_SIZE));
  for (let i = 0; i < count; i++) {
    const from = i * BLOCK_SIZE;
    yield {
      data: slice(parts, from, Math.min(from + BLOCK_SIZE, total)),
      dictionary: slice(parts, Math.max(0, from - WINDOW), from),
      last: i === count - 1,
    };
  }
}

/** Bytes `from` to `to` of the joined parts; a copy only where the range crosses parts. */
function slice(parts: readonly Uint8Array[], from: number, to: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const part of parts) {
    const end = start + part.length;
    if (end > from && start < to) {
      pieces.push(part.subarray(Math.max(0, from - start), Math.min(part.length, to - start)));
    }
    start = end;
  }
  const [only] = pieces;
  return only !== undefined && pieces.length === 1 ? only : concat(pieces);
}

function tailOf(parts: readonly Uint8Array[], total: number): Uint8Array {
  // zlib takes an empty buffer for a request of the starting value, which would lose the sum so far.
  const sum = parts.reduce((crc, part) => (part.length === 0 ? crc : crc32(part, crc)), 0);
  return GzipTail.write({ crc32: sum, size: total % 2 ** 32 });
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function checkedLevel(level = DEFAULT_LEVEL): number {
  if (Number.isInteger(level) && level >= 1 && level <= 9) return level;
  throw new MnxError('compress.level', `gzip level: got ${level}, want 1 to 9`, {
    hint: 'Level 6 is what the device files use; 9 makes images one per cent smaller.',
  });
}
