import { crc32, inflateSync } from 'node:zlib';
import { bytes as bytesField, concat, latin1, layout, MnxError, u32be } from '../binary/index.ts';

const CRC = 4;

/** PNG 1.2, section 3.2. */
const CHUNK = layout('PNG chunk', { length: u32be, type: bytesField(4) });

/** Profiles and texts of real pictures are far below. */
const LARGEST_EXTRA = 4 * 1024 * 1024;

const PACKED = ['iCCP', 'zTXt', 'iTXt'];
const EXTRAS = [...PACKED, 'tEXt', 'eXIf'];

export const PNG_SIGNATURE = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export interface Chunk {
  /** Four letters. */
  readonly type: string;
  readonly data: Uint8Array;
}

/**
 * Looks through a PNG before a decoder does: chunks that are whole, and no profile or text that is huge
 * or becomes huge when it is expanded.
 * @throws MnxError `splash.picture` (exit code 3)
 */
export function checkPng(bytes: Uint8Array, name: string): void {
  for (const { type, data } of chunksOf(bytes, name)) {
    if (EXTRAS.includes(type)) checkExtra(data, type, name);
  }
}

/** The chunks of a PNG up to its end. @throws MnxError `splash.picture` (exit code 3) when it has none */
export function chunksOf(bytes: Uint8Array, name: string): Chunk[] {
  const chunks: Chunk[] = [];
  let at = PNG_SIGNATURE.length;
  for (;;) {
    if (at + CHUNK.size > bytes.length) throw broken(name, 'it ends before its last chunk');
    const { length, type: letters } = CHUNK.read(bytes, at);
    const type = Buffer.from(letters).toString('latin1');
    const start = at + CHUNK.size;
    if (start + length + CRC > bytes.length) throw broken(name, `it ends inside its ${type} chunk`);
    chunks.push({ type, data: bytes.subarray(start, start + length) });
    if (type === 'IEND') return chunks;
    at = start + length + CRC;
  }
}

/** A chunk with its length and checksum. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const head = CHUNK.write({ length: data.length, type: latin1(type) });
  const sum = new Uint8Array(CRC);
  new DataView(sum.buffer).setUint32(0, crc32(concat([head.subarray(4), data])));
  return concat([head, data, sum]);
}

function checkExtra(data: Uint8Array, type: string, name: string): void {
  if (data.length > LARGEST_EXTRA) throw tooLarge(name, type);
  const packed = packedPart(data, type);
  if (packed === undefined) return;
  try {
    inflateSync(packed, { maxOutputLength: LARGEST_EXTRA });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name, type);
    throw broken(name, `its ${type} chunk does not expand`);
  }
}

/** The zlib data of a chunk; other shapes than the specification's are the decoder's business. */
function packedPart(data: Uint8Array, type: string): Uint8Array | undefined {
  // A keyword and a zero stand in front.
  const end = data.indexOf(0);
  if (!PACKED.includes(type) || end < 0) return undefined;
  // Then the method, 0.
  if (type !== 'iTXt') return data.subarray(end + 2);
  // Or a flag, the method, a language and a translated keyword, each with its zero.
  if (data[end + 1] !== 1) return undefined;
  const language = data.indexOf(0, end + 3);
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
  return translated < 0 ? undefined : data.subarray(translated + 1);
}

/** What a damaged PNG file is told with. */
export function broken(name: string, what: string): MnxError {
  return new MnxError('splash.picture', `${name} is a damaged PNG file: ${what}`, {
    exitCode: 3,
    hint: 'Open it in a viewer and save it again.',
  });
}

function tooLarge(name: string, type: string): MnxError {
  return new MnxError('splash.picture', `${name} has more than ${LARGEST_EXTRA} bytes in its ${type} chunk`, {
    exitCode: 3,
    hint: 'Save it without profiles and comments.',
  });
}
