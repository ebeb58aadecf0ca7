import { concat, MnxError } from '../binary/index.ts';
import { BootV0, BootV3 } from './header.ts';
import { encodeText } from './text.ts';

/** The two fields of v0 to v2. */
export interface CommandLineFields {
  readonly cmdline: Uint8Array;
  readonly extraCmdline: Uint8Array;
}

const FIRST = BootV0.offsets.id - BootV0.offsets.cmdline;
const EXTRA = BootV0.size - BootV0.offsets.extraCmdline;
const LONG = BootV3.size - BootV3.offsets.cmdline;

/**
 * Cuts a command line into the fields of v0 to v2. AOSP since 2020 leaves a NUL at the end of the
 * first field (mkbootimg.py write_header); the classic tools fill it (mkbootimg.c, osm0sis).
 * @throws MnxError `bootimg.cmdline` when it does not fit
 */
export function splitCommandLine(text: string, dialect: 'aosp' | 'classic'): CommandLineFields {
  const bytes = encodeText(text);
  const cut = bytes.length < FIRST ? FIRST : dialect === 'aosp' ? FIRST - 1 : FIRST;
  return {
    cmdline: field(bytes.subarray(0, cut), FIRST),
    extraCmdline: field(bytes.subarray(cut), EXTRA),
  };
}

/** The single field of v3 and v4. */
export function longCommandLine(text: string): Uint8Array {
  return field(encodeText(text), LONG);
}

/** The bytes before each field's first NUL, joined: how loaders and unpackers read it back. */
export function joinCommandLine(...fields: readonly Uint8Array[]): Uint8Array {
  return concat(fields.map(untilNul));
}

/** The bytes before the first NUL; all of them when there is none. */
export function untilNul(field: Uint8Array): Uint8Array {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

function field(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length > size) {
    throw new MnxError(
      'bootimg.cmdline',
      `command line: ${bytes.length} bytes are left for a field of ${size}`,
      { hint: 'Remove kernel parameters.' },
    );
  }
  const out = new Uint8Array(size);
  out.set(bytes);
  return out;
}
