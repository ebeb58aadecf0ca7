import { type Entry, ROOT } from './entry.ts';

/** A folder or file with the room that it takes. */
export interface Room {
  /** Name inside the folder above; `/` for the root. */
  readonly name: string;
  /** Bytes of file data below it, before compression; data with several names counts at the first. */
  readonly bytes: number;
  /** Entries below it, itself not counted. */
  readonly entries: number;
  /** The largest first. */
  readonly inside: readonly Room[];
}

interface Growing {
  bytes: number;
  entries: number;
  readonly inside: Map<string, Growing>;
}

/** What takes the room in a file tree. */
export function roomOf(entries: readonly Entry[]): Room {
  const root = empty();
  // The names of one file share their bytes.
  const counted = new Set<Uint8Array>();
  for (const entry of entries) {
    if (entry.path === ROOT) continue;
    const fresh = entry.type === 'file' && !counted.has(entry.data);
    if (fresh) counted.add(entry.data);
    grow(root, entry.path.split('/'), fresh ? entry.data.length : 0);
  }
  return finished('/', root);
}

function empty(): Growing {
  return { bytes: 0, entries: 0, inside: new Map() };
}

function grow(root: Growing, parts: readonly string[], bytes: number): void {
  let here = root;
  here.bytes += bytes;
  here.entries += 1;
  for (const [i, part] of parts.entries()) {
    const next = here.inside.get(part) ?? empty();
    here.inside.set(part, next);
    next.bytes += bytes;
    if (i < parts.length - 1) next.entries += 1;
    here = next;
  }
}

function finished(name: string, { bytes, entries, inside }: Growing): Room {
  const rooms = [...inside].map(([part, growing]) => finished(part, growing));
  rooms.sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
  return { name, bytes, entries, inside: rooms };
}
