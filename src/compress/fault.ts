import { FormatError } from '../binary/index.ts';
import type { Codec } from './codec.ts';

/** Where a compressed stream is not what its format says. */
export interface StreamFault {
  readonly field: string;
  readonly offset: number;
  readonly got: string | number;
  readonly wanted: string;
}

/** Damage of a compressed stream: `compress.<codec>`. */
export function streamError(codec: Codec, fault: StreamFault): FormatError {
  return new FormatError(
    `compress.${codec}`,
    { ...fault, field: `${codec}.${fault.field}` },
    { hint: `The ${codec} data is damaged or cut short; copy or download the file again.` },
  );
}

/** The input ends inside the stream. */
export function cutShort(codec: Codec, field: string, length: number): FormatError {
  return streamError(codec, { field, offset: length, got: 'end of input', wanted: 'more data' });
}
