import { concat, FormatError, layout, MnxError, startsWith, u16le, u32le } from '../binary/index.ts';
import { type ByteRange, type ByteSource, readRange, sourceOf } from './source.ts';

/** First word of an Android sparse image (libsparse sparse_format.h). */
export const SPARSE_MAGIC = 0xed26ff3a;

const Magic = layout('sparse-magic', { magic: u32le });
const MAGIC_BYTES = Magic.write({ magic: SPARSE_MAGIC });

export const SparseHeader = layout('sparse', {
  magic: u32le,
  majorVersion: u16le,
  minorVersion: u16le,
  headerSize: u16le,
  chunkHeaderSize: u16le,
  blockSize: u32le,
  totalBlocks: u32le,
  totalChunks: u32le,
  /** CRC-32 of the whole image; 0 is not stated. */
  checksum: u32le,
});

export const SparseChunkHeader = layout('sparse-chunk', {
  type: u16le,
  reserved: u16le,
  blocks: u32le,
  /** Header and data. */
  totalSize: u32le,
});

const Word = layout('sparse-word', { word: u32le });

/** Chunk types by name. `skip` is what libsparse calls don't care. */
export const CHUNK_TYPES = { raw: 0xcac1, fill: 0xcac2, skip: 0xcac3, crc: 0xcac4 } as const;

/** A run of blocks. */
export type SparseChunk = {
  /** Not looked at by any reader. */
  readonly reserved: number;
  /** What a longer chunk header has behind the known fields. */
  readonly headerTail: Uint8Array;
  readonly blocks: number;
} & (
  | { readonly kind: 'raw'; readonly data: ByteRange }
  /** Blocks full of one word of 4 bytes. */
  | { readonly kind: 'fill'; readonly word: number }
  /** Blocks whose content does not matter. */
  | { readonly kind: 'skip' }
  /** CRC-32 of the image up to here. */
  | { readonly kind: 'crc'; readonly checksum: number }
);

/** An Android sparse image as a value; data stays where it is read from. */
export interface SparseImage {
  readonly minorVersion: number;
  /** Bytes; a multiple of 4. */
  readonly blockSize: number;
  readonly totalBlocks: number;
  /** 0: not stated. */
  readonly checksum: number;
  readonly headerTail: Uint8Array;
  /** Size of each chunk's header. */
  readonly chunkHeaderSize: number;
  readonly chunks: readonly SparseChunk[];
  /** What follows the last chunk. */
  readonly trailing: ByteRange;
}

/** Whether the bytes begin as a sparse image does. */
export function isSparseImage(bytes: Uint8Array): boolean {
  return startsWith(bytes, MAGIC_BYTES);
}

/**
 * Reads a sparse image's headers; the data of its chunks stays in the source. A higher minor version
 * is read, a higher major version refused, as sparse_format.h wants.
 * @throws FormatError `bootimg.sparse` for anything that is not a whole sparse image
 */
export function readSparseImage(source: ByteSource): SparseImage {
  const header = SparseHeader.read(source.read(0, Math.min(SparseHeader.size, source.size)));
  checkHeader(header);
  const chunks: SparseChunk[] = [];
  const headerTail = tailOf(source, 'headerSize', SparseHeader.size, header.headerSize);
  let at = header.headerSize;
  let blocks = 0;
  for (let count = 0; count < header.totalChunks; count++) {
    const { chunk, size } = readChunk(source, at, header);
    blocks += chunk.blocks;
    if (blocks > header.totalBlocks) {
      throw damaged('blocks', at + SparseChunkHeader.offsets.blocks, chunk.blocks, 'blocks within the image');
    }
    chunks.push(chunk);
    at += size;
  }
  if (blocks !== header.totalBlocks) {
    throw damaged(
      'totalBlocks',
      SparseHeader.offsets.totalBlocks,
      header.totalBlocks,
      `${blocks}, the blocks of all chunks`,
    );
  }
  const { minorVersion, blockSize, totalBlocks, checksum, chunkHeaderSize } = header;
  const trailing = { source, offset: at, size: source.size - at };
  return { minorVersion, blockSize, totalBlocks, checksum, headerTail, chunkHeaderSize, chunks, trailing };
}

/**
 * The bytes of a sparse image, as consecutive pieces that are read when they are asked for.
 * @throws MnxError `bootimg.sparse` when a chunk's data is not whole blocks
 */
export function* writeSparseImage(image: SparseImage): Generator<Uint8Array> {
  yield SparseHeader.write({
    magic: SPARSE_MAGIC,
    majorVersion: 1,
    minorVersion: image.minorVersion,
    headerSize: SparseHeader.size + image.headerTail.length,
    chunkHeaderSize: image.chunkHeaderSize,
    blockSize: image.blockSize,
    totalBlocks: image.totalBlocks,
    totalChunks: image.chunks.length,
    checksum: image.checksum,
  });
  yield image.headerTail;
  for (const chunk of image.chunks) {
    const size = dataSize(chunk);
    if (chunk.kind === 'raw' && size !== chunk.blocks * image.blockSize) {
      throw new MnxError('bootimg.sparse', `a chunk of ${chunk.blocks} blocks has ${size} bytes`);
    }
    yield SparseChunkHeader.write({
      type: CHUNK_TYPES[chunk.kind],
      reserved: chunk.reserved,
      blocks: chunk.blocks,
      totalSize: image.chunkHeaderSize + size,
    });
    yield chunk.headerTail;
    if (chunk.kind === 'raw') yield* readRange(chunk.data);
    else if (chunk.kind === 'fill') yield Word.write({ word: chunk.word });
    else if (chunk.kind === 'crc') yield Word.write({ word: chunk.checksum });
  }
  yield* readRange(image.trailing);
}

