import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/binary/index.ts';
import { compress, packLz4Legacy } from '../../src/compress/index.ts';
import { checkAsKernel, type Entry, packCpio, readCpio } from '../../src/initramfs/index.ts';
import type { NewcHeader } from '../../src/initramfs/newc.ts';
import { archive, SAMPLE, trees } from './samples.ts';

const file = (path: string, text = 'x'): Entry => ({ type: 'file', path, mode: 0o644, data: utf8(text) });
const folder = (path: string): Entry => ({ type: 'directory', path, mode: 0o755 });
const link = (path: string, target: string): Entry => ({ type: 'symlink', path, mode: 0o777, target });
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

async function view(bytes: Uint8Array) {
  const { entries, lost, stopped } = await checkAsKernel(bytes);
  return {
    paths: entries.map(({ path }) => path),
    lost: lost.map(({ path, reason }) => `${path}: ${reason}`),
    stopped: stopped?.reason,
    entries,
  };
}

describe('checkAsKernel', () => {
  it('finds nothing lost in what packCpio writes', async () => {
    expect(await view(packCpio(SAMPLE))).toMatchObject({ lost: [], stopped: undefined });
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        const packed = packCpio(tree);
        const seen = await view(packed);
        expect(seen).toMatchObject({ lost: [], stopped: undefined });
        expect(seen.entries).toEqual(readCpio(packed));
      }),
    );
  });

  describe.each([
    ['lz4 legacy', false],
    ['lz4 legacy of LG', true],
  ])('%s, which has no end mark of its own', (_name, totalSize) => {
    // An archive that is stored ends in NULs, and so does its last block: these are not what was filled up.
    const stored = packCpio([file('init', 'data'), file('tail', '\0\0\0\0')]);

    it.each([0, 1, 3, 4, 7, 8, 511, 512, 4093])('is read whole with %i NULs behind it', async (count) => {
      const packed = await compress('lz4-legacy', [stored], { totalSize });
      const seen = await view(join(packed, new Uint8Array(count)));
      expect(seen).toMatchObject({ paths: ['init', 'tail'], lost: [], stopped: undefined });
      expect(seen.entries).toEqual(readCpio(stored));
    });

    it('is refused when it is cut, whatever is behind it', async () => {
      const packed = await compress('lz4-legacy', [stored], { totalSize });
      const solid = packed.findLastIndex((byte, i) => byte !== 0 && i < packed.length - 8);
      for (const behind of [0, 64]) {
        const cut = join(packed.subarray(0, solid), new Uint8Array(behind));
        const { stopped, lost, paths } = await view(cut);
        expect(stopped !== undefined || lost.length > 0 || paths.length < 2, `${behind}`).toBe(true);
      }
    });
  });

  it('sees every name of a hard link with the content', async () => {
    const { entries } = await view(
      packCpio([file('b', 'data'), { type: 'hardlink', path: 'a', target: 'b' }]),
    );
    expect(entries).toMatchObject([
      { path: 'a', data: utf8('data') },
      { path: 'b', data: utf8('data') },
    ]);
    const last = archive([file('a', ''), { nlink: 2, ino: 9 }], [file('b', 'data'), { nlink: 2, ino: 9 }]);
    expect((await view(last)).entries).toMatchObject([{ data: utf8('data') }, { data: utf8('data') }]);
    const apart = archive([file('a', ''), { ino: 9 }], [file('b', 'data'), { ino: 9 }]);
    expect((await view(apart)).entries).toMatchObject([{ data: utf8('') }, { data: utf8('data') }]);
  });

  it.each<[string, Uint8Array, string[], string[]]>([
    [
      'a file without its folder',
      archive(file('a/b')),
      [],
      ['a/b: its folder a is not there: the kernel makes no parents'],
    ],
    [
      'a file over a folder with content',
      archive(folder('a'), file('a/b'), file('a')),
      ['a', 'a/b'],
      ['a: a folder with content is in its place'],
    ],
    [
      'a long component',
      archive(file('x'.repeat(256))),
      [],
      [`${'x'.repeat(256)}: a name of 256 bytes; file systems take 255`],
    ],
    [
      'a second device of one name',
      archive(
        { type: 'char', path: 'a', mode: 0o600, rdev: { major: 1, minor: 3 } },
        { type: 'char', path: 'a', mode: 0o600, rdev: { major: 5, minor: 1 } },
      ),
      ['a'],
      ['a: a char of this path is there already'],
    ],
    ['a mode without type', archive([file('a', ''), { mode: 0o644 }]), [], ['a: mode 644 is of no type']],
    [
      'a way through a missing link',
      archive(link('a', 'b'), file('a/c')),
      ['a'],
      ['a/c: its folder a is not there: the kernel makes no parents'],
    ],
  ])('reports %s', async (_, bytes, paths, lost) => {
    expect(await view(bytes)).toMatchObject({ paths, lost, stopped: undefined });
  });

  it('passes over what do_header passes over', async () => {
    const dir = [{ ...file('dir', 'data') }, { mode: 0o040755 }] as [Entry, Partial<NewcHeader>];
    const target = [link('far', 'x'.repeat(4095)), {}] as [Entry, Partial<NewcHeader>];
    expect(await view(archive(dir, target, file('after')))).toMatchObject({
      paths: ['after', 'far'],
      lost: ['dir: a directory with 4 bytes of data'],
      stopped: undefined,
    });
    const long = archive([file('a', 'after'), { nameSize: 4097 }]);
    expect((await view(join(long.subarray(0, 110), new Uint8Array(4098), utf8('after\0\0\0')))).lost).toEqual(
      [': a name field of 4097 bytes; the kernel takes 1 to 4096'],
    );
  });

  it('lets later entries replace earlier ones, as overlays do', async () => {
    const bytes = join(
      packCpio([file('a', 'old'), folder('d'), link('l', 'a')]),
      packCpio([link('a', 'd'), file('d'), file('l', 'new')]),
    );
    expect((await view(bytes)).entries).toMatchObject([
      { path: 'a', type: 'symlink' },
      { path: 'd', type: 'file' },
      { path: 'l', type: 'file', data: utf8('new') },
    ]);
  });

  it('goes through links to folders, absolute and relative', async () => {
    const bytes = archive(
      folder('usr'),
      folder('usr/lib'),
      link('lib', '/usr/lib'),
      link('usr/l', '../lib'),
      file('usr/l/x'),
      file('./lib/y'),
    );
    expect((await view(bytes)).paths).toEqual(['lib', 'usr', 'usr/l', 'usr/lib', 'usr/lib/x', 'usr/lib/y']);
  });

  const whole = packCpio([file('a'), file('b', 'y'.repeat(99))]);
  const other = packCpio([file('c')]);
  const digits = Array.from({ length: 9000 }, (_, i) => Math.imul(i, 2654435761) >>> 0).join('');
  const zip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));

  it.each<[string, Uint8Array, string[], RegExp | undefined]>([
    ['one gzip member', zip(whole), ['a', 'b'], undefined],
    ['two members that end on entries', join(zip(whole), zip(other)), ['a', 'b', 'c'], undefined],
    [
      'a member that ends inside a file',
      join(zip(whole.subarray(0, 300)), zip(whole.subarray(300))),
      ['a', 'b'],
      /inside an entry/,
    ],
    ['a compressed archive behind a raw one', join(whole, zip(other)), ['a', 'b', 'c'], undefined],
    [
      'a raw archive at an odd place',
      join(zip(whole), new Uint8Array(5 - (zip(whole).length % 4)), other),
      ['a', 'b'],
      /no multiple of 4/,
    ],
    [
      'a raw archive behind a gap of NULs',
      join(zip(whole), new Uint8Array(8 - (zip(whole).length % 4)), other),
      ['a', 'b', 'c'],
      undefined,
    ],
    ['broken padding', join(whole, new Uint8Array(1), zip(other)), ['a', 'b'], /broken padding/],
    ['words behind the archive', join(zip(whole), utf8('SEANDROIDENFORCE')), ['a', 'b'], /invalid magic/],
    [
      'words inside a member',
      zip(join(whole, utf8('junk'))),
      ['a', 'b'],
      /junk within the compressed archive/,
    ],
    ['an lz4 frame', Uint8Array.of(4, 0x22, 0x4d, 0x18, 0, 0), [], /lz4 -l/],
    ['xz with CRC64', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4), [], /crc32/],
    ['a gzip header with a comment', Uint8Array.of(0x1f, 0x8b, 8, 16, 0, 0, 0, 0, 0, 3), [], /does not skip/],
    ['the old gzip', Uint8Array.of(0x1f, 0x9e, 8, 0), [], /old gzip/],
    ['a cut gzip member', zip(whole).subarray(0, 60), ['a', 'b'], /damaged/],
    [
      'a gzip member cut inside a file',
      zip(join(whole, packCpio([file('c', digits)]))).subarray(0, 2000),
      ['a', 'b', 'c'],
      /damaged/,
    ],
    ['odc', join(utf8('070707'), new Uint8Array(110)), [], /cpio -H newc/],
    ['another magic', join(utf8('070703'), new Uint8Array(110)), [], /no cpio magic/],
    ['bad digits', join(utf8('070701zz'), new Uint8Array(110)), [], /damaged header/],
    ['a cut archive', whole.subarray(0, 260), ['a', 'b'], /ends inside an entry/],
    ['nothing but NULs', new Uint8Array(64), [], undefined],
  ])('reads %s', async (_, bytes, paths, stopped) => {
    const seen = await view(bytes);
    expect(seen.paths).toEqual(paths);
    if (stopped === undefined) expect(seen.stopped).toBeUndefined();
    else expect(seen.stopped).toMatch(stopped);
  });

  it('notices a name without its NUL, and a wrong sum', async () => {
    const bytes = packCpio([file('name', 'abc'), file('z')]);
    const open = bytes.slice();
    open[114] = 0x21;
    expect((await view(open)).stopped).toMatch(/does not end in NUL/);
    const summed = bytes.slice();
    summed.set(utf8('070702'));
    expect(await view(summed)).toMatchObject({ paths: ['name'], stopped: 'bad data checksum of name' });
  });

  /** One frame of one raw block (RFC 8878, 3.1.1), with the window that its byte says. */
  const zstdFrame = (content: Uint8Array, window = 0x58) => {
    const size = (content.length << 3) | 1;
    const head = [0x28, 0xb5, 0x2f, 0xfd, 0, window, size & 0xff, (size >> 8) & 0xff, size >> 16];
    return join(Uint8Array.from(head), content);
  };

  it('goes frame by frame through zstd, and refuses windows that no phone has memory for', async () => {
    expect(await view(join(zstdFrame(whole), zstdFrame(other)))).toMatchObject({
      paths: ['a', 'b', 'c'],
      stopped: undefined,
    });
    const cut = await view(join(zstdFrame(whole.subarray(0, 300)), zstdFrame(whole.subarray(300))));
    expect([cut.paths, cut.stopped]).toEqual([['a', 'b'], expect.stringMatching(/inside an entry/)]);
    expect((await view(zstdFrame(whole, 0xa8))).stopped).toMatch(/window of 2147483648 bytes/);
  });

  it('ends lz4 at NULs, and keeps the blocks in front of what is none', async () => {
    const lz4 = packLz4Legacy([whole]);
    const even = new Uint8Array((4 - (lz4.length % 4)) % 4);
    const apart = await view(join(lz4, even, new Uint8Array(8), other));
    expect(apart).toMatchObject({ paths: ['a', 'b', 'c'], lost: [], stopped: undefined });
    const close = await view(join(lz4, other));
    expect([close.paths, close.stopped]).toEqual([['a', 'b'], expect.stringMatching(/damaged/)]);
  });

  it('gives a file that is cut off its whole size, as do_name does', async () => {
    const { entries, lost } = await view(whole.subarray(0, 260));
    expect(lost).toEqual(['b: the archive ends inside its data']);
    expect(entries[1]).toMatchObject({ path: 'b', data: { length: 99 } });
  });

  it('loses a link target that fills a page', async () => {
    const long = (size: number) => archive([file('l', 'x'.repeat(size)), { mode: 0o120777 }]);
    expect(await view(long(4095))).toMatchObject({ paths: ['l'], lost: [] });
    expect(await view(long(4096))).toMatchObject({
      paths: [],
      lost: ['l: a link target of 4096 bytes; the file system takes 4095'],
    });
  });

  it('takes away what an entry of no type is called like, as clean_path does', async () => {
    const over = [file('a', ''), { mode: 0 }] as [Entry, Partial<NewcHeader>];
    expect(await view(archive(file('a'), over))).toMatchObject({
      paths: [],
      lost: ['a: mode 0 is of no type'],
    });
  });

  it('loses a hard link that stands twice in an archive, with all its names', async () => {
    const twice = [file('a', 'data'), { nlink: 2, ino: 9 }] as [Entry, Partial<NewcHeader>];
    const { paths, lost } = await view(archive(twice, twice, [file('b', ''), { nlink: 2, ino: 9 }]));
    expect([paths, lost]).toEqual([
      [],
      [
        'a: a second name of a file that is called so: the kernel takes that away first',
        'b: the file a that it is a name of is not there',
      ],
    ]);
  });

  it('gives all names of a file the mode and the owner of the last', async () => {
    const { entries } = await view(
      archive(
        [file('a'), { nlink: 2, ino: 9 }],
        [file('b', ''), { nlink: 2, ino: 9, mode: 0o100755, uid: 7 }],
      ),
    );
    expect(entries).toMatchObject(['a', 'b'].map((path) => ({ path, mode: 0o755, uid: 7, data: utf8('x') })));
  });

  it.each(['.', '/', 'd/.', 'd/..', 'new/', ''])('gives no file the name %j', async (path) => {
    const { paths, lost } = await view(archive(folder('d'), file(path)));
    expect([paths, lost.length]).toEqual([['d'], 1]);
  });

  it('counts a device that comes again as lost only when it is another', async () => {
    const node = (mode: number): Entry => ({ type: 'char', path: 'c', mode, rdev: { major: 5, minor: 1 } });
    const { entries, lost } = await view(archive(node(0o600), node(0o622)));
    expect([entries, lost]).toMatchObject([[{ path: 'c', mode: 0o622 }], []]);
  });

  it('cuts modes to 16 bits and device numbers to 32, and names the device that comes out', async () => {
    const node: Entry = { type: 'char', path: 'c', mode: 0o600, rdev: { major: 1, minor: 3 } };
    const { entries, lost } = await view(archive([node, { rdevMajor: 5000, mode: 0x12_0000 | 0o020600 }]));
    expect(entries).toMatchObject([{ mode: 0o600, rdev: { major: 904, minor: 3 } }]);
    expect(lost).toEqual(['c: device 5000:3 becomes 904:3: the kernel has 12 bits and 20']);
  });

  it('keeps names apart that are no UTF-8', async () => {
    const named = (byte: number) => archive(file('X', 'text')).map((each) => (each === 0x58 ? byte : each));
    expect((await view(join(named(0xe8), named(0xe9)))).paths).toEqual(['\\xe8', '\\xe9']);
  });

  it('waits for a header in the first compressed archive, as the kernel does', async () => {
    const plain = zip(whole);
    expect((await view(zip(join(new Uint8Array(4), whole)))).stopped).toMatch(/starts with NULs/);
    expect((await view(join(zip(new Uint8Array()), plain))).stopped).toMatch(/is empty/);
    const later = join(plain, zip(new Uint8Array()), zip(join(new Uint8Array(4), other)));
    expect(await view(later)).toMatchObject({ paths: ['a', 'b', 'c'], stopped: undefined });
  });

  it('has all of a raw archive that ends in front of its padding', async () => {
    const bytes = archive(file('a', 'five5')).subarray(0, 110 + 2 + 5);
    expect(await view(bytes)).toMatchObject({ paths: ['a'], lost: [], stopped: undefined });
    expect((await view(join(bytes, new Uint8Array(3), utf8('070701')))).stopped).toMatch(/inside an entry/);
    expect((await view(zip(bytes))).stopped).toMatch(/inside an entry/);
  });

  it('follows forty links on the way of a path, and not more', async () => {
    const chain = Array.from({ length: 40 }, (_, i) => link(`l${i + 1}`, i === 0 ? 'd' : `l${i}`));
    const both = link('both', 'l20/../l20');
    const { paths, lost } = await view(archive(folder('d'), ...chain, both, file('l40/x'), file('both/y')));
    expect([paths.includes('d/x'), lost.length]).toEqual([true, 1]);
  });

  it('is done with a hundred thousand replaced folders, and with links that double, in seconds', async () => {
    const names = Array.from({ length: 50_000 }, (_, i) => `d${i}`);
    const member = (path: string, mode: number) => archive([file(path, ''), { mode }]).subarray(0, -124);
    const doubled = Array.from({ length: 40 }, (_, i) =>
      link(`l${i}`, i === 0 ? '.' : `l${i - 1}/../l${i - 1}/../l${i - 1}`),
    );
    const started = performance.now();
    await view(archive(...doubled, file('l39/x')));
    const folders = names.map((path) => member(path, 0o040755));
    const files = names.map((path) => member(path, 0o100644));
    expect((await view(join(...folders, ...files))).paths).toHaveLength(50_000);
    expect(performance.now() - started).toBeLessThan(20_000);
  }, 60_000);

  it('never throws on damage', async () => {
    const bytes = packCpio(SAMPLE);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
        const changed = bytes.slice();
        changed[at] = byte;
        await checkAsKernel(changed);
        await checkAsKernel(changed.subarray(0, at));
      }),
      { numRuns: 60 },
    );
  });
});

