import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/binary/index.ts';
import { checkAsKernel, type Entry, extractEntries, packCpio } from '../../src/initramfs/index.ts';
import { archive, SAMPLE } from './samples.ts';

const root = mkdtempSync(join(tmpdir(), 'mnx-extract-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const file = (path: string, text = 'x', mode = 0o644): Entry => ({
  type: 'file',
  path,
  mode,
  data: utf8(text),
});
const folder = (path: string, mode = 0o755): Entry => ({ type: 'directory', path, mode });
const link = (path: string, target: string): Entry => ({ type: 'symlink', path, mode: 0o777, target });
const device = (path: string): Entry => ({ type: 'block', path, mode: 0o666, rdev: { major: 8, minor: 0 } });

/** A place with a neighbour that must stay as it is. */
function place(name: string): { target: string; outside: string } {
  const outside = join(root, name, 'outside');
  const target = join(root, name, 'target');
  mkdirSync(outside, { recursive: true });
  mkdirSync(target);
  writeFileSync(join(outside, 'precious'), 'precious');
  return { target, outside };
}

/** All that lies around the target. */
function around(target: string): string {
  const above = join(target, '..');
  const list = readdirSync(above, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('target'),
  );
  return list
    .sort()
    .map((name) => {
      const path = join(above, name);
      return lstatSync(path).isFile()
        ? `${name} ${lstatSync(path).mode} ${readFileSync(path, 'latin1')}`
        : name;
    })
    .join('\n');
}

type Hostile = (outside: string) => Uint8Array;
const many = (count: number) =>
  archive(folder('d'), ...Array.from({ length: count }, (_, i) => file(`d/${i}`, '')));

/** Twenty ways out that archives have tried. */
const HOSTILE: Readonly<Record<string, Hostile>> = {
  'a name with ..': () => archive(file('../outside/new')),
  'a name with .. behind a folder': () => archive(folder('a'), file('a/../../outside/precious', 'gone')),
  'a folder with ..': () => archive(folder('../outside/folder')),
  'an absolute name': (outside) => archive(file(`${outside}/precious`, 'gone')),
  'an absolute folder': (outside) => archive(folder(`${outside}/folder`)),
  'a link, then a file through it': (outside) => archive(link('out', outside), file('out/precious', 'gone')),
  'a relative link, then a file through it': () => archive(link('out', '../outside'), file('out/new')),
  'links behind links': () =>
    archive(folder('a'), link('a/up', '..'), link('out', 'a/up/../outside'), file('out/precious', 'gone')),
  'a link, then a file of its name': (outside) =>
    archive(link('f', `${outside}/precious`), file('f', 'gone')),
  'a folder, then a link in its place': (outside) =>
    archive(folder('d'), link('d', outside), file('d/precious', 'gone')),
  'a link, then a folder of its name with other modes': (outside) =>
    archive(link('d', outside), folder('d', 0o777), file('d/new')),
  'a hard link to a file outside': (outside) =>
    archive(
      [link('l', `${outside}/precious`), { nlink: 2, ino: 9 }],
      [file('h', 'gone'), { nlink: 2, ino: 9 }],
    ),
  'hard links in a circle': () =>
    archive(
      [file('a'), { nlink: 3, ino: 9 }],
      [file('b'), { nlink: 3, ino: 9 }],
      [file('a'), { nlink: 3, ino: 9 }],
    ),
  'a NUL in a name': () => archive(file('ok\0/../../outside/precious', 'gone')),
  'device nodes': () =>
    archive(folder('dev'), device('dev/sda'), { type: 'fifo', path: 'pipe', mode: 0o666 }),
  'set-user-id': () => archive(file('su', 'x', 0o6755)),
  'a size beyond the end': () => archive([file('big'), { fileSize: 0xfffffff0 }]),
  'no trailer': () => archive(file('../outside/new')).subarray(0, -124),
  'a name of 5000 bytes': () =>
    archive(file('n'.repeat(5000)), file(`${'../'.repeat(1400)}outside/precious`, 'gone')),
  '100,000 entries': () => many(100_000),
};

describe('extractEntries', () => {
  it.each(Object.entries(HOSTILE))('stays inside with %s', async (name, make) => {
    const { target, outside } = place(name);
    const before = around(target);
    const { entries } = await checkAsKernel(make(outside));
    extractEntries(entries, target);
    expect(around(target)).toBe(before);
    const written = readdirSync(target, { recursive: true, encoding: 'utf8' });
    expect(written.filter((path) => (lstatSync(join(target, path)).mode & 0o7000) !== 0)).toEqual([]);
  });

  it('is asked what GNU cpio fails', async ({ skip }) => {
    if (spawnSync('cpio', ['--version']).status !== 0) {
      console.log('skipped: cpio is not installed');
      skip();
    }
    expect(Object.keys(HOSTILE)).toHaveLength(20);
    const out = Object.entries(HOSTILE).filter(([name, make]) => {
      if (name === '100,000 entries') return false;
      const { target, outside } = place(`cpio ${name}`);
      const before = around(target);
      spawnSync('cpio', ['-idu', '--quiet'], { cwd: target, input: make(outside), timeout: 20_000 });
      return around(target) !== before;
    });
    console.log(`GNU cpio left its folder with ${out.length} of ${Object.keys(HOSTILE).length - 1} archives`);
    expect(out.length).toBeGreaterThan(0);
  });

  it('writes what the kernel would have', async () => {
    const { target } = place('sample');
    const { entries } = await checkAsKernel(packCpio(SAMPLE));
    const left = extractEntries(entries, target);
    expect(left.map(({ path }) => path).sort()).toEqual(['dev/console', 'dev/vda', 'run/pipe']);
    expect(readFileSync(join(target, 'init'))).toEqual(readFileSync(join(target, 'usr/alias')));
    expect(readlinkSync(join(target, 'bin'))).toBe('usr/bin');
    expect(lstatSync(join(target, 'etc/name'))).toMatchObject({ mode: 0o100751, mtimeMs: 0x12345678 * 1000 });
    expect(lstatSync(join(target, 'tmp')).mode & 0o7777).toBe(0o777);
  });

  it('refuses a path that no entry may have', () => {
    const { target } = place('unclean');
    expect(() => extractEntries([file('../x')], target)).toThrow(/no path inside a folder/);
    expect(existsSync(join(target, '../x'))).toBe(false);
  });
});
