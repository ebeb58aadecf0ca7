import type * as v from 'valibot';
import { eraseFooter, isSigned, readFooter, renewFooter, type SigningKey } from '../avb/index.ts';
import { concat, FormatError, sha256 } from '../binary/index.ts';
import {
  expandSparse,
  makeSparse,
  rangeOfBytes,
  readSparseImage,
  type SparseChunk,
  type SparseImage,
  sourceOf,
  writeSparseImage,
} from '../bootimg/index.ts';
import type { PartReader, Sink } from './part-files.ts';
import { type around, hexOf } from './schema.ts';

type Around = { [K in keyof typeof around]: v.InferOutput<(typeof around)[K]> };

/** A sparse file expands to no more than this. */
const SPARSE_LIMIT = 1024 * 1024 * 1024;

/** Takes a sparse file's own numbers and chunks down. @returns the file as the partition would have it */
export async function unpackSparse(file: Uint8Array, { toml, files }: Sink): Promise<Uint8Array> {
  const image = readSparseImage(sourceOf(file));
  toml.table('sparse');
  toml.put('minor_version', image.minorVersion);
  toml.put('block_size', image.blockSize);
  toml.put('total_blocks', image.totalBlocks);
  if (image.checksum !== 0) toml.put('checksum', image.checksum);
  toml.put('chunk_header_size', image.chunkHeaderSize);
  if (image.headerTail.length > 0) toml.put('header_tail', hexOf(image.headerTail));
  const { source, offset, size } = image.trailing;
  if (size > 0) toml.put('trailing', await files.put('sparse.trailing', [source.read(offset, size)]));
  toml.lines('chunks', image.chunks.map(chunkText));
  return concat([...expandSparse(image, SPARSE_LIMIT)]);
}

/** `raw 3`, `fill 8 0x0`, `skip 5`, `crc 0 0x1234`; a chunk's unusual header bytes behind. */
function chunkText(chunk: SparseChunk): string {
  const word =
    chunk.kind === 'fill'
      ? ` 0x${chunk.word.toString(16)}`
      : chunk.kind === 'crc'
        ? ` 0x${chunk.checksum.toString(16)}`
        : '';
  const reserved = chunk.reserved === 0 ? '' : ` reserved=0x${chunk.reserved.toString(16)}`;
  const tail = chunk.headerTail.length === 0 ? '' : ` tail=${hexOf(chunk.headerTail)}`;
  return `${chunk.kind} ${chunk.blocks}${word}${reserved}${tail}`;
}

/** Sparse again: in the chunks that the file had, when the image still fits them, else in new ones. */
export function packSparse(
  bytes: Uint8Array,
  table: NonNullable<Around['sparse']>,
  files: PartReader,
): Uint8Array {
  const layout = sparseOf(bytes, table, files);
  const image = layout ?? makeSparse(sourceOf(bytes), { blockSize: table.block_size });
  return concat([...writeSparseImage(image)]);
}

function sparseOf(
  bytes: Uint8Array,
  table: NonNullable<Around['sparse']>,
  files: PartReader,
): SparseImage | undefined {
  if (bytes.length !== table.total_blocks * table.block_size) return undefined;
  let at = 0;
  const chunks: SparseChunk[] = [];
  for (const text of table.chunks) {
    const { chunk, size } = chunkOf(text, bytes, { at, blockSize: table.block_size });
    if (!holds(chunk, bytes.subarray(at, at + size))) return undefined;
    chunks.push(chunk);
    at += size;
  }
  if (at !== bytes.length) return undefined;
  return {
    minorVersion: table.minor_version,
    blockSize: table.block_size,
    totalBlocks: table.total_blocks,
    checksum: table.checksum,
    headerTail: table.header_tail,
    chunkHeaderSize: table.chunk_header_size,
    chunks,
    trailing: table.trailing === undefined ? rangeOfBytes(new Uint8Array(0)) : files.range(table.trailing),
  };
}

const CHUNK =
  /^(raw|fill|skip|crc) (\d+)(?: 0x([0-9a-f]{1,8}))?(?: reserved=0x([0-9a-f]{1,4}))?(?: tail=((?:[0-9a-f]{2})+))?$/;

function chunkOf(text: string, bytes: Uint8Array, { at, blockSize }: { at: number; blockSize: number }) {
  const found = CHUNK.exec(text);
  if (found === null) {
    throw new FormatError('unpack.sparse', {
      field: 'sparse.chunks',
      offset: 0,
      got: text,
      wanted: 'such as raw 3',
    });
  }
  const [, kind, count, word, reserved, tail] = found;
  const blocks = Number(count);
  const shared = {
    blocks,
    reserved: reserved === undefined ? 0 : Number.parseInt(reserved, 16),
    headerTail: new Uint8Array(Buffer.from(tail ?? '', 'hex')),
  };
  const size = kind === 'crc' ? 0 : blocks * blockSize;
  const value = word === undefined ? 0 : Number.parseInt(word, 16);
  const chunk: SparseChunk =
    kind === 'raw'
      ? {
          ...shared,
          kind,
          data: {
            source: sourceOf(bytes),
            offset: Math.min(at, bytes.length),
            size: Math.max(0, Math.min(size, bytes.length - at)),
          },
        }
      : kind === 'fill'
        ? { ...shared, kind, word: value }
        : kind === 'crc'
          ? { ...shared, kind, checksum: value }
          : { ...shared, kind: 'skip' };
  return { chunk, size };
}

/** Whether a chunk still says what the image has there. */
function holds(chunk: SparseChunk, bytes: Uint8Array): boolean {
  if (chunk.kind === 'skip') return bytes.every((byte) => byte === 0);
  if (chunk.kind !== 'fill') return true;
  const word = Buffer.alloc(4);
  word.writeUInt32LE(chunk.word);
  return bytes.every((byte, i) => byte === word[i % word.length]);
}

/** Takes an AVB footer off, with its structure. @returns the image without */
export async function unpackFooter(bytes: Uint8Array, { toml, files }: Sink): Promise<Uint8Array> {
  if (readFooter(bytes) === undefined) return bytes;
  const image = concat(eraseFooter(bytes));
  toml.table('avb');
  toml.put(
    'file',
    await files.put('avb-footer', [bytes.subarray(image.length)]),
    'vbmeta structure and footer',
  );
  toml.put('image_size', image.length);
  toml.put('image_sha256', sha256(image));
  return image;
}

/** What becomes of a footer around a changed image. */
export interface FooterOptions {
  readonly avbKey?: SigningKey;
  readonly warn: (text: string) => void;
}

/** The footer as it was around an unchanged image, else made again; a signed one without a key is taken off. */
export function packFooter(
  image: Uint8Array,
  table: NonNullable<Around['avb']>,
  { files, avbKey, warn }: FooterOptions & { readonly files: PartReader },
): Uint8Array {
  const tail = files.bytes(table.file);
  if (image.length === table.image_size && sha256(image) === table.image_sha256) return concat([image, tail]);
  const old = [new Uint8Array(table.image_size), tail];
  if (avbKey !== undefined) return concat(renewFooter(old, image, avbKey));
  if (!isSigned(old)) return concat(renewFooter(old, image));
  warn(
    'the AVB footer was signed and is taken off: sign it again with --avb-key, or disable verification in vbmeta (mnx avb vbmeta --flags 3)',
  );
  return image;
}