describe('lz4 legacy, which has no end of its own', () => {
  const whole = packCpio([folder('a'), file('a/b', 'text that stays')]);

  it('is read whatever number of NULs follows it', async () => {
    const packed = await compress('lz4-legacy', [whole]);
    for (const count of [0, 1, 3, 4, 5, 511, 4096]) {
      const seen = await view(join(packed, new Uint8Array(count)));
      expect(seen, `${count}`).toMatchObject({ paths: ['a', 'a/b'], lost: [], stopped: undefined });
    }
  });

  it('keeps NULs that belong to its last block', async () => {
    // A block of literals alone: the archive's padding stands at its end as it is.
    const ending = join(whole, new Uint8Array(64));
    const length = ending.length - 15;
    const head = [0xf0, ...new Array(Math.floor(length / 255)).fill(255), length % 255];
    const block = join(Uint8Array.from(head), ending);
    const size = Uint8Array.of(block.length & 255, block.length >> 8, 0, 0);
    const stored = join(Uint8Array.of(2, 0x21, 0x4c, 0x18), size, block);
    expect(stored.at(-1)).toBe(0);
    for (const count of [0, 4, 9]) {
      const seen = await view(join(stored, new Uint8Array(count)));
      expect(seen, `${count}`).toMatchObject({ paths: ['a', 'a/b'], lost: [], stopped: undefined });
    }
  });

  it('stops at an archive behind it that no NULs part from it', async () => {
    const packed = await compress('lz4-legacy', [whole]);
    const { stopped } = await view(join(packed, packCpio([file('late')])));
    expect(stopped).toMatch(/lz4/);
  });
});
