const COMMA = 0x2c;
/** Device tables hold strings of at most 128 bytes (include/linux/mod_devicetable.h of_device_id). */
const LONGEST = 128;

/**
 * Looks for compatible strings in an uncompressed kernel image, the way a device table holds them:
 * a whole string with a NUL on either side. Nearly all carry a vendor and a comma, so the commas of
 * the image are gone through once; the few others are searched for one by one, tens of MiB each.
 * @returns the predicate that {@link coverage} takes as `knownToImage`.
 */
export function compatiblesIn(image: Uint8Array): (compatible: string) => boolean {
  const haystack = Buffer.from(image.buffer, image.byteOffset, image.length);
  const known = new Map<string, boolean>();
  let withComma: ReadonlySet<string> | undefined;
  return (compatible) => {
    let answer = known.get(compatible);
    if (answer === undefined) {
      if (compatible.includes(',')) {
        withComma ??= commaStrings(haystack);
        answer = withComma.has(compatible);
      } else {
        answer = haystack.includes(Buffer.from(`\0${compatible}\0`, 'latin1'));
      }
      known.set(compatible, answer);
    }
    return answer;
  };
}

/** All strings between NULs that have a comma between printable characters. */
function commaStrings(haystack: Buffer): Set<string> {
  const found = new Set<string>();
  let at = haystack.indexOf(COMMA);
  while (at >= 0) {
    let start = at;
    while (at - start < LONGEST && isPrintable(haystack[start - 1])) start--;
    let end = at + 1;
    while (end - start < LONGEST && isPrintable(haystack[end])) end++;
    if (haystack[start - 1] === 0 && haystack[end] === 0) found.add(haystack.toString('latin1', start, end));
    at = haystack.indexOf(COMMA, end);
  }
  return found;
}

function isPrintable(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte < 0x7f;
}
