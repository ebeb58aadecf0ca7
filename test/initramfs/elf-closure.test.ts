import { mkdtempSync } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { elfClosure, type Reason } from '../../src/initramfs/index.ts';
import { elfFile } from './elf-file.ts';

const scratch = mkdtempSync(join(tmpdir(), 'mnx-closure-'));
afterAll(() => rm(scratch, { recursive: true }));

/** A folder with files (bytes or text) and links (`-> target`). */
async function sysroot(name: string, files: Record<string, Uint8Array | string>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(scratch, name, path);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) {
      await symlink(content.slice(3), file);
    } else {
      await writeFile(file, content);
      await chmod(file, path.includes('bin/') ? 0o755 : 0o644);
    }
  }
  return join(scratch, name);
}

const LOADER = '/lib/ld-linux-aarch64.so.1';
const MULTIARCH = 'usr/lib/aarch64-linux-gnu';
const libc = {
  [`${MULTIARCH}/ld-linux-aarch64.so.1`]: elfFile(),
  'usr/lib/ld-linux-aarch64.so.1': '-> aarch64-linux-gnu/ld-linux-aarch64.so.1',
  [`${MULTIARCH}/libc.so.6`]: elfFile({ needed: ['ld-linux-aarch64.so.1'] }),
};

async function closureOf(files: Record<string, Uint8Array | string>, programs: string[], name: string) {
  const sysroots = [await sysroot(`${name}/program`, files), await sysroot(`${name}/libc`, libc)];
  const entries = await elfClosure({ sysroots, programs, arch: 'aarch64' });
  return entries.map((entry) => (entry.type === 'symlink' ? `${entry.path} -> ${entry.target}` : entry.path));
}

