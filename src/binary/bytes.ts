/** Joins parts into one array; the parts are copied. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether `bytes` carries `wanted` at `offset`. */
export function startsWith(bytes: Uint8Array, wanted: Uint8Array | string, offset = 0): boolean {
  const pattern = typeof wanted === 'string' ? latin1(wanted) : wanted;
  if (offset < 0 || offset + pattern.length > bytes.length) return false;
  return pattern.every((byte, i) => bytes[offset + i] === byte);
}

/** Whether two arrays hold the same bytes. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Bytes of a string whose characters are all below 256; for magics and fixed names. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

const utf8Encoder = new TextEncoder();

/** A text's bytes in UTF-8, without a NUL. */
export function utf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** Decodes UTF-8; damaged sequences become U+FFFD, as the kernel's log would show them. */
export function utf8Text(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

/** The bytes before the first NUL, as text of one byte per character. */
export function cString(bytes: Uint8Array, offset = 0): string {
  const end = bytes.indexOf(0, offset);
  return Buffer.from(bytes.subarray(offset, end < 0 ? bytes.length : end)).toString('latin1');
}

/** A view for reading integers at offsets of a byte array. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
