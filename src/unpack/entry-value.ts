import * as v from 'valibot';
import { FormatError } from '../binary/index.ts';
import { type NewcMember, newcSum, TYPE_BITS, TYPE_MASK } from '../initramfs/index.ts';
import { hexBytes, hexOf, word } from './schema.ts';
import { octal, type TomlValue } from './toml-text.ts';
import { isPlainLink, nameOf, ROOT_FOLDER } from './tree-paths.ts';

/** What an entry's header has unless its line says otherwise. */
export interface EntryDefaults {
  readonly magic: string;
  readonly digits: 'upper' | 'lower';
  readonly mtime: number;
  /** Of the next entry: one more than the last had. */
  readonly ino: number;
  readonly dev: readonly [number, number];
  readonly fileMode: number;
  readonly directoryMode: number;
  readonly directoryLinks: number;
}

type EntryType = keyof typeof TYPE_BITS;
const TYPES = Object.keys(TYPE_BITS) as EntryType[];
const MODE = ~TYPE_MASK;

const magicText = v.picklist(['070701', '070702']);
const digitCase = v.picklist(['upper', 'lower']);
const pair = v.tuple([word, word]);

/** The table `defaults`. */
export const defaultsTable = v.strictObject({
  magic: magicText,
  digits: digitCase,
  mtime: word,
  ino: word,
  dev: pair,
  file: word,
  directory: word,
  links: word,
});

/** One line of the list. */
export const entryTable = v.strictObject({
  path: v.optional(v.string()),
  path_hex: v.optional(hexBytes),
  type: v.optional(v.picklist([...TYPES, 'none'] as const satisfies readonly (EntryType | 'none')[]), 'file'),
  mode: v.optional(word),
  uid: v.optional(word, 0),
  gid: v.optional(word, 0),
  mtime: v.optional(word),
  target: v.optional(v.string()),
  /** Number of a character or block device. */
  rdev: v.optional(pair, [0, 0]),
  ino: v.optional(word),
  nlink: v.optional(word),
  dev: v.optional(pair),
  magic: v.optional(magicText),
  digits: v.optional(digitCase),
  check: v.optional(word),
  name_size: v.optional(word),
  gap: v.optional(word, 0),
  /** Where the content lies, when that is not root/PATH. */
  file: v.optional(v.string()),
});
export type EntryTable = v.InferOutput<typeof entryTable>;

/** The values that most entries have. */
export function defaultsOf(members: readonly NewcMember[]): EntryDefaults {
  const most = <T>(values: readonly T[], none: T): T => {
    const counts = new Map<string, { value: T; count: number }>();
    for (const value of values) {
      const key = JSON.stringify(value);
      counts.set(key, { value, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.value ?? none;
  };
  const of = (type: EntryType) =>
    members.filter(({ header }) => (header.mode & TYPE_MASK) === TYPE_BITS[type]);
  return {
    magic: members[0]?.header.magic ?? '070701',
    digits: most(
      members.map(({ digits }) => digits),
      'upper',
    ),
    mtime: most(
      members.map(({ header }) => header.mtime),
      0,
    ),
    ino: members[0]?.header.ino ?? 0,
    dev: most(
      members.map(({ header }) => [header.devMajor, header.devMinor] as const),
      [0, 0],
    ),
    fileMode: most(
      of('file').map(({ header }) => header.mode & MODE),
      0o644,
    ),
    directoryMode: most(
      of('directory').map(({ header }) => header.mode & MODE),
      0o755,
    ),
    directoryLinks: most(
      of('directory').map(({ header }) => header.nlink),
      2,
    ),
  };
}

/** What the entry behind this one has. */
export function nextDefaults(defaults: EntryDefaults, { header }: NewcMember): EntryDefaults {
  return { ...defaults, ino: (header.ino + 1) >>> 0 };
}

function typeOf(mode: number): EntryType | 'none' {
  return TYPES.find((type) => TYPE_BITS[type] === (mode & TYPE_MASK)) ?? 'none';
}

function defaultMode(type: EntryType | 'none', defaults: EntryDefaults): number {
  if (type === 'directory') return defaults.directoryMode;
  if (type === 'none') return 0;
  return type === 'symlink' ? 0o777 : defaults.fileMode;
}

function defaultLinks(type: EntryType | 'none', defaults: EntryDefaults): number {
  return type === 'directory' ? defaults.directoryLinks : 1;
}

/** One entry as a line of the list: what differs from the defaults. */
export function entryValue(
  member: NewcMember,
  defaults: EntryDefaults,
  place: string | undefined,
): TomlValue {
  const { header, data } = member;
  const type = typeOf(header.mode);
  const path = nameOf(member);
  const plain = Buffer.from(path, 'utf8').equals(member.name);
  const mode = type === 'none' ? header.mode : header.mode & MODE;
  const other = <T>(value: T, usual: T): T | undefined =>
    JSON.stringify(value) === JSON.stringify(usual) ? undefined : value;
  return {
    ...(plain ? { path } : { path_hex: hexOf(member.name) }),
    type: other(type, 'file'),
    mode: other(mode, defaultMode(type, defaults)) === undefined ? undefined : octal(mode),
    uid: other(header.uid, 0),
    gid: other(header.gid, 0),
    mtime: other(header.mtime, defaults.mtime),
    target: isPlainLink(member) ? Buffer.from(data).toString('utf8') : undefined,
    rdev: other([header.rdevMajor, header.rdevMinor], [0, 0]),
    ino: other(header.ino, defaults.ino),
    nlink: other(header.nlink, defaultLinks(type, defaults)),
    dev: other([header.devMajor, header.devMinor], [...defaults.dev]),
    magic: other(header.magic, defaults.magic),
    digits: other(member.digits, defaults.digits),
    check: other(header.check, usualCheck(header.magic, type, data)),
    name_size: other(header.nameSize, member.name.length + 1),
    gap: other(member.gap, 0),
    file: place === undefined || place === `${ROOT_FOLDER}/${path}` ? undefined : place,
  };
}

function usualCheck(magic: string, type: EntryType | 'none', data: Uint8Array): number {
  return magic === '070702' && type === 'file' ? newcSum(data) : 0;
}

/** Inverse of {@link entryValue}. */
export function memberOf(table: EntryTable, defaults: EntryDefaults, data: Uint8Array): NewcMember {
  const name = table.path_hex ?? Buffer.from(table.path ?? '', 'utf8');
  if (name.length === 0) {
    throw new FormatError('unpack.entry', {
      field: 'entries.path',
      offset: 0,
      got: 'no name',
      wanted: 'path or path_hex',
    });
  }
  const { type } = table;
  const magic = table.magic ?? defaults.magic;
  const mode = table.mode ?? defaultMode(type, defaults);
  const dev = table.dev ?? defaults.dev;
  return {
    header: {
      magic,
      ino: table.ino ?? defaults.ino,
      mode: type === 'none' ? mode : (mode & MODE) | TYPE_BITS[type],
      uid: table.uid,
      gid: table.gid,
      nlink: table.nlink ?? defaultLinks(type, defaults),
      mtime: table.mtime ?? defaults.mtime,
      fileSize: data.length,
      devMajor: dev[0],
      devMinor: dev[1],
      rdevMajor: table.rdev[0],
      rdevMinor: table.rdev[1],
      nameSize: table.name_size ?? name.length + 1,
      check: table.check ?? usualCheck(magic, type, data),
    },
    digits: table.digits ?? defaults.digits,
    name,
    data,
    gap: table.gap,
  };
}
