import { UsageError } from '../binary/index.ts';

/** Widths in the packed word, from the top: three version numbers of 7 bits, year - 2000 of 7, month of 4. */
const VERSION_LIMIT = 128;
const FIRST_YEAR = 2000;

/**
 * Packs Android version and security patch level into the header's word, by mkbootimg.py's rules
 * (`A<<25 | B<<18 | C<<11 | (year-2000)<<4 | month`): a version that does not begin with a number
 * is 0, a day in the patch level is dropped.
 * @throws UsageError `bootimg.os-version` when a number does not fit its bits
 */
export function packOsVersion(version: string, patchLevel: string): number {
  return packVersion(version) * 2 ** 11 + packPatch(patchLevel);
}

/** Texts of a packed word: `14.0.0` and `2024-03`; undefined where the word has zeros. */
export function osVersionText(word: number): {
  readonly version: string | undefined;
  readonly patchLevel: string | undefined;
} {
  const version = word >>> 11;
  const patch = word & 0x7ff;
  return {
    version: version === 0 ? undefined : [version >> 14, (version >> 7) & 127, version & 127].join('.'),
    patchLevel:
      patch === 0 ? undefined : `${FIRST_YEAR + (patch >> 4)}-${String(patch & 15).padStart(2, '0')}`,
  };
}

function packVersion(text: string): number {
  const found = /^(\d{1,3})(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?/.exec(text);
  if (found === null) return 0;
  const numbers = [found[1], found[2], found[3]].map((digits) => Number(digits ?? 0));
  if (numbers.some((number) => number >= VERSION_LIMIT)) {
    throw new UsageError('bootimg.os-version', `Android version ${text}: each number must be below 128`);
  }
  return numbers.reduce((word, number) => word * VERSION_LIMIT + number, 0);
}

function packPatch(text: string): number {
  const found = /^(\d{4})-(\d{2})(?:-\d{2})?$/.exec(text);
  if (found === null) return 0;
  const year = Number(found[1]) - FIRST_YEAR;
  const month = Number(found[2]);
  if (year < 0 || year >= VERSION_LIMIT || month < 1 || month > 12) {
    throw new UsageError(
      'bootimg.os-version',
      `security patch level ${text}: the year must be 2000 to 2127, the month 01 to 12`,
    );
  }
  return year * 16 + month;
}
