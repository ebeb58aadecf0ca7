/** One line of a description: a field, its value as a person reads it, and where it stands. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly offset?: number;
  readonly size?: number;
}

/**
 * What every format offers under the same names, so that one conformance test and one
 * `mnx inspect` can drive them all. Codecs are pure: bytes in, value out, no files.
 */
export interface Format<T> {
  /** Short name: `bootimg`, `fdt`, `cpio`. */
  readonly name: string;
  /** Cheap look at magics; never throws. */
  detect(bytes: Uint8Array): boolean;
  /** @throws FormatError when the bytes are damaged; never anything else. */
  read(bytes: Uint8Array): T;
  /** Inverse of `read`: for bytes that `read` accepts, `write(read(b))` equals `b`. */
  write(value: T): Uint8Array;
  describe(value: T): readonly Fact[];
}
