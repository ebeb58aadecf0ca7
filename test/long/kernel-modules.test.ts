import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { closeModules, indexModules, type ModuleIndex, moduleName } from '../../src/kernel/index.ts';
import {
  BUILTIN_LIST,
  BUILTIN_MODINFO,
  MODULES,
  pathOf,
  RELEASE,
  smallIndex,
} from '../kernel/kernel-tree.ts';
import { moduleFile } from '../kernel/module-file.ts';

const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
const run = (tool: string, args: readonly string[]) =>
  spawnSync(tool, args, { encoding: 'utf8', env: { PATH, LC_ALL: 'C' }, maxBuffer: 1 << 28 });
const haveKmod = run('depmod', ['--version']).status === 0;
if (!haveKmod) console.log('skipped: depmod is not installed (Debian package kmod)');

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-modules-'));
  folders.push(folder);
  return folder;
}

/** Modules that kmod would insert, without the softdeps of the host's own modprobe.d. */
function kmodSet(base: string, release: string, name: string): string[] {
  const config = join(base, 'lib/modules', release, 'modules.softdep');
  const { stdout } = run('modprobe', ['-C', config, '-d', base, '-S', release, '--show-depends', name]);
  const paths = stdout.split('\n').flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []);
  return [
    ...new Set(paths.map(moduleName).map((path) => moduleName(basename(path).replace(/\.ko.*$/, '')))),
  ].sort();
}

const ourSet = (index: ModuleIndex, name: string) =>
  closeModules(index, [name])
    .modules.map((module) => module.name)
    .sort();

describe.skipIf(!haveKmod)('closure against kmod', () => {
  it('gives the same sets over a small tree, by name and by alias', async () => {
    const base = temporary();
    const root = join(base, 'lib/modules', RELEASE);
    for (const spec of MODULES) {
      mkdirSync(dirname(join(root, pathOf(spec.name))), { recursive: true });
      writeFileSync(join(root, pathOf(spec.name)), moduleFile(spec));
    }
    writeFileSync(join(root, 'modules.builtin'), BUILTIN_LIST);
    writeFileSync(join(root, 'modules.builtin.modinfo'), BUILTIN_MODINFO);
    writeFileSync(join(root, 'modules.order'), '');
    expect(run('depmod', ['-b', base, RELEASE]).stderr).toBe('');
    const index = await smallIndex();
    const wanted = [
      ...index.modules.keys(),
      'clk-base',
      'crc-alias',
      'built_block',
      'of:NaT(null)Cacme,store2-x',
    ];
    for (const name of wanted)
      expect([name, ourSet(index, name)]).toEqual([name, kmodSet(base, RELEASE, name)]);
    expect(ourSet(index, 'storage').length).toBe(6);
  });
});

const real = process.env['MNX_TEST_MODULES'];
if (real === undefined) console.log('skipped: MNX_TEST_MODULES names no lib/modules/RELEASE folder');

describe.skipIf(!haveKmod || real === undefined)('closure against kmod over a real kernel', () => {
  it('gives the same sets for every module', { timeout: 600_000 }, async () => {
    const source = real ?? '';
    const release = basename(source);
    const base = temporary();
    const root = join(base, 'lib/modules', release);
    mkdirSync(root, { recursive: true });
    for (const name of ['kernel', 'modules.builtin', 'modules.builtin.modinfo', 'modules.order']) {
      symlinkSync(join(source, name), join(root, name));
    }
    execFileSync('depmod', ['-b', base, release], { env: { PATH } });
    const paths = readdirSync(join(source, 'kernel'), { recursive: true, encoding: 'utf8' });
    const index = await indexModules({
      release,
      files: paths
        .filter((path) => /\.ko(\.\w+)?$/.test(path))
        .map((path) => ({
          path: `kernel/${path}`,
          read: async () => readFileSync(join(source, 'kernel', path)),
        })),
      builtinList: readFileSync(join(source, 'modules.builtin'), 'utf8'),
      builtinModinfo: readFileSync(join(source, 'modules.builtin.modinfo')),
    });
    const different = [...index.modules.keys()].filter(
      (name) => ourSet(index, name).join() !== kmodSet(base, release, name).join(),
    );
    // kmod looks at the first softdep line of a module only; we take all of them.
    const excused = different.filter((name) => {
      const ours = new Set(ourSet(index, name));
      return kmodSet(base, release, name).every((module) => ours.has(module)) && manySoftdeps(index, ours);
    });
    expect(different).toEqual(excused);
    expect(different.length).toBeLessThan(index.modules.size / 100);
  });
});

function manySoftdeps(index: ModuleIndex, names: ReadonlySet<string>): boolean {
  return [...names].some((name) => (index.modules.get(name)?.softdepsPre.length ?? 0) > 1);
}
