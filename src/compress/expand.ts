import { concat, FormatError } from '../binary/index.ts';
import { expandBzip2 } from './bzip2.ts';
import { type Codec, detectCodec } from './codec.ts';
import { gunzip } from './gunzip.ts';
import { overLimit } from './limit.ts';
import { expandLz4Frames } from './lz4-frame.ts';
import { expandLz4Legacy } from './lz4-legacy.ts';
import { expandLzma } from './lzma.ts';
import { expandLzop } from './lzop-read.ts';
import type { Expanded } from './member.ts';
import { xzStream } from './xz.ts';
import { expandXzBlock } from './xz-block.ts';
import { type XzFacts, xzStreams } from './xz-walk.ts';
import { expandZstd } from './zstd.ts';

export interface ExpandOptions {
  /** Most bytes to expand; input that holds more is taken for hostile. */
  readonly limit: number;
  /** What the bytes are, where the caller knows better than the magic. */
  readonly codec?: Codec;
}

/**
 * Expands a whole file in memory: gzip, xz, lzma, bzip2, lz4 (legacy and frame), lzop, zstd, with all
 * their members; bytes without a known magic come back as they are. What follows the last member is not read.
 *
 * @throws FormatError for damage, `compress.limit` beyond the cap
 */
export async function expand(bytes: Uint8Array, options: ExpandOptions): Promise<Uint8Array> {
  return (await expandMember(bytes, options)).data;
}

/**
 * {@link expand}, and how many bytes of the input it took: behind them may lie another archive, padding
 * or a device tree. Members of one codec that follow each other count as one.
 *
 * @throws as {@link expand}
 */
export async function expandMember(bytes: Uint8Array, options: ExpandOptions): Promise<Expanded> {
  const codec = options.codec ?? detectCodec(bytes);
  return codec === 'xz' ? expandXz(bytes, options.limit) : expandMemberSync(bytes, options);
}

/**
 * {@link expandMember} without waiting; of xz it uses the slower reader.
 *
 * @throws as {@link expand}
 */
export function expandMemberSync(bytes: Uint8Array, options: ExpandOptions): Expanded {
  const codec = options.codec ?? detectCodec(bytes);
  const { limit } = options;
  switch (codec) {
    case 'none':
      return { data: bytes, consumed: bytes.length };
    case 'gzip':
      return gunzipAll(bytes, limit);
    case 'xz':
      return expandXzSync(bytes, limit);
    case 'zstd':
      return expandZstd(bytes, limit);
    case 'lzma':
      return expandLzma(bytes, limit);
    case 'bzip2':
      return expandBzip2(bytes, limit);
    case 'lz4-legacy':
      return expandLz4Legacy(bytes, limit);
    case 'lz4':
      return expandLz4Frames(bytes, limit);
    case 'lzo':
      return expandLzop(bytes, limit);
  }
}

/** All members, as gzip(1) reads them. */
function gunzipAll(bytes: Uint8Array, limit: number): Expanded {
  const first = gunzip(bytes, { limit });
  const members = [first.data];
  let at = first.consumed;
  let left = limit - first.data.length;
  while (detectCodec(bytes.subarray(at)) === 'gzip') {
    const { data, consumed } = gunzip(bytes.subarray(at), { limit: left });
    members.push(data);
    at += consumed;
    left -= data.length;
  }
  return { data: members.length === 1 ? first.data : concat(members), consumed: at };
}

async function expandXz(bytes: Uint8Array, limit: number): Promise<Expanded> {
  const streams = walkedXz(bytes, limit);
  // One room for all of it: pieces that are joined take twice the memory.
  const data = new Uint8Array(sizeOf(streams));
  let at = 0;
  const put = (piece: Uint8Array): void => {
    if (at + piece.length > data.length) throw moreThanStated(data.length, at + piece.length);
    data.set(piece, at);
    at += piece.length;
  };
  for (const { facts, start } of streams) {
    if (isPlain(facts)) {
      for await (const chunk of xzStream(once(bytes.subarray(start, facts.end)))) put(chunk);
    } else {
      for (const block of facts.blocks) put(expandXzBlock(bytes, block));
    }
  }
  return { data: data.subarray(0, at), consumed: streams.at(-1)?.facts.end ?? 0 };
}

function moreThanStated(wanted: number, got: number): FormatError {
  const where = { field: 'xz.index.size', offset: 0, got: `${got} bytes or more` };
  return new FormatError('compress.xz', { ...where, wanted: `${wanted} bytes, as the index states` });
}

function expandXzSync(bytes: Uint8Array, limit: number): Expanded {
  const streams = walkedXz(bytes, limit);
  const parts = streams.flatMap(({ facts }) => facts.blocks.map((block) => expandXzBlock(bytes, block)));
  return { data: concat(parts), consumed: streams.at(-1)?.facts.end ?? 0 };
}

/** Sizes are known before a byte is expanded: the streams were walked. */
function walkedXz(bytes: Uint8Array, limit: number): ReturnType<typeof xzStreams> {
  const streams = xzStreams(bytes);
  if (sizeOf(streams) > limit) throw overLimit('xz', limit);
  return streams;
}

function sizeOf(streams: ReturnType<typeof xzStreams>): number {
  return streams.reduce((sum, { facts }) => sum + facts.size, 0);
}

/** What the WebAssembly reader knows. */
function isPlain({ filters, check }: XzFacts): boolean {
  return check !== 'sha256' && check !== 'reserved' && filters.every((name) => name === 'lzma2');
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
