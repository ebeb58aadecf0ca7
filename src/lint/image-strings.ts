const COMMA = 0x2c;
/** Length of the field in a device table (include/linux/mod_devicetable.h of_device_id.compatible). */
const LONGEST = 128;

/**
 * Looks for compatible strings in an uncompressed kernel image, the way a device table holds them:
 * a NUL in front, and the rest of the 128 bytes empty. A string that code merely compares with
 * (`of_device_is_compatible()`) stands close to the next one and does not count: nobody binds for it.
 * Nearly all carry a vendor and a comma, so the commas of the image are gone through once; the few
 * others are searched for one by one, tens of MiB each.
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
        answer = haystack.includes(Buffer.from(`\0${compatible.padEnd(LONGEST, '\0')}`, 'latin1'));
      }
      known.set(compatible, answer);
    }
    return answer;
  };
}

/** All strings that fill a table's field and have a comma between printable characters. */
function commaStrings(haystack: Buffer): Set<string> {
  const found = new Set<string>();
  let at = haystack.indexOf(COMMA);
  while (at >= 0) {
    let start = at;
    while (at - start < LONGEST && isPrintable(haystack[start - 1])) start--;
    let end = at + 1;
    while (end - start < LONGEST && isPrintable(haystack[end])) end++;
    if (haystack[start - 1] === 0 && isEmpty(haystack.subarray(end, start + LONGEST)))
      found.add(haystack.toString('latin1', start, end));
    at = haystack.indexOf(COMMA, end);
  }
  return found;
}

/** A field that holds nothing is none: the NUL that ends the string must fit. */
function isEmpty(rest: Uint8Array): boolean {
  return rest.length > 0 && rest.every((byte) => byte === 0);
}

function isPrintable(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte < 0x7f;
}
