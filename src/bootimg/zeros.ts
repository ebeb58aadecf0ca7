/** Zeros that all gaps share, so that a gap of 30 MB costs no memory. Never written to. */
const CHUNK = new Uint8Array(1024 * 1024);

/** `count` zero bytes as pieces. The pieces are views of one array: do not write into them. */
export function zeros(count: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let left = count; left > 0; left -= CHUNK.length) {
    pieces.push(CHUNK.subarray(0, Math.min(left, CHUNK.length)));
  }
  return pieces;
}

/** Whether all bytes are zero. */
export function allZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Bytes of all pieces. */
export function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
