import { FormatError } from '../binary/index.ts';

/** The expanded size is capped, so that a small hostile file cannot fill the memory. */
export function overLimit(codec: string, limit: number): FormatError {
  return new FormatError(
    'compress.limit',
    { field: codec, offset: 0, got: 'more', wanted: `at most ${limit} bytes when expanded` },
    { hint: 'A file that grows this far is damaged or hostile.' },
  );
}

/** The stream's own words about damage, in our error. */
export function damaged(codec: string, offset: number, cause: unknown): FormatError {
  const got = cause instanceof Error ? cause.message : String(cause);
  return new FormatError(
    'compress.damaged',
    { field: codec, offset, got, wanted: `a sound ${codec} stream` },
    { cause },
  );
}
