import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FormatError, latin1, utf8 } from '../../src/binary/index.ts';
import { unpackDeb } from '../../src/payload/deb.ts';
import { debOf, type Member, makeAr, makeDeb, makeTar } from './deb-file.ts';
import { hasPrograms, scratch } from './fake-archive.ts';

const place = scratch();
afterAll(() => place.remove());

const FILES: readonly Member[] = [
  { name: './', type: 'directory', mode: 0o700 },
  { name: './usr/', type: 'directory', mode: 0o500 },
  { name: './usr/bin/', type: 'directory' },
  { name: './usr/bin/prog', mode: 0o4755, content: 'program' },
  { name: './usr/bin/again', type: 'link', linkname: './usr/bin/prog' },
  { name: './usr/lib/deep/data.txt', mode: 0o600, content: 'data' },
  { name: './usr/lib/link', type: 'symlink', linkname: 'deep/data.txt' },
  { name: './usr/lib/device', type: 'symlink', linkname: '/etc/passwd' },
  { name: './usr/lib/empty', content: '' },
  { name: './usr/lib/large', content: new Uint8Array(5 * 1024 * 1024).fill(7) },
];

/** Unpacks into `root` of a fresh folder, so that the folder shows what was written beside it. */
async function unpack(deb: Uint8Array): Promise<{ readonly folder: string; readonly root: string }> {
  const folder = mkdtempSync(join(place.path, 'u-'));
  const root = join(folder, 'root');
  mkdirSync(root);
  writeFileSync(join(folder, 'x.deb'), deb);
  await unpackDeb(join(folder, 'x.deb'), root);
  return { folder, root };
}

function treeOf(root: string): string[] {
  return (readdirSync(root, { recursive: true, encoding: 'utf8' }) as string[]).sort().map((path) => {
    const stat = lstatSync(join(root, path));
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) return `${path} -> ${readlinkSync(join(root, path))}`;
    return stat.isDirectory() ? `${path}/ ${mode}` : `${path} ${mode} ${stat.size}`;
  });
}

const UNPACKED = [
  'usr/ 755',
  'usr/bin/ 755',
  'usr/bin/again 755 7',
  'usr/bin/prog 755 7',
  'usr/lib/ 755',
  'usr/lib/deep/ 755',
  'usr/lib/deep/data.txt 644 4',
  'usr/lib/device -> /etc/passwd',
  'usr/lib/empty 644 0',
  'usr/lib/large 644 5242880',
  'usr/lib/link -> deep/data.txt',
];

describe('unpackDeb', () => {
  it.each([0o000, 0o022, 0o077])('gives the same files and modes under umask %o', async (umask) => {
    const before = process.umask(umask);
    try {
      expect(treeOf((await unpack(await makeDeb(FILES))).root)).toEqual(UNPACKED);
    } finally {
      process.umask(before);
    }
  });

  it.each(['none', 'xz', 'zstd'])('reads data compressed with %s', async (codec) => {
    const tar = await makeTar(FILES);
    if (codec !== 'none' && !hasPrograms(codec)) {
      console.log(`skipped: no ${codec}`);
      return;
    }
    const packed = codec === 'none' ? tar : execFileSync(codec, ['-1c'], { input: tar, maxBuffer: 1 << 26 });
    const name = { none: 'data.tar', xz: 'data.tar.xz', zstd: 'data.tar.zst' }[codec] ?? '';
    expect(treeOf((await unpack(debOf(name, packed))).root)).toEqual(UNPACKED);
  });

  it('unpacks what dpkg-deb packs', async () => {
    if (!hasPrograms('dpkg-deb')) return console.log('skipped: no dpkg-deb');
    const source = mkdtempSync(join(place.path, 's-'));
    mkdirSync(join(source, 'DEBIAN'));
    mkdirSync(join(source, 'opt', 'x'.repeat(120)), { recursive: true });
    writeFileSync(join(source, 'opt', 'x'.repeat(120), 'y'.repeat(120)), 'long names');
    writeFileSync(
      join(source, 'DEBIAN/control'),
      'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n',
    );
    execFileSync('dpkg-deb', ['-b', source, join(source, '..', 'packed.deb')], { stdio: 'pipe' });
    const { root } = await unpack(readFileSync(join(source, '..', 'packed.deb')));
    expect(readFileSync(join(root, 'opt', 'x'.repeat(120), 'y'.repeat(120)), 'utf8')).toBe('long names');
  });
});

