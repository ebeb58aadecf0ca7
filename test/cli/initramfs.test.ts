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
