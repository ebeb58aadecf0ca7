import { mkdtempSync } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { equal, utf8 } from '../../src/binary/index.ts';
import { FileTree, packCpio, readOverlay } from '../../src/initramfs/index.ts';

const from = 'test';

function merged(): FileTree {
  const tree = new FileTree();
  tree.addSymlink('bin', 'usr/bin', { from: 'layout' });
  tree.addSymlink('lib', '/usr/lib', { from: 'layout' });
  tree.addDirectory('root', { from: 'layout', mode: 0o700 });
  return tree;
}

const paths = (tree: FileTree) => tree.entries().map(({ path }) => path);

describe('FileTree', () => {
  it('puts a path where the links in the tree lead, and makes the folders there', () => {
    const tree = merged();
    tree.addFile('/bin/sh', utf8('sh'), { from });
    tree.addFile('lib/modules/1/x.ko', utf8('x'), { from });
    expect(paths(tree)).toEqual([
      'bin',
      'lib',
      'root',
      'usr',
      'usr/bin',
      'usr/bin/sh',
      'usr/lib',
      'usr/lib/modules',
      'usr/lib/modules/1',
      'usr/lib/modules/1/x.ko',
    ]);
    expect(tree.resolve('bin/sh')).toBe('usr/bin/sh');
    expect(tree.get('lib/modules/1/x.ko')).toMatchObject({ type: 'file' });
    expect(tree.get('bin')).toMatchObject({ type: 'symlink' });
    expect(tree.get('lib/none/x')).toBeUndefined();
    expect(packCpio(tree.entries()).length).toBeGreaterThan(0);
  });

  it('lets the last one win, but keeps folders, their modes, and links to folders', () => {
    const tree = merged();
    tree.addFile('etc/a', utf8('first'), { from });
    tree.addFile('etc/a', utf8('second'), { from, mode: 0o600 });
    tree.addDirectory('root', { from });
    tree.addDirectory('lib', { from });
    tree.addSymlink('bin/sh', 'busybox', { from });
    tree.addFile('bin/sh', utf8('bash'), { from });
    expect(tree.get('etc/a')).toMatchObject({ data: utf8('second'), mode: 0o600 });
    expect(tree.get('root')).toMatchObject({ mode: 0o700 });
    expect(tree.get('lib')).toMatchObject({ type: 'symlink' });
    expect(tree.get('bin/sh')).toMatchObject({ type: 'file' });
  });

  it('refuses to replace a folder that holds something, and to go below a file', () => {
    const tree = merged();
    tree.addFile('etc/conf/a', utf8(''), { from });
    expect(() => tree.addFile('etc/conf', utf8(''), { from: 'overlay' })).toThrow(
      expect.objectContaining({
        code: 'initramfs.conflict',
        message: expect.stringContaining('overlay brings a file'),
      }),
    );
    expect(() => tree.addFile('etc/conf/a/b', utf8(''), { from })).toThrow(/it is a file of test/);
    tree.addDirectory('etc/empty', { from });
    tree.addSymlink('etc/empty', 'conf', { from });
    expect(tree.resolve('etc/empty/a')).toBe('etc/conf/a');
  });

  it('ends on links that lead in a circle', () => {
    const tree = new FileTree();
    tree.addSymlink('a', 'b', { from });
    tree.addSymlink('b', 'a', { from });
    expect(tree.resolve('a/x')).toBeUndefined();
    expect(() => tree.addFile('a/x', utf8(''), { from })).toThrow(/it is a symlink/);
  });

  it('keeps hard links together, also when one name is replaced', () => {
    const tree = merged();
    tree.addFile('usr/bin/busybox', utf8('box'), { from });
    tree.add({ type: 'hardlink', path: 'usr/bin/ls', target: 'bin/busybox' }, from);
    tree.add({ type: 'hardlink', path: 'usr/bin/cat', target: 'usr/bin/busybox' }, from);
    expect(tree.entries().slice(-3)).toMatchObject([
      { path: 'usr/bin/busybox', type: 'file' },
      { path: 'usr/bin/cat', type: 'hardlink', target: 'usr/bin/busybox' },
      { path: 'usr/bin/ls', type: 'hardlink', target: 'usr/bin/busybox' },
    ]);
    tree.addFile('usr/bin/busybox', utf8('new'), { from });
    expect(tree.entries().slice(-2)).toMatchObject([
      { path: 'usr/bin/cat', type: 'file', data: utf8('box') },
      { path: 'usr/bin/ls', type: 'hardlink', target: 'usr/bin/cat' },
    ]);
    expect(tree.contributions()).toMatchObject([
      { name: 'test', entries: 5, bytes: 6, files: [{ path: 'usr/bin/busybox' }, { path: 'usr/bin/cat' }] },
      { name: 'layout', entries: 3, bytes: 0 },
    ]);
  });
});

describe('readOverlay', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'mnx-overlay-'));
  afterAll(() => rm(scratch, { recursive: true }));

  async function folder(name: string, modes: readonly [number, number, number]): Promise<string> {
    const root = join(scratch, name);
    await mkdir(join(root, 'usr/bin'), { recursive: true });
    await writeFile(join(root, 'usr/bin/tool'), 'tool');
    await writeFile(join(root, 'motd'), 'hello');
    await symlink('usr/bin/tool', join(root, 'link'));
    await chmod(join(root, 'usr/bin/tool'), modes[0]);
    await chmod(join(root, 'motd'), modes[1]);
    await chmod(join(root, 'usr'), modes[2]);
    return root;
  }

  it('gives the same bytes whatever the umask of the checkout was', async () => {
    const strict = await readOverlay(await folder('strict', [0o700, 0o600, 0o700]));
    const open = await readOverlay(await folder('open', [0o777, 0o666, 0o2777]));
    expect(equal(packCpio(strict), packCpio(open))).toBe(true);
    expect(strict).toMatchObject([
      { path: 'link', type: 'symlink', target: 'usr/bin/tool' },
      { path: 'motd', mode: 0o644 },
      { path: 'usr', mode: 0o755 },
      { path: 'usr/bin', mode: 0o755 },
      { path: 'usr/bin/tool', mode: 0o755 },
    ]);
  });

  it('leaves out what it is told to, and says what it cannot take', async () => {
    const root = await folder('special', [0o755, 0o644, 0o755]);
    expect((await readOverlay(root, (name) => name === 'usr')).map(({ path }) => path)).toEqual([
      'link',
      'motd',
    ]);
    await expect(readOverlay(join(scratch, 'none'))).rejects.toMatchObject({
      code: 'initramfs.overlay',
      exitCode: 4,
    });
    const server = createServer().listen(join(root, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    await expect(readOverlay(root)).rejects.toMatchObject({ code: 'initramfs.overlay-special' });
    await new Promise((resolve) => server.close(resolve));
    await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff])]), '');
    await expect(readOverlay(root)).rejects.toMatchObject({ code: 'initramfs.path' });
  });
});
