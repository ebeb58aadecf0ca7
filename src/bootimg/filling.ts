import { GKI_BLOCK, isVbmeta } from '../avb/index.ts';
import type { OpenedImage } from './opened.ts';
import { type ByteRange, COPY_SIZE, rangeBytes, rangeOfBytes } from './source.ts';
import type { Wrapped, WrapperName } from './wrapper.ts';

/**
 * What fills an image up to the size of the partition that it was read from. It gives way when the content
 * grows, and makes up when that shrinks.
 */
export interface Filling {
  readonly byte: number;
  /** Where it ends: bytes of the image with it. */
  readonly upTo: number;
}

/** What flash memory has where nothing was written. */
const ERASED = 0xff;

/** Less than this behind something belongs to that: four bytes behind Samsung's mark. */
const LEAST = 4096;

/** Their headers state the size of all that they hold, its filling too. */
const COUNTING: readonly WrapperName[] = ['dhtb', 'blob'];

/** What lies behind everything else, without its filling. */
export interface WithoutFilling {
  readonly rest: ByteRange;
  /** Undefined where there is none. */
  readonly byte: number | undefined;
}

/** Takes filling off the end of what lies behind an image or its wrapper. */
export function withoutFilling(behind: ByteRange): WithoutFilling {
  const { source, offset, size } = behind;
  if (size === 0) return { rest: behind, byte: undefined };
  const [byte = 0] = source.read(offset + size - 1, 1);
  const end = byte === 0 || byte === ERASED ? Math.max(endBefore(byte, behind), blockSize(behind)) : size;
  const fills = end === 0 || size - end >= LEAST;
  return fills ? { rest: { source, offset, size: end }, byte } : { rest: behind, byte: undefined };
}

/** Bytes in front of those at the end that are all the same. */
function endBefore(byte: number, { source, offset, size }: ByteRange): number {
  const filled = Buffer.alloc(Math.min(size, COPY_SIZE), byte);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - COPY_SIZE);
    const piece = source.read(offset + start, end - start);
    // Most pieces are filling: comparing them at once is a hundred times faster than byte by byte.
    if (Buffer.compare(piece, filled.subarray(0, piece.length)) !== 0) {
      return start + piece.findLastIndex((each) => each !== byte) + 1;
    }
    end = start;
  }
  return 0;
}

/** The zeros in the block of a boot signature are its own. */
function blockSize({ source, offset, size }: ByteRange): number {
  const block = Math.min(size, GKI_BLOCK);
  return isVbmeta(source.read(offset, block)) ? block : 0;
}

/** Wrappers without filling. */
export interface LayersWithoutFilling {
  readonly layers: readonly Wrapped[];
  readonly byte: number | undefined;
  /** Whether it is the image within that has the last word: filling may be behind its sections. */
  readonly inside: boolean;
}

/** Takes filling off the wrapper that reaches to the end of the file. */
export function layersWithoutFilling(layers: readonly Wrapped[]): LayersWithoutFilling {
  // What a vendor has sealed does not change its size.
  const sealed = layers.some(({ sealedFor }) => sealedFor !== undefined);
  const outer = layers.find(({ after, wrapper }) => after.length > 0 || COUNTING.includes(wrapper));
  if (sealed || outer === undefined) return { layers, byte: undefined, inside: !sealed };
  const { rest, byte } = withoutFilling(rangeOfBytes(outer.after));
  const bare = { ...outer, after: rangeBytes(rest) };
  return { layers: layers.map((layer) => (layer === outer ? bare : layer)), byte, inside: false };
}

/** An image without its filling, of which `byte` is what it is made of. */
export function openedWithoutFilling(opened: OpenedImage): {
  readonly opened: OpenedImage;
  readonly byte: number | undefined;
} {
  const { layers, byte, inside } = layersWithoutFilling(opened.layers);
  if (!inside) return { opened: { ...opened, layers }, byte };
  const { content } = opened;
  const cut = withoutFilling(rangeOfBytes(content.image.trailing));
  const image = { ...content.image, trailing: rangeBytes(cut.rest) };
  return { opened: { layers, content: { ...content, image } as OpenedImage['content'] }, byte: cut.byte };
}

/** The pieces of an image and its filling behind them; none when they reach as far already. */
export function* filledUp(pieces: Iterable<Uint8Array>, filling: Filling | undefined): Generator<Uint8Array> {
  let size = 0;
  for (const piece of pieces) {
    size += piece.length;
    yield piece;
  }
  if (filling === undefined) return;
  const chunk = new Uint8Array(Math.min(COPY_SIZE, Math.max(0, filling.upTo - size))).fill(filling.byte);
  for (let left = filling.upTo - size; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
}
