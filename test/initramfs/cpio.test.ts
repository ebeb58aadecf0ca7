import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, FormatError, MnxError, sha256, utf8, utf8Text } from '../../src/binary/index.ts';
import {
  cpioFormat,
  cpioPieces,
  type Entry,
  packCpio,
  readCpio,
  type StoredData,
} from '../../src/initramfs/index.ts';
import { encodedArchive, streamedArchive } from '../../src/initramfs/pack.ts';
import { membersOf } from '../../src/initramfs/record.ts';
import { SAMPLE, trees } from './samples.ts';

const file = (path: string, text = 'x'): Entry => ({ type: 'file', path, mode: 0o644, data: utf8(text) });
const code = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof MnxError) return error.code;
    throw error;
  }
  return 'no error';
};

describe('packCpio', () => {
  it('writes the bytes that are pinned here', () => {
    expect(sha256(packCpio(SAMPLE))).toBe('2e3b0998dd4e1316e5fb711d5947edcaac8d8b596784973ae82ba0f94cd21141');
  });

  it('writes one member as the kernel documentation lays it out', () => {
    const archive = utf8Text(packCpio([{ ...file('init', 'hello'), mode: 0o755 } as Entry]));
    const member = `070701${'00000001'}${'000081ED'}${'00000000'.repeat(2)}${'00000001'}${'00000000'}${'00000005'}`;
    expect(
      archive.startsWith(`${member}${'00000003'}${'00000001'}${'00000000'.repeat(2)}${'00000005'}00000000`),
    ).toBe(true);
    expect(archive.slice(110, 124)).toBe('init\0\0hello\0\0\0');
    expect(archive.slice(124, 130)).toBe('070701');
    expect(archive.slice(-124)).toContain('TRAILER!!!\0');
    expect(archive.length % 4).toBe(0);
  });

  it('does not depend on the order of entries', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        expect(packCpio([...tree].reverse())).toEqual(packCpio(tree));
      }),
    );
  });

  it('gives the same bytes through cpio-stream and through the own encoder', () => {
    expect(streamedArchive(membersOf(SAMPLE))).toEqual(encodedArchive(membersOf(SAMPLE)));
    fc.assert(
      fc.property(trees, (tree) => {
        const members = membersOf(tree);
        expect(Buffer.compare(streamedArchive(members), encodedArchive(members))).toBe(0);
      }),
    );
  });

  it('gives the same bytes as a stream, of stored files as well', () => {
    const stored = (entry: Entry): Entry<Uint8Array | StoredData> =>
      entry.type === 'file'
        ? { ...entry, data: { length: entry.data.length, read: () => entry.data } }
        : entry;
    fc.assert(
      fc.property(trees, (tree) => {
        expect(Buffer.compare(concat([...cpioPieces(tree.map(stored))]), packCpio(tree))).toBe(0);
      }),
    );
    const changing: Entry<StoredData> = {
      ...file('init'),
      type: 'file',
      mode: 0o644,
      data: { length: 4, read: () => utf8('hello') },
    };
    expect(code(() => [...cpioPieces([changing])])).toBe('initramfs.changed');
  });

  it('reads back what it packed', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const back = readCpio(packCpio(tree)).map(({ path }) => path);
        expect(back).toEqual([...new Set(back)].sort());
        for (const entry of tree) expect(back).toContain(entry.path);
        expect(packCpio(readCpio(packCpio(tree)))).toEqual(packCpio(tree));
      }),
    );
  });

  it('creates parents before children, also of the sort that a plain sort misplaces', () => {
    const paths = readCpio(packCpio([file('a/b/c'), file('a-b'), file('a.b/d')])).map(({ path }) => path);
    expect(paths).toEqual(['a', 'a-b', 'a.b', 'a.b/d', 'a/b', 'a/b/c']);
  });

  it('gives all names of a file one inode, its link count, and the data once', () => {
    const archive = packCpio([
      file('z', 'data'),
      { type: 'hardlink', path: 'a', target: 'z' },
      file('m', 'data'),
    ]);
    const { members } = cpioFormat.read(archive);
    expect(members.map(({ header }) => [header.ino, header.nlink, header.fileSize])).toEqual([
      [1, 2, 4],
      [2, 1, 4],
      [1, 2, 0],
      [0, 1, 0],
    ]);
    expect(readCpio(archive)).toMatchObject([
      { type: 'file', path: 'a', data: utf8('data') },
      { type: 'file', path: 'm' },
      { type: 'hardlink', path: 'z', target: 'a' },
    ]);
  });

  it('counts a name in bytes, with its NUL', () => {
    const archive = packCpio([file('ünï/木')]);
    expect(cpioFormat.read(archive).members.map(({ header }) => header.nameSize)).toEqual([6, 10, 11]);
    expect(readCpio(archive)[1]?.path).toBe('ünï/木');
  });

  it('takes names of 4095 bytes and refuses 4096', () => {
    const long = 'd/'.repeat(2040);
    expect(readCpio(packCpio([file(`${long}${'f'.repeat(15)}`)]))).toHaveLength(2041);
    expect(code(() => packCpio([file(`${long}${'f'.repeat(16)}`)]))).toBe('initramfs.name');
  });

  it.each<[string, Entry[], string]>([
    ['the same path twice', [file('a'), file('./a')], 'initramfs.conflict'],
    ['a file as a folder', [file('a'), file('a/b')], 'initramfs.conflict'],
    ['the trailer as a name', [file('TRAILER!!!')], 'initramfs.conflict'],
    ['a hard link to nothing', [{ type: 'hardlink', path: 'a', target: 'b' }], 'initramfs.conflict'],
    ['a way out of the root', [file('../a')], 'initramfs.path'],
    ['a NUL in a name', [file('a\0b')], 'initramfs.path'],
    ['an empty link', [{ type: 'symlink', path: 'a', mode: 0o777, target: '' }], 'initramfs.name'],
    [
      'a wide major',
      [{ type: 'char', path: 'a', mode: 0, rdev: { major: 4096, minor: 0 } }],
      'initramfs.rdev',
    ],
    [
      'a wide minor',
      [{ type: 'block', path: 'a', mode: 0, rdev: { major: 0, minor: 1 << 20 } }],
      'initramfs.rdev',
    ],
    ['type bits in a mode', [{ type: 'directory', path: 'a', mode: 0o40755 }], 'initramfs.mode'],
    ['a negative time', [{ type: 'directory', path: 'a', mode: 0, mtime: -1 }], 'initramfs.field'],
  ])('refuses %s', (_, entries, wanted) => {
    expect(code(() => packCpio(entries))).toBe(wanted);
  });
});

