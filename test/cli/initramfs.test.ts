import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/binary/index.ts';
import { type Entry, packCpio } from '../../src/initramfs/index.ts';
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
