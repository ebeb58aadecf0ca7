import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MnxError, sha256 } from '../binary/index.ts';
import {
  archivesOf,
  type CpioArchive,
  cpioFormat,
  isFiller,
  type NewcMember,
  type PackedArchive,
  TYPE_BITS,
} from '../initramfs/index.ts';
import { defaultsOf, type EntryDefaults, entryValue, nextDefaults } from './entry-value.ts';
import type { Sink } from './part-files.ts';
import type { TreeTable } from './schema.ts';
import { octal, TomlText } from './toml-text.ts';
import { isPlainLink, nameOf, plainPath, prefixesOf, ROOT_FOLDER, typeBits } from './tree-paths.ts';

/** The list of a tree's entries, and the folder with its files. */
export const ENTRIES_TOML = 'entries.toml';
/** Where data lies whose name could not be a file's. */
const ODD_FOLDER = 'odd';

/**
 * Takes a ramdisk apart, each of its archives into a folder: a list of all entries with owners, modes and devices,
 * and a file for each that has content. Nothing needs root, and links are lines of the list, so that nothing leads
 * outside. What is no archive stays in the packed file alone, and a comment says why.
 * @param wanted name of the packed ramdisk, after which the folders are called
 */
export async function unpackRamdisk(
  ramdisk: Uint8Array,
  wanted: string,
  { toml, files }: Sink,
): Promise<void> {
  const opened = await told(toml, () => archivesOf(ramdisk));
  if (opened === undefined) return;
  const { archives, rest } = opened;
  const trees: TreeTable[] = [];
  for (const [archive, packed] of archives.entries()) {
    const read = await told(toml, () => cpioFormat.read(packed.data), archive);
    if (read === undefined) continue;
    const folder = files.name(archive === 0 ? `${wanted}.d` : `${wanted}.${archive}.d`);
    await writeTree(join(files.folder, folder), read, packed);
    trees.push({ archive, folder });
  }
  if (trees.length === 0) return;
  toml.comment('Taken apart: entries.toml and files below root/.');
  if (!isFiller(rest)) toml.comment('What is behind the last archive stays as it is.');
  toml.lines('trees', trees);
}

/** What is damaged or too large stays as it is, and image.toml says why. */
async function told<T>(toml: TomlText, read: () => T | Promise<T>, archive?: number): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof MnxError)) throw error;
    const which = archive === undefined ? '' : `archive ${archive} `;
    toml.comment(`${which}not taken apart: ${error.message.split('\n')[0]}`);
    return undefined;
  }
}

async function writeTree(
  folder: string,
  archive: CpioArchive,
  { codec, data }: PackedArchive,
): Promise<void> {
  await mkdir(folder);
  const places = placesOf(archive.members);
  for (const [i, member] of archive.members.entries()) {
    const place = places[i];
    if (place !== undefined) await writePart(join(folder, place), member.data);
  }
  for (const path of foldersOf(archive.members))
    await mkdir(join(folder, ROOT_FOLDER, path), { recursive: true });
  const text = listText(archive, { codec, sha256: sha256(data), places });
  await writeFile(join(folder, ENTRIES_TOML), text, { flag: 'wx' });
}

async function writePart(path: string, data: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, data, { flag: 'wx' });
}

/** Folders that are entries themselves, so that an empty one is there. */
function foldersOf(members: readonly NewcMember[]): string[] {
  const files = new Set(
    members
      .filter((member) => typeBits(member) !== TYPE_BITS.directory)
      .map(nameOf)
      .map(plainPath),
  );
  return members
    .filter((member) => typeBits(member) === TYPE_BITS.directory)
    .flatMap((member) => plainPath(nameOf(member)) ?? [])
    .filter((path) => !prefixesOf(path).some((prefix) => files.has(prefix)));
}

/**
 * Where each member's data lies: files by their name below root/, what has no such name, or shares it with
 * another, by its number. Undefined for members without data and for links, whose data is in the list.
 */
function placesOf(members: readonly NewcMember[]): (string | undefined)[] {
  const taken = new Map<string, 'file' | 'folder'>();
  const folders = members
    .filter((member) => typeBits(member) === TYPE_BITS.directory)
    .map(nameOf)
    .map(plainPath);
  for (const path of folders)
    for (const prefix of path === undefined ? [] : prefixesOf(path)) taken.set(prefix, 'folder');
  return members.map((member, index) => {
    const isFile = typeBits(member) === TYPE_BITS.file;
    if (!isFile && (member.data.length === 0 || isPlainLink(member))) return undefined;
    const path = isFile ? plainPath(nameOf(member)) : undefined;
    const free =
      path !== undefined &&
      !taken.has(path) &&
      !prefixesOf(path)
        .slice(0, -1)
        .some((prefix) => taken.get(prefix) === 'file');
    if (path === undefined || !free) return `${ODD_FOLDER}/${index}`;
    for (const prefix of prefixesOf(path)) taken.set(prefix, prefix === path ? 'file' : 'folder');
    return `${ROOT_FOLDER}/${path}`;
  });
}

interface ListFacts {
  readonly codec: string;
  readonly sha256: string;
  readonly places: readonly (string | undefined)[];
}

function listText(archive: CpioArchive, { codec, sha256: digest, places }: ListFacts): string {
  const toml = new TomlText();
  const defaults = defaultsOf(archive.members);
  toml.comment(
    'The entries of an archive in their order. Owners are 0 where none is named; content is in root/. A file of root/ ' +
      'that is not listed goes in at the end, owned by root. While nothing is changed, mnx pack takes the packed ' +
      'archive as it was.',
  );
  toml.put('codec', codec);
  toml.put('sha256', digest);
  if (archive.tail > 0) toml.put('tail', archive.tail);
  putDefaults(defaults, toml);
  toml.blank();
  let expected = defaults;
  const entries = archive.members.map((member, i) => {
    const value = entryValue(member, expected, places[i]);
    expected = nextDefaults(expected, member);
    return value;
  });
  toml.lines('entries', entries);
  return toml.text();
}

function putDefaults(defaults: EntryDefaults, toml: TomlText): void {
  toml.put('defaults', {
    magic: defaults.magic,
    digits: defaults.digits,
    mtime: defaults.mtime,
    ino: defaults.ino,
    dev: defaults.dev,
    file: octal(defaults.fileMode),
    directory: octal(defaults.directoryMode),
    links: defaults.directoryLinks,
  });
}
