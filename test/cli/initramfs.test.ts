import { linkSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../src/binary/index.ts';
import { appendBootconfig } from '../../src/bootimg/index.ts';
import { type Entry, packCpio } from '../../src/initramfs/index.ts';
import { arm64Image } from '../bootimg/phone.ts';
import { archive } from '../initramfs/samples.ts';
import { desk, documentOf, listing, mnx } from './mnx.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

const file = (path: string, text: string): Entry => ({ type: 'file', path, mode: 0o755, data: utf8(text) });
const device: Entry = { type: 'char', path: 'null', mode: 0o666, rdev: { major: 1, minor: 3 } };

describe('mnx initramfs extract', () => {
  it('writes a packed ramdisk into a new folder and names what it left out', async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'r.gz'), gzipSync(packCpio([file('init', 'hello'), device])));
    const run = await mnx(['initramfs', 'extract', 'r.gz', '-d', 'root'], { env, cwd });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^left out: null: a char/m);
    expect(readFileSync(join(cwd, 'root/init'), 'utf8')).toBe('hello');
    expect(lstatSync(join(cwd, 'root/init')).mode & 0o777).toBe(0o755);
    expect(listing(join(cwd, 'root'))).toEqual(['init']);
  });

  it('exits 3 when the kernel would lose something, with what it would have', async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'r.cpio'), archive(file('init', 'hello'), file('no/parent', 'x')));
    const run = await mnx(['initramfs', 'extract', 'r.cpio', '-d', 'root', '--json'], { env, cwd });
    expect(run.code).toBe(3);
    expect(documentOf(run)).toMatchObject({ extracted: 1, left: [], lost: [{ path: 'no/parent' }] });
    expect(listing(cwd)).toEqual(['r.cpio', 'root']);
  });

  it.each([
    ['a folder that holds something', 'full', 'recipe.output-exists'],
    ['a place that is not there', 'no/root', 'recipe.output-folder'],
  ])('refuses %s', async (_, directory, code) => {
    const cwd = fresh();
    mkdirSync(join(cwd, 'full/inside'), { recursive: true });
    writeFileSync(join(cwd, 'r.cpio'), packCpio([file('init', 'hello')]));
    const run = await mnx(['initramfs', 'extract', 'r.cpio', '-d', directory, '--json'], { env, cwd });
    expect(run.code).toBe(2);
    expect(documentOf(run)).toMatchObject({ error: { code } });
    expect(listing(join(cwd, 'full'))).toEqual(['inside']);
  });
});

