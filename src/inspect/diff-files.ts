import { equal } from '../binary/index.ts';
import { type Entry, readCpio } from '../initramfs/index.ts';
import type { Difference } from './difference.ts';

/**
 * Files of two archives: added, removed, and what of the others changed. Of several entries with one path
 * the last is compared, as the kernel has it in the end.
 * @throws FormatError for a damaged archive and for names that leave the root
 */
export function diffFiles(where: string, a: Uint8Array, b: Uint8Array): Difference[] {
  const [before, after] = [entriesOf(a), entriesOf(b)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  const times: string[] = [];
  const found = paths.flatMap((name): Difference[] => {
    const [from, to] = [before.get(name), after.get(name)];
    if (from === undefined)
      return to === undefined ? [] : [{ where, kind: 'file', change: 'added', name, to: summary(to) }];
    if (to === undefined) return [{ where, kind: 'file', change: 'removed', name, from: summary(from) }];
    if (timeOf(from) !== timeOf(to)) times.push(name);
    return changesOf(from, to).map(([aspect, was, is]) => ({
      where,
      kind: 'file',
      change: 'changed',
      name,
      from: `${aspect} ${was}`,
      to: is,
    }));
  });
  if (found.length > 0 || times.length === 0) return found;
  const [first = ''] = times;
  const name = times.length === 1 ? first : `${times.length} entries, the first ${first}`;
  return [{ where, kind: 'file', change: 'changed', name, from: 'one time', to: 'another' }];
}

function entriesOf(bytes: Uint8Array): ReadonlyMap<string, Entry> {
  return new Map(
    readCpio(bytes)
      .filter(({ path }) => path !== 'TRAILER!!!')
      .map((entry) => [entry.path, entry]),
  );
}

function timeOf(entry: Entry): number {
  return entry.type === 'hardlink' ? 0 : (entry.mtime ?? 0);
}

/** `file 0755 0:0, 12 bytes`. */
function summary(entry: Entry): string {
  if (entry.type === 'hardlink') return `hard link to ${entry.target}`;
  const head = `${entry.type} ${octal(entry.mode)} ${ownerOf(entry)}`;
  const rest = contentText(entry);
  return rest === '' ? head : `${head}, ${rest}`;
}

type Stored = Exclude<Entry, { type: 'hardlink' }>;

function contentText(entry: Stored): string {
  switch (entry.type) {
    case 'file':
      return `${entry.data.length} bytes`;
    case 'symlink':
      return `to ${entry.target}`;
    case 'char':
    case 'block':
      return `${entry.rdev.major}:${entry.rdev.minor}`;
    default:
      return '';
  }
}

type Change = readonly [aspect: string, from: string, to: string];

function changesOf(from: Entry, to: Entry): Change[] {
  if (from.type === 'hardlink' || to.type === 'hardlink' || from.type !== to.type) {
    const [was, is] = [summary(from), summary(to)];
    return was === is ? [] : [['', was, is]];
  }
  const changes: Change[] = [
    ['mode', octal(from.mode), octal(to.mode)],
    ['owner', ownerOf(from), ownerOf(to)],
    [CONTENT_NAMES[from.type] ?? 'content', contentText(from), contentText(to)],
  ];
  const found = changes.filter(([, was, is]) => was !== is);
  const sameSize = from.type === 'file' && to.type === 'file' && from.data.length === to.data.length;
  if (sameSize && !equal(from.data, to.data)) found.push(['content', contentText(from), 'other bytes']);
  return found;
}

const CONTENT_NAMES: Readonly<Record<string, string>> = {
  file: 'size',
  symlink: 'target',
  char: 'device',
  block: 'device',
};

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function ownerOf({ uid = 0, gid = 0 }: Stored): string {
  return `${uid}:${gid}`;
}