describe('elfClosure', () => {
  it('follows interpreter, libraries and links over several packages, into the merged layout', async () => {
    const files = {
      'sbin/tool': elfFile({ needed: ['libz.so.1', 'libc.so.6'], interpreter: LOADER }),
      [`lib/aarch64-linux-gnu/libz.so.1`]: '-> libz.so.1.3.1',
      [`lib/aarch64-linux-gnu/libz.so.1.3.1`]: elfFile({ needed: ['libc.so.6'] }),
    };
    expect(await closureOf(files, ['/sbin/tool'], 'plain')).toEqual([
      `${MULTIARCH}/ld-linux-aarch64.so.1`,
      `${MULTIARCH}/libc.so.6`,
      `${MULTIARCH}/libz.so.1 -> libz.so.1.3.1`,
      `${MULTIARCH}/libz.so.1.3.1`,
      'usr/lib/ld-linux-aarch64.so.1 -> aarch64-linux-gnu/ld-linux-aarch64.so.1',
      'usr/sbin/tool',
    ]);
  });

  it('says what each path is there for', async () => {
    const files = {
      'sbin/tool': elfFile({ needed: ['libz.so.1'], interpreter: LOADER }),
      'usr/lib/libz.so.1': '-> libz.so.1.3.1',
      'usr/lib/libz.so.1.3.1': elfFile(),
    };
    const sysroots = [await sysroot('why/program', files), await sysroot('why/libc', libc)];
    const reasons = new Map<string, Reason>();
    const onEntry = (path: string, reason: Reason) => void reasons.set(path, reason);
    await elfClosure({ sysroots, programs: ['/sbin/tool'], arch: 'aarch64', onEntry });
    const because = new Map([['/sbin/tool', 'the root LABEL=x,fsck']]);
    const told: Reason[] = [];
    await elfClosure({
      sysroots,
      programs: ['/sbin/tool'],
      because,
      arch: 'aarch64',
      onEntry: (_, why) => void told.push(why),
    });
    expect(told[0]).toEqual({ because: 'the root LABEL=x,fsck' });
    expect(Object.fromEntries(reasons)).toMatchObject({
      'usr/sbin/tool': { because: 'a program of this build' },
      'usr/lib/libz.so.1.3.1': { because: 'a library (NEEDED) of', of: 'usr/sbin/tool' },
      'usr/lib/libz.so.1': { because: 'a link to', of: 'usr/lib/libz.so.1.3.1' },
      [`${MULTIARCH}/ld-linux-aarch64.so.1`]: { because: 'the interpreter of', of: 'usr/sbin/tool' },
    });
  });

  it('keeps relative links true that leave a folder which moves', async () => {
    const files = {
      'usr/bin/tool': elfFile({ needed: ['liba.so.1', 'libb.so.1'] }),
      'lib/aarch64-linux-gnu/liba.so.1': '-> ../../usr/lib/real/liba.so.1',
      'usr/lib/real/liba.so.1': elfFile(),
      'usr/lib/libb.so.1': '-> /lib/real/libb.so.1',
      'lib/real/libb.so.1': elfFile(),
    };
    expect(await closureOf(files, ['usr/bin/tool'], 'moved')).toEqual([
      'usr/bin/tool',
      `${MULTIARCH}/liba.so.1 -> /usr/lib/real/liba.so.1`,
      'usr/lib/libb.so.1 -> /lib/real/libb.so.1',
      'usr/lib/real/liba.so.1',
      'usr/lib/real/libb.so.1',
    ]);
  });

  it('searches DT_RUNPATH with $ORIGIN first, and passes over other processors', async () => {
    const files = {
      'usr/bin/tool': elfFile({ needed: ['liba.so'], runpath: '$ORIGIN/../lib/private:/usr/lib/other' }),
      'usr/lib/private/liba.so': elfFile({ machine: 'x86_64' }),
      'usr/lib/other/liba.so': elfFile(),
      [`${MULTIARCH}/liba.so`]: elfFile(),
    };
    expect(await closureOf(files, ['usr/bin/tool'], 'runpath')).toEqual([
      'usr/bin/tool',
      'usr/lib/other/liba.so',
    ]);
  });

  it('brings the interpreter of a script where the packages have it', async () => {
    const files = {
      'usr/bin/script': '#!/usr/bin/lang -x\n',
      'usr/bin/lang': elfFile(),
    };
    expect(await closureOf(files, ['usr/bin/script'], 'script')).toEqual(['usr/bin/lang', 'usr/bin/script']);
    const lonely = { 'usr/bin/sh': '#! /bin/none\n' };
    expect(await closureOf(lonely, ['usr/bin/sh'], 'lonely-script')).toEqual(['usr/bin/sh']);
  });

  it('ends on libraries that need each other', async () => {
    const files = {
      'usr/lib/liba.so': elfFile({ needed: ['libb.so'] }),
      'usr/lib/libb.so': elfFile({ needed: ['liba.so'] }),
    };
    expect(await closureOf(files, ['usr/lib/liba.so'], 'circle')).toEqual([
      'usr/lib/liba.so',
      'usr/lib/libb.so',
    ]);
  });

  it.each<[string, Record<string, Uint8Array | string>, object]>([
    [
      'a missing library and who needs it',
      {
        'usr/bin/a': elfFile({ needed: ['libx.so.1'] }),
        'usr/lib/libx.so.1': elfFile({ needed: ['libgone.so.5'] }),
      },
      {
        code: 'initramfs.library',
        exitCode: 4,
        message: 'usr/lib/libx.so.1 needs libgone.so.5, which no package here brings',
      },
    ],
    [
      'a missing interpreter',
      { 'usr/bin/a': elfFile({ interpreter: '/lib/ld-musl.so.1' }) },
      { code: 'initramfs.library' },
    ],
    ['a missing program', {}, { code: 'initramfs.program', exitCode: 4 }],
    ['a folder', { 'usr/bin/a/b': '' }, { code: 'initramfs.program' }],
    ['a link in a circle', { 'usr/bin/a': '-> b', 'usr/bin/b': '-> a' }, { code: 'initramfs.program' }],
    [
      'another processor',
      { 'usr/bin/a': elfFile({ machine: 'x86_64' }) },
      { code: 'initramfs.machine', message: /x86_64.*aarch64/ },
    ],
    [
      'a damaged file',
      { 'usr/bin/a': elfFile({ needed: ['x'] }).slice(0, 200) },
      { exitCode: 3, message: /^usr\/bin\/a: / },
    ],
  ])('names %s', async (what, files, wanted) => {
    const { message, ...rest } = wanted as { message?: string | RegExp };
    const error = await closureOf(files, ['usr/bin/a'], what.replaceAll(' ', '-')).catch(
      (found: unknown) => found,
    );
    expect(error).toMatchObject(rest);
    if (message !== undefined) expect((error as Error).message).toMatch(message);
  });
});
