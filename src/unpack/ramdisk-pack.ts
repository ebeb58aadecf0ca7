import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { concat, FormatError, MissingError, sha256 } from '../binary/index.ts';
import type { ByteRange } from '../bootimg/index.ts';
import { compress, WRITABLE_CODECS } from '../compress/index.ts';
import { archivesOf, cpioFormat, isFiller, type NewcMember, type PackedArchive } from '../initramfs/index.ts';
import { faultError, faultsOf, readSource } from '../toml/index.ts';
import {
  defaultsTable,
  type EntryDefaults,
  type EntryTable,
  entryTable,
  memberOf,
  nextDefaults,
} from './entry-value.ts';
import { expectOneMode } from './link-names.ts';
import type { PartReader } from './part-files.ts';
import { ENTRIES_TOML } from './ramdisk.ts';
import { type TreeTable, word } from './schema.ts';
import { plainPath, prefixesOf, ROOT_FOLDER, TRAILER } from './tree-paths.ts';

const list = v.strictObject({
  codec: v.picklist(WRITABLE_CODECS),
  sha256: v.string(),
  tail: v.optional(word, 0),
  defaults: defaultsTable,
  entries: v.array(entryTable),
});

/** A list of a hundred thousand entries. */
const LIST_LIMIT = 64 * 1024 * 1024;

/**
 * Puts a ramdisk together from the trees of its archives. While a tree gives the archive that it was made from, the
 * packed bytes are taken as they are, whichever program had packed them; so is what has no tree.
 * @throws FormatError, MissingError for a list and a folder that do not fit together
 */
export async function packRamdisk(
  trees: readonly TreeTable[],
  stored: ByteRange,
  files: PartReader,
): Promise<Uint8Array> {
  const packed = stored.source.read(stored.offset, stored.size);
  const { archives, rest } = await archivesOf(packed);
  const out = new Joined(packed);
  for (const [i, old] of archives.entries()) {
    const folder = trees.find(({ archive }) => archive === i)?.folder;
    out.put(old, folder === undefined ? undefined : await packTree(folder, old, files));
  }
  // More than the packed file has: it was put in its place, or the trees were added.
  const more = trees.filter(({ archive }) => archive >= archives.length);
  for (const { folder } of more.sort((x, y) => x.archive - y.archive)) {
    out.put(undefined, await packTree(folder, undefined, files));
  }
  return out.end(rest);
}

/** Archives one behind the other, each at its old place within four bytes. */
class Joined {
  readonly #packed: Uint8Array;
  readonly #pieces: Uint8Array[] = [];
  #size = 0;
  /** Up to where the packed file was taken. */
  #at = 0;
  #changed = false;

  constructor(packed: Uint8Array) {
    this.#packed = packed;
  }

  /** The next archive: made again, or as it was. */
  put(old: PackedArchive | undefined, made: Uint8Array | undefined): void {
    this.#copy(old?.start ?? this.#at);
    if (made === undefined) this.#copy(old?.end ?? this.#at);
    else {
      this.#align(old?.start ?? 0);
      this.#push(made);
      this.#at = old?.end ?? this.#at;
      this.#changed = true;
    }
  }

