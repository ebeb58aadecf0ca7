import { existsSync, linkSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { openCache } from '../../src/payload/index.ts';
import { scratch } from './fake-archive.ts';

const place = scratch();
afterAll(() => place.remove());
afterEach(() => vi.unstubAllEnvs());

let count = 0;
function freshCache() {
  count += 1;
  return openCache({ root: join(place.path, `cache-${count}`) });
}

describe('where the cache is', () => {
  it.each([
    [{ MNX_CACHE: '/a/b', XDG_CACHE_HOME: '/x' }, '/a/b'],
    [{ MNX_CACHE: '', XDG_CACHE_HOME: '/x' }, '/x/mnx'],
    [{ MNX_CACHE: '', XDG_CACHE_HOME: 'relative', HOME: '/home/me' }, '/home/me/.cache/mnx'],
  ])('%j', (env, wanted) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect(openCache().root).toBe(wanted);
  });
});

describe('cached texts', () => {
  it('are written whole and read back; what is absent is undefined', async () => {
    const cache = freshCache();
    expect(await cache.read('index', 'a.json')).toBeUndefined();
    await cache.write('index', 'a.json', '1');
    await cache.write('index', 'a.json', '2');
    expect(await cache.read('index', 'a.json')).toBe('2');
    expect(readdirSync(join(cache.root, 'index'))).toEqual(['a.json']);
  });

  it('survive many writers at once', async () => {
    const cache = freshCache();
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(10_000));
    await Promise.all(texts.map((text) => cache.write('index', 'a', text)));
    expect(texts).toContain(await cache.read('index', 'a'));
    expect(readdirSync(join(cache.root, 'index'))).toEqual(['a']);
  });

  it('name the folder and the way out when it cannot be written', async () => {
    const root = join(place.path, 'a-file');
    writeFileSync(root, '');
    await expect(openCache({ root }).write('index', 'a', '')).rejects.toMatchObject({
      code: 'payload.write',
      hint: expect.stringContaining('MNX_CACHE'),
    });
  });
});

describe('cached folders', () => {
  it('are made once', async () => {
    const cache = freshCache();
    let made = 0;
    const fill = async (folder: string) => {
      made += 1;
      writeFileSync(join(folder, 'file'), 'x');
    };
    const first = await cache.folder('unpacked', 'abc', fill);
    expect(await cache.folder('unpacked', 'abc', fill)).toBe(first);
    expect([made, readdirSync(first)]).toEqual([1, ['file']]);
  });

  it('do not appear when making them fails, and leave nothing behind', async () => {
    const cache = freshCache();
    const failing = cache.folder('unpacked', 'abc', async (folder) => {
      writeFileSync(join(folder, 'half'), '');
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(existsSync(join(cache.root, 'unpacked/abc'))).toBe(false);
    expect(readdirSync(join(cache.root, 'tmp'))).toEqual([]);
  });

  it('are whole when two make them at once: one wins, both get it', async () => {
    const cache = freshCache();
    const makers = Array.from({ length: 6 }, (_, i) =>
      cache.folder('unpacked', 'abc', async (folder) => {
        for (let n = 0; n < 5; n++) {
          writeFileSync(join(folder, `${n}`), `${i}`);
          await new Promise((done) => setTimeout(done, 1));
        }
      }),
    );
    const [first = '', ...rest] = await Promise.all(makers);
    expect(rest.every((path) => path === first)).toBe(true);
    expect(readdirSync(first)).toHaveLength(5);
    expect(readdirSync(join(cache.root, 'tmp'))).toEqual([]);
  });

  it('say that the disk is full', async () => {
    const full = freshCache().folder('unpacked', 'abc', async () => {
      throw Object.assign(new Error('write'), { code: 'ENOSPC' });
    });
    await expect(full).rejects.toMatchObject({ code: 'payload.disk-full', exitCode: 1 });
  });
});

describe('list, clean and sweep', () => {
  it('lists with package names, cleans what is asked, and leaves foreign files alone', async () => {
    const cache = freshCache();
    const sha = 'd'.repeat(64);
    await cache.write('debs', `${sha}.deb`, '12345');
    await cache.write(
      'resolved',
      'x.json',
      JSON.stringify({
        name: 'a',
        version: '1',
        sha256: sha,
        arch: 'all',
        suite: 'test',
        size: 5,
        filename: 'a.deb',
        depends: '',
      }),
    );
    await cache.write('builds', 'b.img', '123');
    linkSync(join(cache.root, 'builds/b.img'), await cache.path('lists', 'again'));
    writeFileSync(join(cache.root, 'mine.txt'), 'keep');
    expect((await cache.list()).filter(({ kind }) => kind !== 'resolved')).toEqual([
      { kind: 'builds', name: 'b.img', size: 3, label: undefined },
      { kind: 'debs', name: `${sha}.deb`, size: 5, label: 'a 1 all' },
      { kind: 'lists', name: 'again', size: 0, label: undefined },
    ]);
    expect(await cache.clean(['builds'])).toBe(3);
    expect(await cache.read('builds', 'b.img')).toBeUndefined();
    expect(await cache.clean()).toBeGreaterThan(5);
    expect(readdirSync(cache.root)).toEqual(['mine.txt']);
  });

  it('sweeps what a killed process left, and nothing that may be in use', async () => {
    const cache = freshCache();
    const old = new Date(Date.now() - 7_200_000);
    const make = (name: string, time: Date) => {
      mkdirSync(join(cache.root, 'tmp', name), { recursive: true });
      utimesSync(join(cache.root, 'tmp', name), time, time);
    };
    // No process has this id: it is above the largest that Linux gives.
    make(`${hostname()}_99999999_dead`, old);
    make(`${hostname()}_99999999_young`, new Date());
    make(`${hostname()}_${process.pid}_alive`, old);
    make('elsewhere_99999999_other', old);
    const mine = await cache.temporary();
    expect(readdirSync(join(cache.root, 'tmp')).map((name) => name.split('_')[2])).toEqual(
      expect.arrayContaining(['young', 'alive', 'other', mine.split('_').at(-1)]),
    );
    expect(readdirSync(join(cache.root, 'tmp'))).toHaveLength(4);
  });
});
