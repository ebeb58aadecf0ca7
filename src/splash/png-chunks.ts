import { inflateSync } from 'node:zlib';
import { bytes as bytesField, layout, MnxError, u32be } from '../binary/index.ts';

const SIGNATURE = 8;
const CRC = 4;

/** PNG 1.2, section 3.2. */
const CHUNK = layout('PNG chunk', { length: u32be, type: bytesField(4) });

/** Profiles and texts of real pictures are far below. */
const LARGEST_EXTRA = 4 * 1024 * 1024;

const PACKED = ['iCCP', 'zTXt', 'iTXt'];
const EXTRAS = [...PACKED, 'tEXt', 'eXIf'];

/**
 * Looks through a PNG before a decoder does: chunks that are whole, and no profile or text that is huge
 * or becomes huge when it is expanded.
 * @throws MnxError `splash.picture` (exit code 3)
 */
export function checkPng(bytes: Uint8Array, name: string): void {
  let at = SIGNATURE;
  for (;;) {
    if (at + CHUNK.size > bytes.length) throw broken(name, 'it ends before its last chunk');
    const { length, type: letters } = CHUNK.read(bytes, at);
    const type = Buffer.from(letters).toString('latin1');
    const start = at + CHUNK.size;
    if (start + length + CRC > bytes.length) throw broken(name, `it ends inside its ${type} chunk`);
    if (EXTRAS.includes(type)) checkExtra(bytes.subarray(start, start + length), type, name);
    if (type === 'IEND') return;
    at = start + length + CRC;
  }
}

function checkExtra(data: Uint8Array, type: string, name: string): void {
  if (data.length > LARGEST_EXTRA) throw tooLarge(name, type);
  if (!PACKED.includes(type)) return;
  // A keyword, a zero, the method (0), then zlib data; other shapes are the decoder's business.
  const end = data.indexOf(0);
  if (end < 0 || type === 'iTXt') return;
  try {
    inflateSync(data.subarray(end + 2), { maxOutputLength: LARGEST_EXTRA });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name, type);
    throw broken(name, `its ${type} chunk does not expand`);
  }
}

function broken(name: string, what: string): MnxError {
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