describe('cpioFormat', () => {
  it('keeps every byte: lower-case digits, sums, gaps, long name fields, several archives', () => {
    const one = Buffer.from(packCpio(SAMPLE));
    const lower = Buffer.from(
      packCpio([file('init', '')]).map((byte) => (byte >= 65 && byte <= 70 ? byte + 32 : byte)),
    );
    lower.write('TRAILER!!!', lower.indexOf('TRaILeR!!!'));
    const joined = new Uint8Array(Buffer.concat([one, Buffer.alloc(512), lower, Buffer.alloc(7)]));
    expect(cpioFormat.write(cpioFormat.read(joined))).toEqual(joined);
    expect(cpioFormat.read(joined).tail).toBe(7);
  });

  it('takes an archive without its trailer for cut off; the kernel reads it', () => {
    const archive = packCpio([file('a')]);
    const end = Buffer.from(archive).indexOf('TRAILER!!!') - 110;
    expect(code(() => cpioFormat.read(archive.subarray(0, end)))).toBe('initramfs.truncated');
    expect(readCpio(archive.subarray(0, end))).toHaveLength(1);
  });

  it('reads only FormatErrors out of damage', () => {
    const archive = packCpio(SAMPLE);
    const reads = (bytes: Uint8Array) => {
      try {
        expect(cpioFormat.write(cpioFormat.read(bytes))).toEqual(bytes);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    };
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        reads(archive.slice(0, at));
        const changed = archive.slice();
        changed[at] = byte;
        reads(changed);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), reads));
  });

  it('notices a wrong sum of a crc member, and names the old format', () => {
    const archive = Buffer.from(packCpio([file('a', 'abc')]));
    archive.write('070702', 0, 'latin1');
    expect(code(() => readCpio(archive))).toBe('initramfs.checksum');
    archive.write('00000126', 102, 'latin1');
    expect(readCpio(archive)).toHaveLength(1);
    archive.write('070707', 0, 'latin1');
    expect(() => cpioFormat.read(archive)).toThrow(
      expect.objectContaining({ code: 'initramfs.magic', hint: expect.stringContaining('newc') }),
    );
  });

  it('refuses names that leave the root or are not UTF-8', () => {
    const archive = Buffer.from(packCpio([file('ab/c', '')]));
    const name = archive.indexOf('ab/c');
    archive.write('../c', name, 'latin1');
    expect(code(() => readCpio(archive))).toBe('initramfs.name');
    archive[name] = 0xff;
    expect(code(() => readCpio(archive))).toBe('initramfs.name');
  });
});