  /** What the ramdisk was filled up with goes when something has changed; a boot configuration does not. */
  end(rest: Uint8Array): Uint8Array {
    if (!this.#changed) return this.#packed;
    if (!isFiller(rest)) this.#copy(this.#packed.length);
    return concat(this.#pieces);
  }

  #copy(end: number): void {
    if (end > this.#at) this.#align(this.#at);
    this.#push(this.#packed.subarray(this.#at, end));
    this.#at = end;
  }

  /** The kernel takes an archive that is not compressed only from a multiple of four, and passes over NULs. */
  #align(place: number): void {
    if (this.#size > 0) this.#push(new Uint8Array((4 + (place % 4) - (this.#size % 4)) % 4));
  }

  #push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
  }
}

/** The archive that a tree gives, packed; undefined when it is the one that it was made from. */
async function packTree(
  tree: string,
  old: PackedArchive | undefined,
  files: PartReader,
): Promise<Uint8Array | undefined> {
  const folder = join(files.folder, tree);
  expectFolder(folder, tree);
  const source = readSource(join(folder, ENTRIES_TOML), `${tree}/${ENTRIES_TOML}`, {
    room: 'unpack',
    limit: LIST_LIMIT,
  });
  const [fault] = faultsOf(list, source);
  if (fault !== undefined) throw faultError(fault);
  const { codec, tail, defaults, entries, sha256: digest } = v.parse(list, source.table);
  const members = membersOf(folder, entries, asDefaults(defaults));
  const archive = cpioFormat.write({ members, tail });
  const found = old?.codec === codec;
  if (found && sha256(archive) === digest && sha256(old.data) === digest) return undefined;
  expectOneMode(members);
  return compress(codec, [archive], found ? { totalSize: old.totalSize } : {});
}

function asDefaults({ file, directory, links, ...rest }: v.InferOutput<typeof defaultsTable>): EntryDefaults {
  return { ...rest, fileMode: file, directoryMode: directory, directoryLinks: links };
}

function membersOf(folder: string, entries: readonly EntryTable[], first: EntryDefaults): NewcMember[] {
  let defaults = first;
  const used = new Set<string>();
  const members: NewcMember[] = [];
  const add = (table: EntryTable, data: Uint8Array): void => {
    const member = memberOf(table, defaults, data);
    defaults = nextDefaults(defaults, member);
    members.push(member);
  };
  const trailers: EntryTable[] = [];
  for (const [i, table] of entries.entries()) {
    // What is new goes in front of the trailers at the end.
    if (table.path === TRAILER && entries.slice(i).every(({ path }) => path === TRAILER))
      trailers.push(table);
    else add(table, dataOf(folder, table, used));
  }
  for (const table of newEntries(folder, entries, used)) add(table, dataOf(folder, table, used));
  for (const table of trailers) add(table, new Uint8Array(0));
  return members;
}

function dataOf(folder: string, table: EntryTable, used: Set<string>): Uint8Array {
  if (table.target !== undefined) return Buffer.from(table.target, 'utf8');
  if (table.file === undefined && table.type !== 'file') return new Uint8Array(0);
  const plain = plainPath(table.path ?? '');
  const place = table.file ?? (plain === undefined ? undefined : `${ROOT_FOLDER}/${plain}`);
  if (place === undefined || plainPath(place) !== place)
    throw odd(`file of ${table.path}`, place ?? 'nothing');
  used.add(place);
  return readInside(folder, place);
}

/** Reads a file of the tree; no part of its path may be a link. */
function readInside(folder: string, place: string): Uint8Array {
  const parts = place.split('/');
  for (const [i, _] of parts.entries()) {
    const path = join(folder, ...parts.slice(0, i + 1));
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      throw new MissingError('unpack.no-part', `${ENTRIES_TOML} lists ${place}, which is not there`, {
        hint: 'Put the file back, or take its line out of the list.',
      });
    }
    const last = i === parts.length - 1;
    if (last ? !found.isFile() : !found.isDirectory())
      throw odd(place, found.isSymbolicLink() ? 'a link' : 'no plain file');
  }
  return new Uint8Array(readFileSync(join(folder, ...parts)));
}

/** Files, folders and links of root/ that no line names, in the order of their names. */
function newEntries(folder: string, entries: readonly EntryTable[], used: ReadonlySet<string>): EntryTable[] {
  const paths = entries.flatMap(({ path }) => (path === undefined ? [] : (plainPath(path) ?? [])));
  // Folders above what is listed are on this computer alone, when the list has them not.
  const known = new Set(paths.flatMap(prefixesOf));
  const found: EntryTable[] = [];
  const look = (below: string): void => {
    const names = readdirSync(join(folder, ROOT_FOLDER, below), { withFileTypes: true });
    for (const name of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === '' ? name.name : `${below}/${name.name}`;
      if (!known.has(path) && !used.has(`${ROOT_FOLDER}/${path}`)) found.push(newEntry(folder, path));
      if (name.isDirectory()) look(path);
    }
  };
  if (lstatSync(join(folder, ROOT_FOLDER), { throwIfNoEntry: false })?.isDirectory()) look('');
  return found;
}

function newEntry(folder: string, path: string): EntryTable {
  const place = join(folder, ROOT_FOLDER, path);
  const stat = lstatSync(place);
  const base = { path, uid: 0, gid: 0, rdev: [0, 0] as [number, number], gap: 0 };
  if (stat.isDirectory()) return { ...base, type: 'directory' };
  if (stat.isSymbolicLink()) return { ...base, type: 'symlink', target: readlinkSync(place) };
  if (!stat.isFile()) throw odd(path, 'a device, pipe or socket');
  return { ...base, type: 'file', mode: stat.mode & 0o100 ? 0o755 : 0o644 };
}

function expectFolder(folder: string, tree: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new MissingError('unpack.no-part', `image.toml names the tree ${tree}, which is no folder here`);
}

function odd(field: string, got: string): FormatError {
  return new FormatError('unpack.entry', { field, offset: 0, got, wanted: 'a plain file below root/' });
}
