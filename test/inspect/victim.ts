import { type Format, FormatError } from '../../src/binary/index.ts';
import { random } from '../bootimg/random.ts';

/** A whole file of one format, and what of it a hostile one changes. */
export interface Victim {
  readonly name: string;
  readonly format: Format<unknown>;
  readonly bytes: Uint8Array;
  /** Bytes of the header: truncated at each. */
  readonly header: number;
  /** Where sections begin and end. */
  readonly boundaries: readonly number[];
  /** Offsets of 32-bit fields that state sizes, counts or places. */
  readonly sizes: readonly number[];
  readonly pageSize?: number;
  readonly version?: number;
  /** From this size on nothing says where the file ends: a wrapper's payload, an arm64 Image. */
  readonly openEnd?: number;
  /** Sizes at which a cut leaves a whole file: an archive without members. */
  readonly ends?: readonly number[];
  /** Every bit is under a check sum. */
  readonly sealed?: boolean;
  /** Byte order of `sizes` and of version and page size. */
  readonly bigEndian?: boolean;
}

export function victim<T>(
  format: Format<T>,
  bytes: Uint8Array,
  rest: Omit<Victim, 'name' | 'format' | 'bytes' | 'boundaries'> & { name?: string },
): Victim {
  const facts = format.describe(format.read(bytes));
  const places = facts.flatMap(({ offset, size = 0 }) =>
    offset === undefined ? [] : [offset, offset + size],
  );
  const boundaries = [...new Set(places)].filter((at) => at < bytes.length).sort((a, b) => a - b);
  return { name: format.name, ...rest, format: format as Format<unknown>, bytes, boundaries };
}

/** What became of a hostile file. */
export type Outcome = 'accepted' | 'refused';

/**
 * Reads a file. An accepted one has to come back byte for byte; one that is refused has to be
 * refused with a FormatError that names field, offset, got and wanted.
 */
export function outcomeOf(format: Format<unknown>, bytes: Uint8Array, what: string): Outcome {
  let value: unknown;
  // A look never throws.
  format.detect(bytes);
  try {
    value = format.read(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw new Error(`${what}: ${String(error)}`, { cause: error });
    const told =
      error.field !== '' &&
      error.got !== '' &&
      error.wanted !== '' &&
      Number.isInteger(error.offset) &&
      error.offset >= 0;
    if (!told) throw new Error(`${what}: ${error.message} does not say where`);
    return 'refused';
  }
  const again = format.write(value);
  format.describe(value);
  if (Buffer.compare(again, bytes) !== 0) throw new Error(`${what}: accepted, but not the same bytes again`);
  return 'accepted';
}

/** Flips `count` bits of a file, one at a time, most of them where its headers are; counts what was accepted. */
export function flipBits({ name, format, bytes, header }: Victim, count: number, seed: number): number {
  const next = random(seed);
  const near = Math.max(header, 64);
  const copy = bytes.slice();
  let accepted = 0;
  for (let i = 0; i < count; i++) {
    const at = next(3) === 0 ? next(copy.length) : next(2) === 0 ? next(near) : copy.length - 1 - next(near);
    const bit = 1 << next(8);
    copy[at] = (copy[at] ?? 0) ^ bit;
    if (outcomeOf(format, copy, `${name}, seed ${seed}, bit ${bit} of byte ${at}`) === 'accepted') accepted++;
    copy[at] = (copy[at] ?? 0) ^ bit;
  }
  return accepted;
}
