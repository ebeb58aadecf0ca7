/** RFC 1950 9: the largest prime below 2^16. */
const BASE = 65521;
/** So many bytes can be summed before the sums pass 2^32. */
const RUN = 5552;

/** The sum of RFC 1950, which lzop has too. */
export function adler32(data: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let at = 0; at < data.length; at += RUN) {
    const end = Math.min(at + RUN, data.length);
    for (let i = at; i < end; i++) {
      a += data[i] as number;
      b += a;
    }
    a %= BASE;
    b %= BASE;
  }
  return b * 0x10000 + a;
}
