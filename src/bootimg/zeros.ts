/** Zeros that all gaps share, so that a gap of 30 MB costs no memory. Never written to. */
const CHUNK = new Uint8Array(1024 * 1024);

/**
 * `count` zero bytes as pieces. The pieces are views of one array: do not write into them.
 * @param at where they will stand: the first piece ends on a multiple of a MiB, so that who takes the whole by the
 *   MiB has one piece each time and nothing to join.
 */
export function zeros(count: number, at = 0): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let done = 0; done < count; ) {
    const room = CHUNK.length - ((at + done) % CHUNK.length);
    const piece = CHUNK.subarray(0, Math.min(count - done, room));
    pieces.push(piece);
    done += piece.length;
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