describe('mnx initramfs', () => {
  const ramdisk = gzipSync(packCpio([file('init', 'hello'), device]));
  const planted = (files: Record<string, Uint8Array>): { env: typeof env; cwd: string } => {
    const cwd = fresh();
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(cwd, name), bytes);
    return { env, cwd };
  };
  const kernel = arm64Image(65_536);

  it('looks into the one ramdisk that lies in a boot image', async () => {
    const at = planted({ k: kernel, 'r.gz': ramdisk });
    expect((await mnx(['mkbootimg', '--kernel', 'k', '--ramdisk', 'r.gz', '-o', 'b.img'], at)).code).toBe(0);
    const listed = await mnx(['initramfs', 'list', 'b.img'], at);
    expect([listed.code, listed.stdout]).toEqual([0, 'file  0755    5  init\nchar  0666  1,3  null\n']);
    expect(listed.stderr).toBe('b.img is no ramdisk: this is the one in it (ramdisk)\n');
    expect((await mnx(['initramfs', 'diff', 'r.gz', 'b.img'], at)).code).toBe(0);
  });

  it('names the ramdisks of an image that has several, and says of one that has none', async () => {
    const at = planted({ d: new Uint8Array(64), 'r.gz': ramdisk, k: kernel });
    const more = ['--ramdisk_type', 'dlkm', '--ramdisk_name', 'x', '--vendor_ramdisk_fragment', 'r.gz'];
    const first = [
      '--header_version',
      '4',
      '--vendor_boot',
      'v.img',
      '--vendor_ramdisk',
      'r.gz',
      '--dtb',
      'd',
    ];
    expect((await mnx(['mkbootimg', ...first, ...more], at)).code).toBe(0);
    const several = await mnx(['initramfs', 'check', 'v.img', '--json'], at);
    expect(documentOf(several)).toMatchObject({ error: { code: 'cli.ramdisks', hint: /mnx unpack v\.img/ } });
    expect(several.code).toBe(2);
    const none = await mnx(['initramfs', 'list', 'k'], at);
    expect([none.code, none.stderr]).toEqual([3, expect.stringMatching(/^k is no ramdisk \(arm64 Image/)]);
    expect(none.stdout).toMatch(/^stops at byte 0/);
  });

  it('lists what there is of a damaged one, and says that it is', async () => {
    const at = planted({ 'r.cpio': archive(file('init', 'hello'), file('no/parent', 'x')) });
    const listed = await mnx(['initramfs', 'list', 'r.cpio'], at);
    expect(listed.code).toBe(3);
    expect(listed.stdout).toMatch(/^file {2}0755 {2}5 {2}init\nlost: no\/parent: /);
  });

  it.each([
    [['initramfs', 'lst', 'x'], /unknown command 'lst'/],
    [['initramfs', 'list', 'nowhere'], /cannot read nowhere: there is no such file/],
    [['initramfs', 'list', '.'], /cannot read \.: it is a folder/],
  ])('%j is told what is wrong', async (args, says) => {
    const run = await mnx(args, planted({}));
    expect([run.code, run.stderr]).toEqual([2, expect.stringMatching(says)]);
  });
});

describe('mnx initramfs pack', () => {
  function planted(): string {
    const cwd = fresh();
    mkdirSync(join(cwd, 'root/usr/bin'), { recursive: true });
    writeFileSync(join(cwd, 'root/init'), '#!/bin/sh\n', { mode: 0o700 });
    writeFileSync(join(cwd, 'root/usr/bin/busybox'), 'x'.repeat(3_000_000));
    linkSync(join(cwd, 'root/usr/bin/busybox'), join(cwd, 'root/usr/bin/sh'));
    symlinkSync('usr/bin', join(cwd, 'root/bin'));
    return cwd;
  }

  it.each(['gzip', 'xz:9', 'none'])('packs a folder with %s as the kernel reads it', async (compression) => {
    const cwd = planted();
    const run = await mnx(
      ['initramfs', 'pack', 'root', '-o', 'r.img', '--compression', compression, '--json'],
      {
        env,
        cwd,
      },
    );
    expect(run).toMatchObject({ code: 0, stderr: expect.not.stringContaining('rror') });
    expect(documentOf(run)).toMatchObject({
      entries: 6,
      content: 3_000_010,
      size: statSync(join(cwd, 'r.img')).size,
    });
    expect((await mnx(['initramfs', 'check', 'r.img'], { env, cwd })).code).toBe(0);
    const configured = appendBootconfig(readFileSync(join(cwd, 'r.img')), utf8('a = b\n'));
    writeFileSync(join(cwd, 'c.img'), concat(configured));
    expect((await mnx(['initramfs', 'check', 'c.img'], { env, cwd })).code).toBe(0);
    const listed = await mnx(['initramfs', 'list', 'r.img', '--json'], { env, cwd });
    expect(documentOf(listed)).toMatchObject([
      { path: 'bin', type: 'symlink', target: 'usr/bin' },
      { path: 'init', type: 'file', mode: 0o755, size: 10 },
      { path: 'usr', type: 'directory' },
      { path: 'usr/bin', type: 'directory' },
      { path: 'usr/bin/busybox', type: 'file', size: 3_000_000 },
      { path: 'usr/bin/sh', type: 'file', size: 3_000_000 },
    ]);
    // Two names, one content.
    expect(statSync(join(cwd, 'r.img')).size).toBeLessThan(3_002_000);
  });

  it('gives the same bytes twice, and leaves nothing behind when it cannot', async () => {
    const cwd = planted();
    for (const name of ['a', 'b']) {
      expect((await mnx(['initramfs', 'pack', 'root', '-o', name], { env, cwd })).code).toBe(0);
    }
    expect(readFileSync(join(cwd, 'a'))).toEqual(readFileSync(join(cwd, 'b')));
    mkdirSync(join(cwd, 'root/TRAILER!!!'));
    const run = await mnx(['initramfs', 'pack', 'root', '-o', 'c'], { env, cwd });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('TRAILER!!!');
    expect(listing(cwd)).toEqual(['a', 'b', 'root']);
    expect((await mnx(['initramfs', 'pack', 'none', '-o', 'c'], { env, cwd })).code).toBe(2);
  });
});

