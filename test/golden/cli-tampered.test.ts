import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desk, listing, mnx } from '../cli/mnx.ts';
import { isWarm, realCache, unbuiltCache } from './warm-cache.ts';

const own = desk();
const { env, fresh } = own;
afterAll(own.clear);
const warm = await isWarm(own, ['qemu-aarch64']);
const args = ['bootimg', '--device', 'qemu-aarch64', '-o', 'a.img'];

describe.skipIf(!warm)('a .deb in the cache whose bytes are not the signed ones', () => {
  const cache = fresh('cache');
  let deb: string;

  beforeAll(async () => {
    const fetched = await mnx(['fetch', '--device', 'qemu-aarch64', '--offline', '--json'], {
      env: { ...env, MNX_CACHE: realCache() },
      cwd: own.folder,
    });
    const { packages } = JSON.parse(fetched.stdout) as { packages: { name: string; sha256: string }[] };
    const busybox = packages.find(({ name }) => name === 'busybox-static')?.sha256 ?? '';
    expect(busybox).toMatch(/^[0-9a-f]{64}$/);
    unbuiltCache(cache, ['debs', 'unpacked']);
    for (const { sha256 } of packages) {
      if (sha256 === busybox) continue;
      copy(join(realCache(), 'debs', `${sha256}.deb`), join(cache, 'debs'));
      copy(join(realCache(), 'unpacked', sha256), join(cache, 'unpacked'));
    }
    deb = join(cache, 'debs', `${busybox}.deb`);
    const bytes = readFileSync(join(realCache(), 'debs', `${busybox}.deb`));
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    writeFileSync(deb, bytes);
  });

  it('stops the build with one message, before a byte of it is unpacked', async () => {
    const cwd = fresh();
    const before = listing(join(cache, 'unpacked'));
    const ended = await mnx([...args, '--offline'], { env: { ...env, MNX_CACHE: cache }, cwd });
    expect(ended.code).toBe(3);
    expect(ended.stderr.match(/^error: /gm)).toHaveLength(1);
    expect(ended.stderr).toMatch(/busybox-static/);
    expect(ended.stderr).toMatch(/^ hint: /m);
    expect(listing(cwd)).toEqual([]);
    expect(listing(join(cache, 'unpacked'))).toEqual(before);
    expect(listing(join(cache, 'tmp'))).toEqual([]);
    // The next build can fetch it anew.
    expect(existsSync(deb)).toBe(false);
  });

  it('does not stop the next build when it is taken away', async () => {
    rmSync(deb, { force: true });
    copy(join(realCache(), 'debs', basename(deb)), join(cache, 'debs'));
    const cwd = fresh();
    const ended = await mnx([...args, '--offline'], { env: { ...env, MNX_CACHE: cache }, cwd });
    expect(ended.code, ended.stderr).toBe(0);
    expect(existsSync(join(cwd, 'a.img'))).toBe(true);
  });
});

/** Hard links where that works: the test changes no file in place. */
function copy(from: string, into: string): void {
  if (spawnSync('cp', ['-al', from, into]).status !== 0) execFileSync('cp', ['-a', from, into]);
}
