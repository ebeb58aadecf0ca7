import { concat, MnxError, utf8 } from '../binary/index.ts';
import { type FieldTable, rangeOf } from './kept.ts';

/** Bytes that are no UTF-8 become U+DC80 to U+DCFF (PEP 383), which no UTF-8 text contains. */
const ESCAPE = 0xdc00;
const ESCAPED = /[\udc80-\udcff]/;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Header text as a string. Some vendors' command lines are not UTF-8; each such byte becomes one
 * lone surrogate, so that {@link encodeText} gives back every byte and no text grows.
 */
export function decodeText(bytes: Uint8Array): string {
  const whole = tryDecode(bytes);
  if (whole !== undefined) return whole;
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const { char, size } = nextCharacter(bytes.subarray(at, at + 4));
    text += char;
    at += size;
  }
  return text;
}

/** Inverse of {@link decodeText}. */
export function encodeText(text: string): Uint8Array {
  if (!ESCAPED.test(text)) return utf8(text);
  return concat([...text].map(encodeCharacter));
}

/**
 * A text as its header field holds it, zeros behind.
 * @throws MnxError `bootimg.text` when it does not fit
 */
export function textField(table: FieldTable, field: string, text: string): Uint8Array {
  const { start, end } = rangeOf(table, field);
  const out = new Uint8Array(end - start);
  const bytes = encodeText(text);
  if (bytes.length > out.length) {
    throw new MnxError(
      'bootimg.text',
      `${table.name}.${field}: got ${bytes.length} bytes, the field has ${out.length}`,
    );
  }
  out.set(bytes);
  return out;
}

function encodeCharacter(char: string): Uint8Array {
  return char.length === 1 && ESCAPED.test(char) ? Uint8Array.of(char.charCodeAt(0) - ESCAPE) : utf8(char);
}

function nextCharacter(bytes: Uint8Array): { readonly char: string; readonly size: number } {
  for (let size = 1; size <= bytes.length; size++) {
    const char = tryDecode(bytes.subarray(0, size));
    if (char !== undefined) return { char, size };
  }
  return { char: String.fromCharCode(ESCAPE + (bytes[0] ?? 0)), size: 1 };
}

function tryDecode(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
