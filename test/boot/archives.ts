import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { utf8 } from '../../src/binary/index.ts';
import { gzip } from '../../src/compress/index.ts';
import { type Entry, newcSum, packCpio } from '../../src/initramfs/index.ts';
import type { NewcHeader } from '../../src/initramfs/newc.ts';
import { archive } from '../initramfs/samples.ts';

/** An archive as it stands behind the one with the lister, and what the kernel keeps to itself of it. */
export interface ArchiveCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The kernel says nothing although it loses something, or although mnx refuses what it reads. */
  readonly silent?: boolean;
  /** The kernel has all of it; mnx stops because nothing vouches for the bytes. */
  readonly stricter?: boolean;
}

type Fields = Partial<NewcHeader>;

const file = (path: string, text = path): Entry => ({ type: 'file', path, mode: 0o644, data: utf8(text) });
const folder = (path: string): Entry => ({ type: 'directory', path, mode: 0o755 });
const link = (path: string, target: string): Entry => ({ type: 'symlink', path, mode: 0o777, target });
const node = (path: string, type: 'char' | 'block', minor: number): Entry => ({
  type,
  path,
  mode: 0o640,
  gid: 6,
  rdev: { major: 254, minor },
});
const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const nuls = (count: number): Uint8Array => new Uint8Array(count);
const toFour = (bytes: Uint8Array): Uint8Array => join(bytes, nuls((4 - (bytes.length % 4)) % 4));
const zip = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes));
/** A link whose target no packer of ours would write. */
const rawLink = (target: string): [Entry, Fields] => [file('link', target), { mode: 0o120777 }];
const inode = (fields: Fields): Fields => ({ ino: 77, devMajor: 3, devMinor: 1, ...fields });

/** Text that hardly packs: of 64 digits each. */
function digests(of: string, count: number): string {
  return Array.from({ length: count }, (_, i) => createHash('sha256').update(`${of}${i}`).digest('hex')).join(
    '',
  );
}