const HOSTILE: readonly (readonly [what: string, members: readonly Member[]])[] = [
  ['a name with ..', [{ name: './../escaped', content: 'x' }]],
  ['.. in the middle', [{ name: './a/../../escaped', content: 'x' }]],
  ['an absolute name', [{ name: '/escaped', content: 'x' }]],
  [
    'a child of a relative link',
    [
      { name: './a', type: 'symlink', linkname: 'b' },
      { name: './a/escaped', content: 'x' },
    ],
  ],
  [
    'a child of an absolute link',
    [
      { name: './a', type: 'symlink', linkname: '/tmp' },
      { name: './a/escaped', content: 'x' },
    ],
  ],
  [
    'a folder in the place of a link',
    [
      { name: './a', type: 'symlink', linkname: '/tmp' },
      { name: './a/', type: 'directory' },
    ],
  ],
  [
    'a file through a link of its own name',
    [
      { name: './a', type: 'symlink', linkname: '/tmp/mnx-escaped' },
      { name: './a', content: 'x' },
    ],
  ],
  ['a link that climbs out', [{ name: './a/b', type: 'symlink', linkname: '../../escaped' }]],
  ['a hard link to outside', [{ name: './a', type: 'link', linkname: '../x.deb' }]],
  ['a hard link to an absolute name', [{ name: './a', type: 'link', linkname: '/etc/passwd' }]],
  [
    'a hard link to a link',
    [
      { name: './a', type: 'symlink', linkname: '/etc/passwd' },
      { name: './b', type: 'link', linkname: './a' },
    ],
  ],
  ['a hard link to nothing', [{ name: './a', type: 'link', linkname: './b' }]],
  ['a character device', [{ name: './null', type: 'character-device', devmajor: 1, devminor: 3 }]],
  ['a block device', [{ name: './sda', type: 'block-device', devmajor: 8, devminor: 0 }]],
  ['a FIFO', [{ name: './pipe', type: 'fifo' }]],
  [
    'the same name twice',
    [
      { name: './a', content: '1' },
      { name: 'a', content: '2' },
    ],
  ],
  [
    'a file as a folder',
    [
      { name: './a', content: '1' },
      { name: './a/b', content: '2' },
    ],
  ],
];

describe('hostile packages', () => {
  it.each(HOSTILE)('refuses %s', async (_what, members) => {
    const folder = mkdtempSync(join(place.path, 'h-'));
    const root = join(folder, 'root');
    mkdirSync(root);
    writeFileSync(join(folder, 'x.deb'), await makeDeb(members));
    await expect(unpackDeb(join(folder, 'x.deb'), root)).rejects.toMatchObject({
      code: 'payload.member',
      exitCode: 3,
    });
    expect(readdirSync(folder).sort()).toEqual(['root', 'x.deb']);
    expect(readdirSync(place.path)).not.toContain('escaped');
  });

  it.each([
    ['an empty file', new Uint8Array(0)],
    ['another format', utf8('PK\x03\x04 this is a zip and long enough')],
    ['no data member', makeAr([['debian-binary', latin1('2.0\n')]])],
    ['another first member', makeAr([['data.tar', new Uint8Array(1024)]])],
    [
      'another version',
      makeAr([
        ['debian-binary', latin1('3.0\n')],
        ['data.tar', new Uint8Array(1024)],
      ]),
    ],
    ['an unknown codec', debOf('data.tar.br', new Uint8Array(8))],
    ['gzip that is none', debOf('data.tar.gz', utf8('not gzip at all'))],
    ['xz that is none', debOf('data.tar.xz', utf8('not xz at all, but long enough'))],
    ['tar that is none', debOf('data.tar', new Uint8Array(1024).fill(0x41))],
  ])('refuses %s', async (_what, deb) => {
    await expect(unpack(deb)).rejects.toBeInstanceOf(FormatError);
  });

  it.skipIf(!hasPrograms('xz'))('leaves the xz decoder free for the next package', async () => {
    const xz = async (members: readonly Member[]) =>
      debOf(
        'data.tar.xz',
        execFileSync('xz', ['-1c'], { input: await makeTar(members), maxBuffer: 1 << 26 }),
      );
    const bad: readonly Member[] = [{ name: '/escaped', content: 'x' }, ...FILES];
    await expect(unpack(await xz(bad))).rejects.toBeInstanceOf(FormatError);
    expect(treeOf((await unpack(await xz(FILES))).root)).toEqual(UNPACKED);
  });

  it('answers any truncation with a FormatError', async () => {
    const deb = await makeDeb(FILES.slice(0, 7));
    const dataStart = Buffer.from(deb).indexOf('data.tar.gz') + 60;
    for (const end of [4, 8, 20, 68, 100, dataStart - 30, dataStart + 1, deb.length - 40, deb.length - 10]) {
      await expect(unpack(deb.slice(0, end)), `${end}`).rejects.toBeInstanceOf(FormatError);
    }
  });

  it('answers any changed byte with a FormatError or files', async () => {
    const deb = debOf('data.tar', await makeTar(FILES.slice(0, 8)));
    await fc.assert(
      fc.asyncProperty(fc.nat(deb.length - 1), fc.nat(255), async (at, value) => {
        const bad = Uint8Array.from(deb);
        bad[at] = value;
        await unpack(bad).catch((error: unknown) => expect(error).toBeInstanceOf(FormatError));
      }),
      { numRuns: 200 },
    );
  });
});
