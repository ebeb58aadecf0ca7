import { FormatError, MissingError, MnxError } from '../binary/index.ts';
import type { Download } from './archive.ts';

/** A file that an index or lock file names and the archive no longer has. */
export function gone(wanted: Download | undefined): MissingError {
  const { name, version, filename } = wanted?.resolved ?? { name: 'a package', version: '', filename: '' };
  return new MissingError('payload.gone', `${name} ${version} is gone from the archive (${filename})`, {
    hint: 'Look the versions up again: mnx fetch --refresh, with --lock when mnx.lock pins it.',
  });
}

/** Nothing answers, or not as an archive does. */
export function unreachable(complaint: string, cause?: unknown): MissingError {
  return new MissingError('payload.network', `the Debian archive cannot be reached: ${complaint}`, {
    hint: 'Look at the network connection, or name another mirror with --mirror URL.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The disk under the cache is full. */
export function diskFull(where: string, cause?: unknown): MnxError {
  return new MnxError('payload.disk-full', `no space left while writing ${where}`, {
    hint: 'Free some space (mnx cache clean), or name another cache folder with MNX_CACHE.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Bytes that are not the signed ones. */
export function tampered(what: string, got: string): FormatError {
  return new FormatError(
    'payload.tampered',
    { field: what, offset: 0, got, wanted: 'the hash that the archive signs' },
    {
      hint: 'The mirror or the way to it changed the file; try again or name another mirror with --mirror URL.',
    },
  );
}
