import { readFile } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { UsageError } from '../binary/index.ts';

/**
 * A file that the command line names, whole.
 * @throws UsageError `cli.no-file`
 */
export async function readInput(file: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(file);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new UsageError('cli.no-file', `cannot read ${file}${REASONS[code] ?? ''}`, { cause });
  }
}

/** What people can do something about. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: ': there is no such file',
  EISDIR: ': it is a folder',
  EACCES: ': no permission',
};

/** A number of an option's value: decimal or 0x. */
export function wholeNumber(text: string): number {
  const value = /^(?:\d+|0x[\da-f_]+)$/i.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('Not a whole number, decimal or 0x.');
  return value;
}