/** Bytes of a chunk behind its header. */
function dataSize(chunk: SparseChunk): number {
  if (chunk.kind === 'raw') return chunk.data.size;
  return chunk.kind === 'skip' ? 0 : Word.size;
}

type Header = ReturnType<typeof SparseHeader.read>;

function checkHeader(header: Header): void {
  const rules: readonly [keyof Header, boolean, string][] = [
    ['magic', header.magic === SPARSE_MAGIC, '0xed26ff3a'],
    ['majorVersion', header.majorVersion === 1, '1'],
    ['headerSize', header.headerSize >= SparseHeader.size, `${SparseHeader.size} or more`],
    [
      'chunkHeaderSize',
      header.chunkHeaderSize >= SparseChunkHeader.size,
      `${SparseChunkHeader.size} or more`,
    ],
    ['blockSize', header.blockSize > 0 && header.blockSize % Word.size === 0, 'a multiple of 4'],
  ];
  for (const [field, holds, wanted] of rules) {
    if (!holds) throw damaged(field, SparseHeader.offsets[field], header[field], wanted);
  }
}

function readChunk(source: ByteSource, at: number, header: Header): { chunk: SparseChunk; size: number } {
  const wanted = Math.max(0, Math.min(SparseChunkHeader.size, source.size - at));
  if (wanted < SparseChunkHeader.size) {
    throw damaged(
      'chunk',
      at,
      `end of input at ${source.size}`,
      `a chunk header of ${SparseChunkHeader.size} bytes`,
    );
  }
  const { type, reserved, blocks, totalSize } = SparseChunkHeader.read(source.read(at, wanted));
  const headerTail = tailOf(source, 'chunk', at + SparseChunkHeader.size, at + header.chunkHeaderSize);
  const kind = (Object.keys(CHUNK_TYPES) as SparseChunk['kind'][]).find((name) => CHUNK_TYPES[name] === type);
  if (kind === undefined) {
    throw damaged(
      'type',
      at + SparseChunkHeader.offsets.type,
      type,
      'raw, fill, skip or crc (0xcac1 to 0xcac4)',
    );
  }
  const size = kind === 'raw' ? blocks * header.blockSize : kind === 'skip' ? 0 : Word.size;
  if (totalSize !== header.chunkHeaderSize + size) {
    const place = at + SparseChunkHeader.offsets.totalSize;
    throw damaged('totalSize', place, totalSize, `${header.chunkHeaderSize + size}, header and data`);
  }
  const offset = at + header.chunkHeaderSize;
  if (offset + size > source.size) {
    const place = at + SparseChunkHeader.offsets.totalSize;
    throw damaged('totalSize', place, totalSize, `at most ${source.size - at}, what is left of the file`);
  }
  if (kind === 'crc' && blocks !== 0) {
    throw damaged('blocks', at + SparseChunkHeader.offsets.blocks, blocks, '0 in a chunk with a checksum');
  }
  const word = (): number => Word.read(source.read(offset, Word.size)).word;
  const shared = { reserved, headerTail, blocks };
  return { chunk: chunkOf(kind, shared, { source, offset, size }, word), size: totalSize };
}

function chunkOf(
  kind: SparseChunk['kind'],
  shared: Pick<SparseChunk, 'reserved' | 'headerTail' | 'blocks'>,
  data: ByteRange,
  word: () => number,
): SparseChunk {
  switch (kind) {
    case 'raw':
      return { ...shared, kind, data };
    case 'fill':
      return { ...shared, kind, word: word() };
    case 'skip':
      return { ...shared, kind };
    case 'crc':
      return { ...shared, kind, checksum: word() };
  }
}

function tailOf(source: ByteSource, field: string, start: number, end: number): Uint8Array {
  if (end > source.size) {
    throw damaged(field, start, `end of input at ${source.size}`, `a header up to ${end}`);
  }
  return source.read(start, end - start).slice();
}

function damaged(field: string, offset: number, got: string | number, wanted: string): FormatError {
  return new FormatError('bootimg.sparse', { field: `sparse.${field}`, offset, got, wanted });
}

/** {@link readSparseImage} over an array. */
export function readSparseBytes(bytes: Uint8Array): SparseImage {
  return readSparseImage(sourceOf(bytes));
}

/** {@link writeSparseImage} as one array. */
export function sparseBytes(image: SparseImage): Uint8Array {
  return concat([...writeSparseImage(image)]);
}
