import { crc32 } from 'node:zlib';
import { concat, MnxError } from '../binary/index.ts';
import { type Block, deflateWithPako, type Engine, pinnedEngine } from './deflate-engine.ts';
import { DEFLATE, GZIP_MAGIC, GzipHead, GzipTail } from './gunzip.ts';

export interface GzipOptions {
  /** 1 to 9; 9 gains one per cent over 6 for many times the work. */
  readonly level?: number;
  /**
   * Called with the bytes done so far and all bytes; these are not known of a stream, and 0. Never called where
   * every block is remembered.
   */
  readonly onProgress?: (done: number, total: number) => void;
  /** Blocks that were deflated before. */
  readonly memory?: BlockMemory;
}

/** Deflated blocks by what they were made from: of a large file of which little changes, little is done again. */
export interface BlockMemory {
  recall(block: Block, level: number): Uint8Array | undefined;
  keep(block: Block, level: number, deflated: Uint8Array): void;
}

/** Input bytes per block. A constant, because the cuts show in the output. */
export const BLOCK_SIZE = 1024 * 1024;

/** The window of deflate: how far back matches of a block may reach. */
const WINDOW = 32 * 1024;

/** Blocks at work at once, not counting what is remembered: enough for a pool of four threads, little enough for memory. */
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
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const { onProgress } = options;
  const told = onProgress === undefined ? {} : { onProgress: (done: number) => onProgress(done, total) };
  const out: Uint8Array[] = [];
  for await (const piece of gzipStream(parts, { ...options, ...told })) out.push(piece);
  return out;
}

/**
 * {@link gzip} of parts that are asked for when they are wanted, so that neither they nor the result are
 * in memory as a whole. A part must stay as it is: blocks are views of it.
 */
export async function* gzipStream(
  parts: Iterable<Uint8Array>,
  options: GzipOptions = {},
): AsyncGenerator<Uint8Array> {
  const level = checkedLevel(options.level);
  const engine = await pinnedEngine();
  const [sum, count] = [new Sum(), { started: 0, running: 0, done: 0 }];
  const deflate = remembering(async (block) => {
    count.started += 1;
    count.running += 1;
    return engine(block, level).finally(() => {
      count.running -= 1;
    });
  }, options.memory);
  const work: { readonly size: number; readonly deflated: Promise<Uint8Array> }[] = [];
  const finish = async (): Promise<Uint8Array> => {
    const [first] = work.splice(0, 1);
    const deflated = (await first?.deflated) ?? new Uint8Array();
    count.done += first?.size ?? 0;
    if (count.started > 0) options.onProgress?.(count.done, 0);
    return deflated;
  };
  yield HEAD;
  for (const block of blocksOf(sum.over(parts))) {
    const deflated = deflate(block, level);
    // It is waited for in its turn; an error of an earlier one ends the stream before that.
    deflated.catch(() => undefined);
    work.push({ size: block.data.length, deflated });
    while (count.running === IN_FLIGHT) yield await finish();
  }
  while (work.length > 0) yield await finish();
  yield sum.tail();
}

function remembering(engine: Engine, memory: BlockMemory | undefined): Engine {
  if (memory === undefined) return engine;
  return async (block, level) => {
    const known = memory.recall(block, level);
    if (known !== undefined) return known;
    const deflated = await engine(block, level);
    memory.keep(block, level, deflated);
    return deflated;
  };
}

/** The bytes of {@link gzip}, made by pako alone on this thread: the reference that tests compare with. */
export function gzipSync(
  parts: readonly Uint8Array[],
  options: { readonly level?: number } = {},
): Uint8Array {
  const level = checkedLevel(options.level);
  const sum = new Sum();
  const out = [...blocksOf(sum.over(parts))].map((block) => deflateWithPako(block, level));
  return concat([HEAD, ...out, sum.tail()]);
}

/** Cuts a stream into blocks; a block within one part is a view of it. */
function* blocksOf(parts: Iterable<Uint8Array>): Generator<Block> {
  let dictionary: Uint8Array = new Uint8Array(0);
  let waiting: Uint8Array[] = [];
  let room = BLOCK_SIZE;
  const cut = (last: boolean): Block => {
    const [only] = waiting;
    const data = only !== undefined && waiting.length === 1 ? only : concat(waiting);
    const block = { data, dictionary, last };
    [dictionary, waiting, room] = [data.subarray(-WINDOW), [], BLOCK_SIZE];
    return block;
  };
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      // A full block waits until more comes: the last one ends the stream.
      if (room === 0) yield cut(false);
      const piece = part.subarray(at, at + room);
      waiting.push(piece);
      at += piece.length;
      room -= piece.length;
    }
  }
  yield cut(true);
}

/** What closes a member, counted while its parts go by. */
class Sum {
  #crc = 0;
  #size = 0;

  *over(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const part of parts) {
      // zlib takes an empty buffer for a request of the starting value, which would lose the sum so far.
      if (part.length === 0) continue;
      this.#crc = crc32(part, this.#crc);
      this.#size += part.length;
      yield part;
    }
  }

  tail(): Uint8Array {
    return GzipTail.write({ crc32: this.#crc, size: this.#size % 2 ** 32 });
  }
}

function checkedLevel(level = DEFAULT_LEVEL): number {
  if (Number.isInteger(level) && level >= 1 && level <= 9) return level;
  throw new MnxError('compress.level', `gzip level: got ${level}, want 1 to 9`, {
    hint: 'Level 6 is what the device files use; 9 makes images one per cent smaller.',
  });
}
