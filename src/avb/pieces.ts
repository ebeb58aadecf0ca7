import { createHash } from 'node:crypto';
import type { HashName } from '../binary/index.ts';

/** An image in memory, or the ranges that it is made of in order; nothing joins them. */
export type ImageBytes = Uint8Array | readonly Uint8Array[];

/** Zeros that all gaps share, so that the gap before a footer costs no memory. Never written to. */
const ZEROS = new Uint8Array(1024 * 1024);

/** The ranges of an image; one in memory is a range of its own. */
export function piecesOf(image: ImageBytes): readonly Uint8Array[] {
  return image instanceof Uint8Array ? [image] : image;
}

/** Bytes of all pieces. */
export function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** The range [start, end) as views into the pieces; what lies outside of them is left out. */
export function slice(pieces: readonly Uint8Array[], start: number, end: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let at = 0;
  for (const piece of pieces) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, piece.length);
    if (from < to) out.push(piece.subarray(from, to));
    at += piece.length;
  }
  return out;
}

/** `count` zero bytes as views of one shared array. */
export function zeros(count: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let left = count; left > 0; left -= ZEROS.length) {
    pieces.push(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
  }
  return pieces;
}

/** Digest over pieces, however many, as if they were one array. */
export function digestOf(name: HashName, pieces: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(name);
  for (const piece of pieces) hash.update(piece);
  return new Uint8Array(hash.digest());
}

/** Whether no byte is set. */
export function allZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
