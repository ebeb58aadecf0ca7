import { crc32 } from 'node:zlib';
import { concat, type Fact, type Format, FormatError, layout, MnxError, u32le } from '../binary/index.ts';
import { type ByteSource, COPY_SIZE, readRange } from './source.ts';
import {
  isSparseImage,
  readSparseBytes,
  type SparseChunk,
  SparseChunkHeader,
  SparseHeader,
  type SparseImage,
  sparseBytes,
} from './sparse.ts';
import { zeros } from './zeros.ts';

const Word = layout('sparse-word', { word: u32le });

/** Most bytes of one chunk that img2simg writes (libsparse MAX_BACKED_BLOCK_SIZE). */
const CHUNK_LIMIT = 64 * 1024 * 1024;

/** Content at a place of the expanded image. */
export interface SparseExtent {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes of the image when expanded. */
export function expandedSize(image: SparseImage): number {
  return image.totalBlocks * image.blockSize;
}

/**
 * The content of an image in order, in pieces of at most a mebibyte; places that do not matter are
 * left out, so that a file can have holes there.
 */
export function* sparseExtents(image: SparseImage): Generator<SparseExtent> {
  let offset = 0;
  for (const chunk of image.chunks) {
    let at = offset;
    for (const bytes of contentOf(chunk, image.blockSize)) {
      yield { offset: at, bytes };
      at += bytes.length;
    }
    offset += chunk.blocks * image.blockSize;
  }
}

/**
 * The expanded image as consecutive pieces, zeros for what does not matter.
 * @throws FormatError `bootimg.sparse` when it would be larger than `limit` bytes
 */
export function* expandSparse(image: SparseImage, limit: number): Generator<Uint8Array> {
  const size = expandedSize(image);
  if (size > limit) {
    throw new FormatError('bootimg.sparse', {
      field: 'sparse.totalBlocks',
      offset: SparseHeader.offsets.totalBlocks,
      got: image.totalBlocks,
      wanted: `at most ${limit} bytes when expanded, ${Math.floor(limit / image.blockSize)} blocks`,
    });
  }
  let done = 0;
  for (const { offset, bytes } of sparseExtents(image)) {
    yield* zeros(offset - done);
    yield bytes;
    done = offset + bytes.length;
  }
  yield* zeros(size - done);
}

/**
 * Compares the checksums that an image states, in its header and in its chunks, with its content.
 * @returns the places that differ; none when nothing is stated
 * @throws FormatError `bootimg.sparse` when it would be larger than `limit` bytes
 */
export function sparseChecksumFaults(image: SparseImage, limit: number): readonly string[] {
  const faults: string[] = [];
  const compare = (place: string, stated: number, found: number): void => {
    if (stated !== found) faults.push(`${place}: stated ${stated.toString(16)}, found ${found.toString(16)}`);
  };
  const stated = image.checksum !== 0 || image.chunks.some(({ kind }) => kind === 'crc');
  if (!stated) return faults;
  let sum = 0;
  for (const [i, chunk] of image.chunks.entries()) {
    if (chunk.kind === 'crc') compare(`chunk ${i}`, chunk.checksum, sum);
    const part = { ...image, chunks: [chunk], totalBlocks: chunk.blocks };
    for (const piece of expandSparse(part, limit)) sum = crc32(piece, sum);
  }
  if (image.checksum !== 0) compare('header', image.checksum, sum);
  return faults;
}

export interface MakeSparseOptions {
  /** Bytes; a multiple of 4. Default 4096. */
  readonly blockSize?: number;
}

/**
 * Makes a sparse image of a raw one, with the chunks that img2simg makes: blocks of one repeated word
 * become fill chunks, all else raw chunks of at most 64 MiB. A last block that is not whole is raw,
 * with zeros behind.
 * @throws MnxError `bootimg.sparse` for an impossible block size
 */
export function makeSparse(source: ByteSource, options: MakeSparseOptions = {}): SparseImage {
  const blockSize = options.blockSize ?? 4096;
  if (!Number.isInteger(blockSize / Word.size) || blockSize < Word.size || blockSize > COPY_SIZE) {
    throw new MnxError('bootimg.sparse', `block size: got ${blockSize}, want a multiple of 4 up to 1 MiB`);
  }
  const padded = paddedSource(source, blockSize);
  const wholeBlocks = Math.floor(source.size / blockSize);
  const runs = [...blockRuns(padded, blockSize, wholeBlocks)];
  const chunks = runs.map(({ start, blocks, word }): SparseChunk => {
    const shared = { reserved: 0, headerTail: new Uint8Array(0), blocks };
    if (word !== undefined) return { ...shared, kind: 'fill', word };
    const data = { source: padded, offset: start * blockSize, size: blocks * blockSize };
    return { ...shared, kind: 'raw', data };
  });
  return {
    minorVersion: 0,
    blockSize,
    totalBlocks: padded.size / blockSize,
    checksum: 0,
    headerTail: new Uint8Array(0),
    chunkHeaderSize: SparseChunkHeader.size,
    chunks,
    trailing: { source, offset: source.size, size: 0 },
  };
}

interface Run {
  readonly start: number;
  blocks: number;
  /** The repeated word of a fill run. */
  readonly word: number | undefined;
}

/** Runs of blocks that one chunk can carry. */
function* blockRuns(source: ByteSource, blockSize: number, wholeBlocks: number): Generator<Run> {
  const longest = Math.max(1, Math.floor(CHUNK_LIMIT / blockSize));
  const step = Math.floor(COPY_SIZE / blockSize) * blockSize;
  let run: Run | undefined;
  for (let at = 0; at < source.size; at += step) {
    const bytes = source.read(at, Math.min(step, source.size - at));
    for (let i = 0; i < bytes.length; i += blockSize) {
      const start = (at + i) / blockSize;
      const word = start < wholeBlocks ? repeatedWord(bytes.subarray(i, i + blockSize)) : undefined;
      if (run !== undefined && run.word === word && run.blocks < longest) {
        run.blocks++;
        continue;
      }
      if (run !== undefined) yield run;
      run = { start, blocks: 1, word };
    }
  }
  if (run !== undefined) yield run;
}

/** The word that fills a block, if one does: then the block equals itself moved by a word. */
function repeatedWord(block: Uint8Array): number | undefined {
  const moved = block.subarray(Word.size);
  const same = Buffer.compare(moved, block.subarray(0, moved.length)) === 0;
  return same ? Word.read(block).word : undefined;
}

/** A source whose last block is whole. */
function paddedSource(source: ByteSource, blockSize: number): ByteSource {
  const size = Math.ceil(source.size / blockSize) * blockSize;
  return {
    size,
    read: (offset, length) => {
      const present = Math.max(0, Math.min(length, source.size - offset));
      const bytes = source.read(offset, present);
      return present === length ? bytes : concat([bytes, new Uint8Array(length - present)]);
    },
  };
}

function* contentOf(chunk: SparseChunk, blockSize: number): Generator<Uint8Array> {
  if (chunk.kind === 'raw') yield* readRange(chunk.data);
  if (chunk.kind !== 'fill') return;
  const size = chunk.blocks * blockSize;
  const piece = Buffer.alloc(Math.min(size, COPY_SIZE), Word.write({ word: chunk.word }));
  for (let done = 0; done < size; done += piece.length) {
    yield new Uint8Array(piece.buffer, piece.byteOffset, Math.min(piece.length, size - done));
  }
}

/** Android sparse images over arrays; `readSparseImage` reads large ones from a file. */
export const sparseFormat: Format<SparseImage> = {
  name: 'sparse',
  detect: isSparseImage,
  read: readSparseBytes,
  write: sparseBytes,
  describe,
};

function describe(image: SparseImage): readonly Fact[] {
  const { offsets } = SparseHeader;
  const blocksOf = (kind: SparseChunk['kind']): string => {
    const chunks = image.chunks.filter((chunk) => chunk.kind === kind);
    return `${chunks.length} chunks, ${chunks.reduce((sum, { blocks }) => sum + blocks, 0)} blocks`;
  };
  return [
    { name: 'version', value: `1.${image.minorVersion}`, offset: offsets.majorVersion, size: 4 },
    { name: 'block size', value: String(image.blockSize), offset: offsets.blockSize, size: 4 },
    { name: 'blocks', value: String(image.totalBlocks), offset: offsets.totalBlocks, size: 4 },
    { name: 'expanded', value: `${expandedSize(image)} bytes` },
    { name: 'raw', value: blocksOf('raw') },
    { name: 'fill', value: blocksOf('fill') },
    { name: 'skip', value: blocksOf('skip') },
    { name: 'trailing', value: `${image.trailing.size} bytes` },
  ];
}