/** Packs with a program of the field. */
function packed(program: string, args: readonly string[], input: Uint8Array): Uint8Array {
  const run = spawnSync(program, args, { input, maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${run.stderr?.toString()}`);
  return new Uint8Array(run.stdout);
}

function changed(bytes: Uint8Array, at: number, text: string): Uint8Array {
  const copy = bytes.slice();
  copy.set(utf8(text), at);
  return copy;
}

const EVERY_KIND: readonly Entry[] = [
  folder('d'),
  { ...file('d/run'), mode: 0o4751, uid: 12, gid: 34 } as Entry,
  file('d/empty', ''),
  link('d/link', '../d/run'),
  node('block', 'block', 300),
  node('char', 'char', 0x12345),
  { type: 'fifo', path: 'pipe', mode: 0o622 },
  { type: 'socket', path: 'sock', mode: 0o600 },
  { type: 'hardlink', path: 'again', target: 'd/run' },
  { type: 'directory', path: 'sticky', mode: 0o1777 },
];
const WHOLE = packCpio(EVERY_KIND);
const FIRST = packCpio([file('one'), file('big', 'y'.repeat(5000))]);
const SECOND = packCpio([file('two')]);
/** In the middle of the data of `big`. */
const INSIDE = 2048;

const HEADERS: readonly ArchiveCase[] = [
  { name: 'every kind of entry', bytes: WHOLE },
  { name: 'magic 070702 with right sums', bytes: crc((data) => newcSum(data)) },
  { name: 'magic 070702 with a wrong sum', bytes: crc((data) => newcSum(data) + 1) },
  { name: 'magic 070707', bytes: changed(FIRST, 0, '070707') },
  { name: 'magic 070703', bytes: changed(FIRST, 0, '070703') },
  { name: 'hex digits in lower case', bytes: changed(FIRST, 0, lowered(FIRST)) },
  { name: 'bad hex digits', bytes: changed(FIRST, 6, 'zzzzzzzz') },
  {
    name: 'a name field of 0 bytes',
    bytes: join(archive([file(''), { nameSize: 0, fileSize: 0 }]).subarray(0, 110), nuls(2), SECOND),
  },
  { name: 'a name field of 4097 bytes', bytes: named(4097) },
  { name: 'a name field of 4096 bytes, most of it NULs', bytes: named(4096) },
  { name: 'NULs behind a name, inside its field', bytes: named(5 + 517) },
  { name: 'a name without its NUL', bytes: changed(packCpio([file('name'), file('z')]), 114, '!') },
  { name: 'a component of 256 bytes', bytes: archive(file('x'.repeat(256)), file('after')) },
  { name: 'a component of 255 bytes', bytes: archive(file('x'.repeat(255)), file('after')) },
  { name: 'a link target of 4095 bytes', bytes: archive(link('far', 'x'.repeat(4095)), file('after')) },
  { name: 'a link target of 4096 bytes', bytes: archive(rawLink('x'.repeat(4096)), file('after')) },
  { name: 'a link target of 4097 bytes', bytes: archive(rawLink('x'.repeat(4097)), file('after')) },
  { name: 'a link target that ends in NUL', bytes: archive(rawLink('target\0'), file('after')) },
  { name: 'a folder with data', bytes: archive([file('d', 'data'), { mode: 0o040755 }], file('after')) },
  { name: 'a pipe with data', bytes: archive([file('p', 'data'), { mode: 0o010644 }], file('after')) },
  { name: 'a mode of no type', bytes: archive([file('m', ''), { mode: 0o644 }], file('after')) },
  {
    name: 'a mode of no type over a file and an empty folder',
    bytes: archive(file('m'), folder('d'), [file('m', ''), { mode: 0o644 }], [file('d', ''), { mode: 0 }]),
  },
  { name: 'a mode of more than 16 bits', bytes: archive([file('m'), { mode: 0x12_0000 | 0o100644 }]) },
  {
    name: 'device numbers beyond 12 and 20 bits',
    bytes: archive(
      [node('n', 'char', 3), { rdevMajor: 5000, rdevMinor: 3 }],
      [node('o', 'block', 3), { rdevMajor: 1, rdevMinor: 0x20_0003 }],
    ),
  },
];

const NAMES: readonly ArchiveCase[] = [
  { name: 'a file without its folder', bytes: archive(file('no/parent'), file('after')) },
  {
    name: 'a folder behind its file',
    bytes: archive(file('late/file'), folder('late'), file('late/second')),
  },
  {
    name: 'names with / and ./ in front, and .. inside',
    bytes: archive(folder('/a'), file('./b'), file('a/../c')),
  },
  {
    name: 'names of UTF-8',
    bytes: archive(file('ünï/..ö'.replace('/..', '')), folder('日本'), file('日本/語')),
  },
  {
    name: 'folders through links',
    bytes: archive(
      folder('u'),
      folder('u/lib'),
      link('lib', 'u/lib'),
      file('lib/x'),
      link('abs', '/u'),
      file('abs/y'),
    ),
  },
  {
    name: 'a later file in place of an earlier',
    bytes: join(packCpio([file('a', 'a longer one')]), packCpio([file('a', 'new')])),
  },
  {
    name: 'other types in place of earlier ones',
    bytes: archive(file('a'), folder('d'), link('l', 'a'), link('a', 'd'), file('d'), file('l', 'new')),
  },
  {
    name: 'a file over a folder with content',
    bytes: archive(folder('a'), file('a/b'), file('a'), file('after')),
  },
  {
    name: 'a device over a device',
    bytes: archive(node('n', 'char', 3), node('n', 'char', 4), file('after')),
  },
  {
    name: 'a device, a pipe and a socket again, with another mode',
    bytes: archive(
      node('n', 'char', 3),
      { type: 'fifo', path: 'p', mode: 0o600 },
      { type: 'socket', path: 's', mode: 0o600 },
      { ...node('n', 'char', 3), mode: 0o600 } as Entry,
      { type: 'fifo', path: 'p', mode: 0o644 },
      { type: 'socket', path: 's', mode: 0o644 },
    ),
  },
  {
    name: 'names of folders that files have',
    bytes: archive(
      folder('d'),
      file('.'),
      file('d/.'),
      file('d/..'),
      file('new/'),
      link('link/', 'd'),
      file(''),
      folder(''),
      folder('no/.'),
      { ...folder('d/.'), mode: 0o700 } as Entry,
      folder('other/'),
    ),
  },
  {
    name: 'a slash behind a link to a folder',
    bytes: archive(folder('d'), link('l', 'd'), { ...folder('l/'), mode: 0o711 } as Entry, file('l/x')),
  },
  {
    name: 'links that lead through forty and forty-one links',
    bytes: archive(
      folder('d'),
      link('l0', 'd'),
      ...Array.from({ length: 40 }, (_, i) => link(`l${i + 1}`, `l${i}`)),
      file('l39/forty'),
      file('l40/more'),
      link('twice', 'l19/../l19'),
      file('twice/more'),
    ),
  },
  {
    name: 'a folder again, with another mode',
    bytes: archive(folder('d'), file('d/x'), { ...folder('d'), mode: 0o700 } as Entry),
  },
];

const LINKS: readonly ArchiveCase[] = [
  {
    name: 'hard links, data at the first',
    bytes: archive([file('a', 'data'), inode({ nlink: 2 })], [file('b', ''), inode({ nlink: 2 })]),
  },
  {
    name: 'hard links, data at the last',
    bytes: archive([file('a', ''), inode({ nlink: 2 })], [file('b', 'data'), inode({ nlink: 2 })]),
  },
  {
    name: 'one inode, but nlink 1',
    bytes: archive([file('a', ''), inode({ nlink: 1 })], [file('b', 'data'), inode({ nlink: 1 })]),
  },
  {
    name: 'hard links of several modes and owners',
    bytes: archive(
      [file('a', 'data'), inode({ nlink: 2 })],
      [file('b', ''), inode({ nlink: 2, mode: 0o100755, uid: 7 })],
    ),
  },
  {
    name: 'one name of a hard link twice',
    bytes: archive(
      [file('a', 'data'), inode({ nlink: 2 })],
      [file('a', 'data'), inode({ nlink: 2 })],
      [file('b', ''), inode({ nlink: 2 })],
    ),
  },
  {
    name: 'a link called as a trailer is',
    bytes: join(
      untrailed(archive([file('a'), inode({ nlink: 2 })], link('TRAILER!!!', 'a'))),
      archive([file('b', ''), inode({ nlink: 2 })]),
    ),
  },
  {
    name: 'inodes of two archives with a trailer between',
    bytes: join(packCpio([file('a'), hard('b', 'a')]), packCpio([file('c', 'other'), hard('d', 'c')])),
  },
  {
    name: 'inodes of two archives without a trailer',
    bytes: join(
      untrailed(packCpio([file('a'), hard('b', 'a')])),
      packCpio([file('c', 'other'), hard('d', 'c')]),
    ),
  },
];

const ENDS: readonly ArchiveCase[] = [
  { name: 'no trailer', bytes: untrailed(FIRST) },
  { name: 'NULs behind the trailer', bytes: join(FIRST, nuls(1000)) },
  {
    name: 'an end in front of the padding',
    bytes: untrailed(packCpio([file('a', 'five5')])).subarray(0, -3),
  },
  {
    name: 'a gzip end in front of the padding',
    bytes: zip(untrailed(packCpio([file('a', 'five5')])).subarray(0, -3)),
  },
  { name: 'a gzip member of nothing behind others', bytes: join(FIRST, zip(nuls(0)), zip(SECOND)) },
  { name: 'NULs in front of a second gzip member', bytes: join(FIRST, zip(join(nuls(8), SECOND))) },
  { name: 'an end inside data', bytes: FIRST.subarray(0, INSIDE), silent: true },
  { name: 'an end inside a header', bytes: FIRST.subarray(0, 60), silent: true },
  { name: 'words behind a raw archive', bytes: join(FIRST, utf8('SEANDROIDENFORCE')) },
  { name: 'words behind a gzip member', bytes: join(zip(FIRST), utf8('SEANDROIDENFORCE')) },
  { name: 'words inside a gzip member', bytes: zip(join(FIRST, utf8('junk'))) },
];

/** Cases of gzip, of which the kernel has a decoder of its own. */
async function gzips(): Promise<ArchiveCase[]> {
  const wrong = zip(FIRST);
  // Several times what the kernel hands on at once (32 KiB).
  const large = zip(packCpio(['a', 'b', 'c', 'd'].map((name) => file(name, digests(name, 1000)))));
  wrong.set([1, 2, 3, 4], wrong.length - 8);
  return [
    { name: 'one gzip member', bytes: zip(WHOLE) },
    { name: 'gzip in blocks of our own', bytes: await gzip([packCpio([file('m', 'z'.repeat(3_000_000))])]) },
    { name: 'gzip members cut between entries', bytes: join(zip(FIRST), zip(SECOND)) },
    {
      name: 'gzip members cut inside a file',
      bytes: join(zip(FIRST.subarray(0, INSIDE)), zip(FIRST.subarray(INSIDE))),
    },
    { name: 'gzip with a file name', bytes: with1952(zip(FIRST), 8, 'initrd') },
    { name: 'gzip with a comment', bytes: with1952(zip(FIRST), 16, 'comment') },
    { name: 'gzip with a wrong CRC', bytes: wrong, silent: true, stricter: true },
    { name: 'a gzip member that is cut off', bytes: large.subarray(0, 0.6 * large.length) },
    { name: 'a gzip member that is cut off early', bytes: zip(FIRST).subarray(0, 60) },
    { name: 'gzip behind a raw archive', bytes: join(FIRST, zip(SECOND)) },
    { name: 'a raw archive behind gzip and NULs', bytes: join(toFour(zip(FIRST)), SECOND) },
    { name: 'a raw archive behind gzip at an odd place', bytes: join(toFour(zip(FIRST)), nuls(2), SECOND) },
  ];
}

/** Cases that the field's own programs pack. */
function others(): ArchiveCase[] {
  const xz = (bytes: Uint8Array, ...args: string[]) => packed('xz', ['-c', '--check=crc32', ...args], bytes);
  const lz4 = (bytes: Uint8Array) => packed('lz4', ['-l', '-c'], bytes);
  const zstd = (bytes: Uint8Array, ...args: string[]) => packed('zstd', ['-c', ...args], bytes);
  const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 0, 0, 0, 0);
  return [
    { name: 'xz with CRC32', bytes: xz(WHOLE) },
    { name: 'xz without a check', bytes: packed('xz', ['-c', '--check=none'], FIRST) },
    { name: 'xz with CRC64', bytes: packed('xz', ['-c'], FIRST) },
    { name: 'xz with SHA-256', bytes: packed('xz', ['-c', '--check=sha256'], FIRST) },
    { name: 'xz of two streams', bytes: join(xz(FIRST), xz(SECOND)) },
    { name: 'xz of many blocks', bytes: xz(WHOLE, '--block-size=512', '-T2') },
    { name: 'lzma', bytes: packed('xz', ['-c', '--format=lzma'], WHOLE) },
    { name: 'bzip2', bytes: packed('bzip2', ['-c'], WHOLE) },
    { name: 'lz4 legacy', bytes: lz4(WHOLE) },
    { name: 'an lz4 frame', bytes: packed('lz4', ['-c'], FIRST) },
    { name: 'lz4 legacy twice', bytes: join(lz4(FIRST), lz4(SECOND)) },
    { name: 'a raw archive right behind lz4 legacy', bytes: join(toFour(lz4(FIRST)), SECOND) },
    { name: 'a raw archive behind lz4 legacy and NULs', bytes: join(toFour(lz4(FIRST)), nuls(8), SECOND) },
    { name: 'zstd', bytes: zstd(WHOLE, '-19') },
    { name: 'zstd with a window of 2 GiB', bytes: zstd(FIRST, '--ultra', '-22', '--long=31') },
    { name: 'zstd of two frames', bytes: join(zstd(FIRST), zstd(SECOND)) },
    {
      name: 'zstd frames cut inside a file',
      bytes: join(zstd(FIRST.subarray(0, INSIDE)), zstd(FIRST.subarray(INSIDE))),
    },
    { name: 'a skippable zstd frame', bytes: join(skippable, zstd(FIRST)) },
  ];
}

/** Good archives and bad ones: every rule of init/initramfs.c and of the decoders behind it. */
export async function archiveCases(): Promise<ArchiveCase[]> {
  return [...HEADERS, ...NAMES, ...LINKS, ...ENDS, ...(await gzips()), ...others()];
}

function hard(path: string, target: string): Entry {
  return { type: 'hardlink', path, target };
}

function crc(sum: (data: Uint8Array) => number): Uint8Array {
  const data = utf8('summed');
  const magic = '070702';
  return archive([file('s', 'summed'), { magic, check: sum(data) } as Fields], file('after'));
}

/** A name field of so many bytes, the name and NULs, with a file behind it. */
function named(size: number): Uint8Array {
  const header = archive([file('long', ''), { nameSize: size, fileSize: 0 }]).subarray(0, 110);
  return join(toFour(join(header, utf8('long'), nuls(size - 4))), SECOND);
}

/** The first header's digits in lower case. */
function lowered(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 110)).toString('latin1').toLowerCase();
}

/** Without the entry that ends it. */
function untrailed(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, Buffer.from(bytes).lastIndexOf('TRAILER!!!') - 110);
}

/** RFC 1952, 2.3: text behind the header, and the flag that says what it is. */
function with1952(bytes: Uint8Array, flag: number, text: string): Uint8Array {
  const head = bytes.slice(0, 10);
  head[3] = flag;
  return join(head, utf8(`${text}\0`), bytes.subarray(10));
}
