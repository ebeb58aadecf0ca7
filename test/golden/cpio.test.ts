import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { extract } from 'cpio-stream';
import { afterAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/binary/index.ts';
import {
  checkAsKernel,
  cpioFormat,
  type Entry,
  odcFormat,
  packCpio,
  readCpio,
} from '../../src/initramfs/index.ts';
import { SAMPLE } from '../initramfs/samples.ts';
import { stopwatch } from '../stopwatch.ts';

const scratch = mkdtempSync(join(tmpdir(), 'mnx-cpio-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Tools that list and extract newc, independent of each other. */
const TOOLS = ['cpio', 'bsdcpio'].filter((tool) => {
  const there = spawnSync(tool, ['--version']).error === undefined;
  if (!there) console.log(`skipping ${tool}: not installed`);
  return there;
});
const tools = describe.each(TOOLS);
const UTC = { LC_ALL: 'C.UTF-8', TZ: 'UTC', PATH: process.env['PATH'] };

const file = (path: string, text: string, mode = 0o644): Entry => ({
  type: 'file',
  path,
  mode,
  data: utf8(text),
});

/** What any user may extract: no device, nobody else's files. */
const TREE: readonly Entry[] = [
  file('init', '#!/bin/sh\n', 0o755),
  file('etc/a-b', 'x'.repeat(4097), 0o640),
  file('etc/a/b', ''),
  file('ünï/木.txt', 'utf-8'),
  { type: 'hardlink', path: 'usr/bin/also', target: 'init' },
  { type: 'symlink', path: 'bin', mode: 0o777, target: 'usr/bin' },
  { type: 'directory', path: 'tmp', mode: 0o1777 },
];

/** The files below a folder: what extraction must reproduce. */
function treeOf(root: string, below = ''): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(join(root, below)).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    const stat = lstatSync(join(root, path));
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) tree[path] = `-> ${readlinkSync(join(root, path))}`;
    else if (stat.isDirectory()) Object.assign(tree, { [path]: `${mode}/` }, treeOf(root, path));
    else
      tree[path] = stat.isFile()
        ? `${mode} x${stat.nlink} ${readFileSync(join(root, path), 'latin1')}`
        : mode;
  }
  return tree;
}

function extracted(tool: string, archive: Uint8Array, name: string): Record<string, string> {
  const root = join(scratch, name);
  mkdirSync(root);
  execFileSync(tool, ['-id', '--quiet'], {
    cwd: root,
    input: archive,
    env: UTC,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  return treeOf(root);
}

tools('%s', (tool) => {
  it('lists what was packed: types, modes, owners, devices, links', () => {
    const listing = execFileSync(tool, ['-itv', '--quiet'], {
      input: packCpio(SAMPLE),
      env: UTC,
      encoding: 'utf8',
    });
    const lines = listing
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' '));
    expect(lines).toHaveLength(13);
    const line = (path: string) => lines.find((one) => one.split(' -> ')[0]?.endsWith(` ${path}`)) ?? '';
    expect(line('dev/console')).toMatch(/^crw------- 1 (0|root) (0|root) 5, ?1 Jan 1 1970/);
    expect(line('dev/vda')).toMatch(/^brw-rw---- 1 (0|root) (6|disk) 254, ?74565 /);
    expect(line('init')).toMatch(/^-rwxr-xr-x 2 .* 5 Jan 1 1970/);
    expect(line('etc/name')).toMatch(/^-rwsr-x--x 1 1234 5678 4096 Sep 5 1979/);
    expect(line('bin')).toMatch(/^lrwxrwxrwx 1 .* bin -> usr\/bin$/);
    expect(line('run/pipe')).toMatch(/^prw--w--w- 1 /);
    expect(line('tmp')).toMatch(/^drwxrwxrwt 1 /);
  });

  it('extracts the tree that was packed', () => {
    const tree = extracted(tool, packCpio(TREE), `${tool}-out`);
    expect(tree).toMatchObject({
      bin: '-> usr/bin',
      init: '755 x2 #!/bin/sh\n',
      'usr/bin/also': '755 x2 #!/bin/sh\n',
      'etc/a/b': '644 x1 ',
      'ünï/木.txt': '644 x1 utf-8',
    });
    expect(Object.keys(tree).sort()).toEqual(readCpio(packCpio(TREE)).map(({ path }) => path));
  });

  it.each(tool === 'cpio' ? ['newc', 'crc'] : ['newc'])(
    'writes %s archives that are read, kept and repacked without loss',
    (format) => {
      const root = join(scratch, `${tool}-${format}-in`);
      mkdirSync(root);
      execFileSync(
        'sh',
        [
          '-c',
          'mkdir -p d/e && echo data >d/f && ln d/f d/g && ln d/f z && : >empty && ln -s d/f link && mkfifo pipe && chmod 751 d/f && chmod 600 empty',
        ],
        { cwd: root },
      );
      const names = execFileSync('sh', ['-c', 'find . | LC_ALL=C sort'], { cwd: root });
      const archive = new Uint8Array(
        execFileSync(tool, ['-o', '-H', format, '--quiet'], {
          cwd: root,
          input: names,
          stdio: ['pipe', 'pipe', 'pipe'],
        }),
      );
      expect(Buffer.compare(cpioFormat.write(cpioFormat.read(archive)), archive)).toBe(0);
      const entries = readCpio(archive);
      const types = Object.fromEntries(entries.map(({ path, type }) => [path, type]));
      expect(types).toMatchObject({
        '.': 'directory',
        'd/e': 'directory',
        empty: 'file',
        link: 'symlink',
        pipe: 'fifo',
      });
      expect(['d/f', 'd/g', 'z'].map((path) => types[path]).sort()).toEqual(['file', 'hardlink', 'hardlink']);
      const data = entries.find(({ path, type }) => /^(d\/.|z)$/.test(path) && type === 'file');
      expect(data).toMatchObject({ mode: 0o751, data: utf8('data\n') });
      expect(extracted(tool, packCpio(entries), `${tool}-${format}-again`)).toEqual(treeOf(root));
    },
  );
});

