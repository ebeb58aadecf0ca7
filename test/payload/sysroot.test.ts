import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sysroot } from '../../src/payload/index.ts';
import { scratch } from './fake-archive.ts';

const place = scratch();
afterAll(() => place.remove());

const one = join(place.path, 'one');
const two = join(place.path, 'two');

function put(root: string, path: string, link?: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  if (link === undefined) writeFileSync(join(root, path), path);
  else symlinkSync(link, join(root, path));
}

beforeAll(() => {
  put(one, 'usr/lib/x/libz.so.1', 'libz.so.1.3');
  put(two, 'usr/lib/x/libz.so.1.3');
  put(two, 'usr/lib/x/libz.so.1');
  put(two, 'lib/x/old.so');
  put(one, 'usr/bin/tool', '/etc/alternatives/tool');
  put(two, 'etc/alternatives/tool', '/usr/bin/real-tool');
  put(two, 'usr/bin/real-tool');
  put(one, 'usr/lib/folder/a');
  put(two, 'usr/lib/folder', '/etc');
  put(one, 'usr/lib/dtb', 'folder');
  put(one, 'loop/a', 'b');
  put(one, 'loop/b', 'a');
  put(one, 'host', '/../../../../etc/passwd');
});

describe('sysroot', () => {
  const root = sysroot([one, two]);

  it.each([
    ['/usr/lib/x/libz.so.1', two, 'usr/lib/x/libz.so.1.3'],
    ['/lib/x/libz.so.1', two, 'usr/lib/x/libz.so.1.3'],
    ['usr/lib/x/old.so', two, 'lib/x/old.so'],
    ['/usr/bin/tool', two, 'usr/bin/real-tool'],
    ['/bin/../bin/tool', two, 'usr/bin/real-tool'],
    ['/usr/lib/dtb', one, 'usr/lib/folder'],
    ['/usr/lib/dtb/a', one, 'usr/lib/folder/a'],
  ])('finds %s', async (path, base, wanted) => {
    expect(await root.find(path)).toBe(join(base, wanted));
  });

  it.each([
    '/usr/lib/x/none',
    '/usr/lib/folder/passwd',
    '/loop/a',
    '/host',
    '/usr/bin/real-tool/below',
    '/../../etc/passwd',
  ])('finds nothing at %s', async (path) => {
    expect(await root.find(path)).toBeUndefined();
  });

  it('lists files of all roots, each once, sorted, in the merged layout', async () => {
    expect(await root.list('/lib/x')).toEqual([
      '/usr/lib/x/libz.so.1',
      '/usr/lib/x/libz.so.1.3',
      '/usr/lib/x/old.so',
    ]);
    expect(await root.list('/nowhere')).toEqual([]);
  });
});
