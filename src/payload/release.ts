import { FormatError } from '../binary/index.ts';
import { parseStanza } from './control.ts';

/** A file that a Release names, below the folder of its suite. */
export interface ReleaseFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** What a suite's signed Release text says. */
export interface Release {
  /** Whether files can be had by their hash (`by-hash/SHA256/...`), which outlives an update of the archive. */
  readonly byHash: boolean;
  find(path: string): ReleaseFile | undefined;
}

/**
 * Reads a Release text whose signature was checked, and holds it against the suite that was asked for:
 * a mirror could serve another, also signed, suite.
 *
 * @throws FormatError `payload.release`
 */
export function parseRelease(text: string, suite: string): Release {
  const stanza = parseStanza(text);
  const names = [stanza.get('codename'), stanza.get('suite')];
  if (!names.includes(suite)) throw damaged('Codename', names.filter(Boolean).join(', ') || 'none', suite);
  const files = new Map<string, ReleaseFile>();
  for (const line of (stanza.get('sha256') ?? '').split('\n')) {
    const match = /^([0-9a-f]{64})\s+(\d+)\s+(\S+)$/.exec(line.trim());
    if (match === null) continue;
    const [, sha256 = '', size = '', path = ''] = match;
    files.set(path, { path, sha256, size: Number(size) });
  }
  if (files.size === 0) throw damaged('SHA256', 'no file', 'a list of files with their hashes');
  return { byHash: stanza.get('acquire-by-hash') === 'yes', find: (path) => files.get(path) };
}

function damaged(field: string, got: string, wanted: string): FormatError {
  return new FormatError('payload.release', { field: `Release ${field}`, offset: 0, got, wanted });
}
