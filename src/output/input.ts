import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const MIB = 1024 * 1024;
/** A pipe with more brings no image: no tool here needs it, and memory has an end. */
const PIPE_LIMIT = 1024 * MIB;
/** /dev/fb0 has less, /dev/zero has more. */
const DEVICE_LIMIT = 128 * MIB;
const PIECE = MIB;

/**
 * A file that somebody named, whole.
 * @throws the system's error, and one of code `ENDLESS` for a device or a pipe that brings more than any image has
 */
export async function readWhole(file: string): Promise<Uint8Array> {
  const limit = limitOf(file);
  return limit === undefined ? viewOf(await readFile(file)) : readPieces(createReadStream(file), limit);
}

/** {@link readWhole} for callers that cannot wait. */
export function readWholeSync(file: string): Uint8Array {
  const limit = limitOf(file);
  if (limit === undefined) return viewOf(readFileSync(file));
  const fd = openSync(file, 'r');
  try {
    const pieces = new Pieces(limit);
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE);
      const count = readSync(fd, piece);
      if (count === 0) return pieces.joined();
      pieces.add(piece.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}

/** What a pipe brings. @throws an error of code `ENDLESS` beyond the limit, in bytes */
export async function readPieces(stream: AsyncIterable<Uint8Array>, limit = PIPE_LIMIT): Promise<Uint8Array> {
  const pieces = new Pieces(limit);
  for await (const piece of stream) pieces.add(piece);
  return pieces.joined();
}

class Pieces {
  readonly #limit: number;
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(piece: Uint8Array): void {
    this.#size += piece.length;
    if (this.#size > this.#limit) throw Object.assign(new Error('data without an end'), { code: 'ENDLESS' });
    this.#pieces.push(piece);
  }

  joined(): Uint8Array {
    return viewOf(Buffer.concat(this.#pieces));
  }
}

/** Where reading ends at the latest; undefined for what has a size. */
function limitOf(file: string): number | undefined {
  const found = statSync(file);
  if (found.isCharacterDevice()) return DEVICE_LIMIT;
  return found.isFIFO() || found.isSocket() ? PIPE_LIMIT : undefined;
}

function viewOf({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
