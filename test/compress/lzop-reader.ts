/** Reads .lzo files without a name and without checksums over their blocks, after lzop's source and lzo.rst. */
export function readLzop(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const out: Uint8Array[] = [];
  // Magic 9, header 25, checksum 4.
  for (let at = 38; view.getUint32(at) !== 0; ) {
    const [expanded, packed] = [view.getUint32(at), view.getUint32(at + 4)];
    const data = file.subarray(at + 8, at + 8 + packed);
    out.push(packed === expanded ? data : readLzo(data, expanded));
    at += 8 + packed;
  }
  return Buffer.concat(out);
}

/** One LZO1X stream. */
export function readLzo(input: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let [at, to, state] = [0, 0, 0];
  const next = (): number => input[at++] ?? 0;
  const literals = (count: number): void => {
    for (let i = 0; i < count; i++) out[to++] = next();
  };
  const long = (low: number, most: number): number => {
    if (low > 0) return low;
    let sum = most;
    for (;;) {
      const byte = next();
      if (byte > 0) return sum + byte;
      sum += 255;
    }
  };
  const copy = (distance: number, length: number, behind: number): void => {
    if (distance > to) throw new Error(`a match reaches ${distance} bytes back at ${to}`);
    for (let i = 0; i < length; i++, to++) out[to] = out[to - distance] ?? 0;
    literals(behind);
    state = behind;
  };
  const first = input[0] ?? 0;
  if (first > 17) {
    at = 1;
    literals(first - 17);
    state = Math.min(4, first - 17);
  }
  for (;;) {
    const code = next();
    if (code >= 64) {
      const high = next();
      const length = code >= 128 ? 5 + ((code >> 5) & 3) : 3 + ((code >> 5) & 1);
      copy((high << 3) + ((code >> 2) & 7) + 1, length, code & 3);
    } else if (code >= 32) {
      const length = long(code & 31, 31) + 2;
      const word = next() | (next() << 8);
      copy((word >> 2) + 1, length, word & 3);
    } else if (code >= 16) {
      const length = long(code & 7, 7) + 2;
      const word = next() | (next() << 8);
      const far = ((code & 8) << 11) + (word >> 2);
      if (far === 0) return out.subarray(0, to);
      copy(16384 + far, length, word & 3);
    } else if (state === 0) {
      literals(long(code, 15) + 3);
      state = 4;
    } else {
      throw new Error('an instruction that mnx does not write');
    }
  }
}
