import { equal, sha256 } from '../binary/index.ts';
import type { Entry } from './entry.ts';

/** One thing in which two entries of a path differ: `mode 0644 -> 0755`. */
export interface Change {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

/** A path that only one of two file trees has, or that both have differently. */
export type EntryDifference =
  | {
      readonly kind: 'added' | 'removed';
      readonly path: string;
      readonly type: string;
      readonly size: number;
    }
  | { readonly kind: 'changed'; readonly path: string; readonly changes: readonly Change[] };

/**
 * In what two file trees differ, sorted by path. Content is named by size and by the first digits of
 * its SHA-256. Inode numbers, the order of an archive and its compression count for nothing.
 */
export function compareEntries(a: readonly Entry[], b: readonly Entry[]): EntryDifference[] {
  const before = new Map(a.map((entry) => [entry.path, entry]));
  const after = new Map(b.map((entry) => [entry.path, entry]));
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => differenceAt(path, before.get(path), after.get(path)));
}

function differenceAt(path: string, from: Entry | undefined, to: Entry | undefined): EntryDifference[] {
  if (from === undefined || to === undefined) {
    const one = from ?? to;
    if (one === undefined) return [];
    const size = one.type === 'file' ? one.data.length : 0;
    return [{ kind: from === undefined ? 'added' : 'removed', path, type: one.type, size }];
  }
  const changes = changesOf(from, to);
  return changes.length === 0 ? [] : [{ kind: 'changed', path, changes }];
}

function changesOf(from: Entry, to: Entry): Change[] {
  const [before, after] = [factsOf(from), factsOf(to)];
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes = [...fields].flatMap((field) => {
    const [was = 'none', is = 'none'] = [before[field], after[field]];
    return was === is ? [] : [{ field, from: was, to: is }];
  });
  if (from.type !== 'file' || to.type !== 'file' || equal(from.data, to.data)) return changes;
  return [...changes, { field: 'content', from: digestOf(from.data), to: digestOf(to.data) }];
}

function factsOf(entry: Entry): Record<string, string> {
  if (entry.type === 'hardlink') return { type: entry.type, target: entry.target };
  return {
    type: entry.type,
    mode: entry.mode.toString(8).padStart(4, '0'),
    owner: `${entry.uid ?? 0}:${entry.gid ?? 0}`,
    time: String(entry.mtime ?? 0),
    ...(entry.type === 'file' ? { size: String(entry.data.length) } : {}),
    ...(entry.type === 'symlink' ? { target: entry.target } : {}),
    ...('rdev' in entry ? { device: `${entry.rdev.major}:${entry.rdev.minor}` } : {}),
  };
}

/** Enough digits to tell two contents apart by eye. */
const DIGITS = 12;

function digestOf(data: Uint8Array): string {
  return sha256(data).slice(0, DIGITS);
}