describe('mnx initramfs diff', () => {
  const pair = (a: Uint8Array, b: Uint8Array): string => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'a.img'), a);
    writeFileSync(join(cwd, 'b.img'), b);
    return cwd;
  };
  const base = [file('init', 'hello'), file('old', '1'), device];

  it('names what came, went and changed', async () => {
    const later: Entry[] = [{ ...file('init', 'hellO'), mode: 0o700 } as Entry, file('new', '22'), device];
    const cwd = pair(packCpio(base), packCpio(later));
    const run = await mnx(['initramfs', 'diff', 'a.img', 'b.img'], { env, cwd });
    expect(run.code).toBe(1);
    expect(run.stdout.split('\n')).toEqual([
      expect.stringMatching(/^~ init: mode 0755 -> 0700, content 2cf24dba5fb0 -> [\da-f]{12}$/),
      '+ new: 2 bytes',
      '- old: 1 bytes',
      '',
    ]);
  });

  it('looks through compression and order', async () => {
    const cwd = pair(packCpio(base), gzipSync(archive(...base.toReversed())));
    const run = await mnx(['initramfs', 'diff', 'a.img', 'b.img', '--json'], { env, cwd });
    expect(run.code).toBe(0);
    expect(documentOf(run)).toMatchObject({ equal: true, differences: [] });
  });

  it('exits 3 when the kernel would lose something of either', async () => {
    const cwd = pair(packCpio(base), archive(...base, file('no/parent', 'x')));
    const run = await mnx(['initramfs', 'diff', 'a.img', 'b.img', '--json'], { env, cwd });
    expect(run.code).toBe(3);
    expect(documentOf(run)).toMatchObject({ losses: [{ lost: [] }, { lost: [{ path: 'no/parent' }] }] });
  });
});

describe('mnx initramfs size', () => {
  const tree: Entry[] = [
    file('lib/large', 'x'.repeat(9000)),
    { type: 'hardlink', path: 'lib/largest', target: 'lib/large' },
    file('bin/sh', 'x'.repeat(1000)),
    file('tiny', 'x'),
  ];

  it('draws the largest first and counts the names of one file once', async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'r.gz'), gzipSync(packCpio(tree)));
    const run = await mnx(['initramfs', 'size', 'r.gz'], { env, cwd });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout.split('\n').map((line) => line.trim())).toEqual([
      '9.77 KiB  100%  /  (6 entries)',
      '8.79 KiB   90%  ├─ lib  (2 entries)',
      '8.79 KiB   90%  │  ├─ large',
      '0 B    0%  │  └─ (1 smaller)',
      '1000 B   10%  ├─ bin  (1 entries)',
      '1000 B   10%  │  └─ sh',
      '1 B    0%  └─ (1 smaller)',
      '',
    ]);
  });

  it('goes as deep as it is told, and prints the whole as JSON', async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'r.gz'), gzipSync(packCpio(tree)));
    const flat = await mnx(['initramfs', 'size', 'r.gz', '--depth', '1'], { env, cwd });
    expect(flat.stdout).not.toContain('large');
    const run = await mnx(['initramfs', 'size', 'r.gz', '--json'], { env, cwd });
    expect(documentOf(run)).toMatchObject({
      bytes: 10001,
      inside: [{ name: 'lib', bytes: 9000 }, { name: 'bin' }, { name: 'tiny', bytes: 1, inside: [] }],
    });
  });
});