describe('cpio-stream as a reader', () => {
  it('finds the same entries', async () => {
    const archive = packCpio(SAMPLE);
    const seen: string[] = [];
    const reader = extract();
    reader.on(
      'entry',
      (header: import('cpio-stream').ExtractHeader, stream: NodeJS.ReadableStream, next: () => void) => {
        seen.push(
          [header.name, header.mode, header.nlink, header.size, header.rdevmajor, header.rdevminor].join(' '),
        );
        stream.on('end', next);
        stream.resume();
      },
    );
    const done = new Promise((end, fail) => reader.on('finish', end).on('error', fail));
    reader.end(Buffer.from(archive));
    await done;
    const { members } = cpioFormat.read(archive);
    const wanted = members.map(({ header, name }) =>
      [
        Buffer.from(name),
        header.mode,
        header.nlink,
        header.fileSize,
        header.rdevMajor,
        header.rdevMinor,
      ].join(' '),
    );
    expect(seen).toEqual(wanted.slice(0, -1));
  });
});

const COMPRESSED: readonly (readonly [string, string[], RegExp | undefined])[] = [
  ['gzip', ['-9n'], undefined],
  ['gzip', ['-c', '-N'], undefined],
  ['xz', ['--check=crc32', '--lzma2=dict=1MiB'], undefined],
  ['xz', [], /crc32/],
  ['zstd', ['-q', '-19'], undefined],
  ['lz4', ['-q', '-c'], /lz4 -l/],
];
const COMPRESSORS = COMPRESSED.filter(([tool]) => {
  const there = spawnSync(tool, ['--version']).error === undefined;
  if (!there) console.log(`skipping ${tool}: not installed`);
  return there;
});

describe('archives of other compressors', () => {
  it.each(COMPRESSORS)('%s %j', async (tool, flags, refused) => {
    const archive = packCpio(SAMPLE);
    const packed = new Uint8Array(execFileSync(tool, flags, { input: archive }));
    const { entries, lost, stopped } = await checkAsKernel(packed);
    expect(lost).toEqual([]);
    if (refused === undefined) expect(entries).toEqual((await checkAsKernel(archive)).entries);
    else expect(stopped?.reason).toMatch(refused);
    expect(stopped === undefined).toBe(refused === undefined);
  });
});

const CORPUS = resolve(import.meta.dirname, '../../../shared/corpus/bootimg/cfig-filemode_000_ramdisk.img');
if (!existsSync(CORPUS)) console.log('skipping the foreign ramdisk: no corpus beside the project');

describe.skipIf(!existsSync(CORPUS))('a foreign ramdisk', () => {
  it('is unpacked as the kernel would, with its files of mode 000', async () => {
    const { entries, lost, stopped } = await checkAsKernel(new Uint8Array(readFileSync(CORPUS)));
    expect({ lost, stopped }).toEqual({ lost: [], stopped: undefined });
    expect(entries.some((entry) => entry.type === 'file' && entry.mode === 0)).toBe(true);
  });
});

describe('speed', () => {
  it('packs 20 MB in a fraction of a second', () => {
    const data = new Uint8Array(40_000).map((_, i) => i * 31);
    const entries = Array.from({ length: 500 }, (_, i) => ({ ...file(`lib/m${i}.ko`, ''), data }) as Entry);
    packCpio(entries);
    const spent = stopwatch();
    expect(packCpio(entries).length).toBeGreaterThan(20_000_000);
    expect(spent()).toBeLessThan(1000);
  });
});

tools('odc of %s', (tool) => {
  it('reads as the same entries as newc of the same tree, byte for byte back', () => {
    const root = join(scratch, `odc-${tool}`);
    mkdirSync(join(root, 'etc'), { recursive: true });
    writeFileSync(join(root, 'init'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(root, 'etc/odd'), 'x'.repeat(4097), { mode: 0o640 });
    writeFileSync(join(root, 'etc/empty'), '');
    symlinkSync('../init', join(root, 'etc/link'));
    linkSync(join(root, 'init'), join(root, 'etc/also'));
    const input = 'etc\netc/also\netc/empty\netc/link\netc/odd\ninit\n';
    const packed = (format: string): Uint8Array =>
      new Uint8Array(execFileSync(tool, ['-o', '-H', format], { cwd: root, input, stdio: 'pipe' }));
    const odc = packed('odc');
    expect(odcFormat.detect(odc)).toBe(true);
    expect(odcFormat.write(odcFormat.read(odc))).toEqual(odc);
    // newc keeps the names of one file together, at the end.
    const sorted = (bytes: Uint8Array): Entry[] =>
      readCpio(bytes).toSorted((a, b) => (a.path < b.path ? -1 : 1));
    expect(sorted(odc)).toEqual(sorted(packed('newc')));
  });
});
