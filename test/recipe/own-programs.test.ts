import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ownPrograms } from '../../src/recipe/own-programs.ts';
import { elfFile } from '../initramfs/elf-file.ts';

const scratch = mkdtempSync(join(tmpdir(), 'mnx-own-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const LOADER = '/lib/ld-linux-aarch64.so.1';
const LIBC = 'usr/lib/aarch64-linux-gnu/libc.so.6';

let count = 0;
function folder(files: Readonly<Record<string, Uint8Array | string>>): string {
  count += 1;
  const root = join(scratch, String(count));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (typeof content === 'string') symlinkSync(content, join(root, path));
    else writeFileSync(join(root, path), content, { mode: 0o755 });
  }
  return root;
}

const theirs = Buffer.concat([elfFile(), Buffer.from('newer')]);
const packages = [
  folder({ 'usr/lib/ld-linux-aarch64.so.1': elfFile(), [LIBC]: theirs, 'usr/bin/both': elfFile() }),
];
const mine = Buffer.concat([elfFile({ interpreter: LOADER }), Buffer.from('mine')]);
const root = folder({
  'usr/bin/tool': elfFile({ needed: ['libtool.so.1', 'libc.so.6'], interpreter: LOADER }),
  'usr/lib/libtool.so.1': 'libtool.so.1.2',
  'usr/lib/libtool.so.1.2': elfFile({ needed: ['libc.so.6'] }),
  'usr/lib/ld-linux-aarch64.so.1': elfFile(),
  'lib/aarch64-linux-gnu/libc.so.6': elfFile(),
  'sbin/both': mine,
  'usr/bin/both': mine,
  'opt/x/run': elfFile({ needed: ['libgone.so'] }),
  'bin/foreign': elfFile({ machine: 'x86_64' }),
});

const own = (programs: readonly string[], at = root) =>
  ownPrograms({ folder: at, programs }, packages, 'aarch64');

describe('ownPrograms', () => {
  it('brings a program with its libraries, the C library from the packages', async () => {
    const { entries, reasons, from } = (await own(['tool'])).brought;
    expect(from).toBe('sysroot');
    expect(entries.map(({ path }) => path)).toEqual([
      'usr/bin/tool',
      LIBC,
      'usr/lib/ld-linux-aarch64.so.1',
      'usr/lib/libtool.so.1',
      'usr/lib/libtool.so.1.2',
    ]);
    const libc = entries.find(({ path }) => path === LIBC);
    expect(libc?.type === 'file' && Buffer.from(libc.data).equals(theirs)).toBe(true);
    expect(reasons.get('usr/lib/libtool.so.1.2')).toEqual({
      because: 'a library (NEEDED) of',
      of: 'usr/bin/tool',
    });
  });

  it('takes the C library of the folder where no package has one', async () => {
    const { brought } = await ownPrograms({ folder: root, programs: ['tool'] }, [], 'aarch64');
    expect(brought.entries.find(({ path }) => path === LIBC)?.type).toBe('file');
  });

  it('means the program of the folder where a package has one of its name', async () => {
    const [entry] = (await own(['both'])).brought.entries.filter(({ path }) => path === 'usr/bin/both');
    expect(entry?.type === 'file' && Buffer.from(entry.data).equals(mine)).toBe(true);
  });

  it('is the same input wherever the folder lies, and another one for another program', async () => {
    const before = (await own(['tool'])).input;
    const moved = `${root}-moved`;
    renameSync(root, moved);
    expect((await own(['tool'], moved)).input).toEqual(before);
    renameSync(moved, root);
    expect((await own(['both'])).input.sha256).not.toBe(before.sha256);
  });

  it.each([
    ['absent', 'recipe.no-program'],
    ['opt/x/run', 'initramfs.library'],
    ['foreign', 'initramfs.machine'],
  ])('refuses %s: %s', async (program, code) => {
    await expect(own([program])).rejects.toMatchObject({ code });
  });
});
