import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arm64Image } from '../bootimg/phone.ts';
import { desk, listing, MAIN, mnx, run } from '../cli/mnx.ts';
import { phoneFiles } from '../cli/phone-files.ts';

const MIB = 1024 * 1024;
const NAME = 'phone.img';
const { env, fresh, clear } = desk();
afterAll(clear);

/** An image of 12 MiB that does not compress, so that writing it takes a while. */
const own = phoneFiles(fresh('own'));
const noise = Buffer.concat(
  Array.from({ length: 12 * 32 * 1024 }, (_, i) => createHash('sha256').update(`${i}`).digest()),
);
noise.set(arm64Image(4096, { imageSize: noise.length }).subarray(0, 64));
writeFileSync(own[1] ?? '', noise);
const args = ['bootimg', '--device', 'asus-z00t', ...own, '-o', NAME];

/** The whole image and its manifest, and how long a build takes here. */
const whole = { image: Buffer.alloc(0), manifest: '', time: 0 };

beforeAll(async () => {
  const cwd = fresh();
  const start = performance.now();
  expect((await mnx(args, { env: { ...env, MNX_CACHE: fresh('cache') }, cwd })).code).toBe(0);
  whole.time = performance.now() - start;
  whole.image = readFileSync(join(cwd, NAME));
  whole.manifest = readFileSync(join(cwd, `${NAME}.json`), 'utf8');
  expect(whole.image.length).toBeGreaterThan(12 * MIB);
});

/** Either nothing, or the whole of the old or the new under the final names. */
function expectWhole(folder: string, old: string | undefined): void {
  const names = listing(folder);
  const [image, manifest] = [NAME, `${NAME}.json`].map((name) =>
    names.includes(name) ? readFileSync(join(folder, name)) : undefined,
  );
  const before = old === undefined ? undefined : Buffer.from(old);
  expect([before, whole.image].some((content) => same(image, content))).toBe(true);
  expect([before, Buffer.from(whole.manifest)].some((content) => same(manifest, content))).toBe(true);
}

function same(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

function litter(folder: string): string[] {
  return listing(folder).filter((name) => name.startsWith('.'));
}

function put(folder: string, content: string): void {
  for (const name of [NAME, `${NAME}.json`]) writeFileSync(join(folder, name), content);
}

describe('a build that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'by %s at any moment leaves old or new',
    async (signal) => {
      for (let round = 0; round < 4; round++) {
        const cwd = fresh();
        const old = round % 2 === 0 ? 'old' : undefined;
        if (old !== undefined) put(cwd, old);
        const delay = (randomBytes(2).readUInt16LE() / 65536) * whole.time;
        const ended = await mnx(args, {
          env: { ...env, MNX_CACHE: fresh('cache') },
          cwd,
          attend: (child) => setTimeout(() => child.kill(signal), delay),
        });
        expect(ended.code === 0 || ended.signal === signal, `after ${delay} ms: ${ended.stderr}`).toBe(true);
        expectWhole(cwd, old);
        if (signal !== 'SIGKILL') expect(litter(cwd)).toEqual([]);
      }
    },
  );

  it.each(['SIGINT', 'SIGHUP'] as const)(
    'by %s in the middle of writing leaves no litter',
    async (signal) => {
      const cwd = fresh();
      put(cwd, 'old');
      let seen = '';
      const ended = await mnx(args, {
        env: { ...env, MNX_CACHE: fresh('cache') },
        cwd,
        attend: (child) => {
          const watcher = watch(cwd, (_, name) => {
            if (!name?.startsWith('.mnx-')) return;
            seen = name;
            watcher.close();
            child.kill(signal);
          });
        },
      });
      expect(seen).toMatch(/^\.mnx-phone\.img/);
      expect(ended.code === 0 || ended.signal === signal).toBe(true);
      expect(litter(cwd)).toEqual([]);
      expectWhole(cwd, 'old');
    },
  );
});

describe('ten builds at once', () => {
  it('to one output give one whole image', async () => {
    const cwd = fresh();
    const cache = fresh('cache');
    const runs = await Promise.all(
      Array.from({ length: 10 }, () => mnx(args, { env: { ...env, MNX_CACHE: cache }, cwd })),
    );
    expect(runs.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(Array(10).fill(0));
    expect(listing(cwd)).toEqual([NAME, `${NAME}.json`]);
    expect(readFileSync(join(cwd, NAME)).equals(whole.image)).toBe(true);
    expect(readFileSync(join(cwd, `${NAME}.json`), 'utf8')).toBe(whole.manifest);
    expect(listing(join(cache, 'builds')).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

/** Runs in a mount namespace of its own in which `folder` is a small file system. */
const UNSHARE = process.getuid?.() === 0 ? ['-m'] : ['-rm'];
const canMount =
  spawnSync('unshare', [...UNSHARE, 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' }).status ===
  0;
if (!canMount) console.log('skipped: no mount namespaces here (full and read-only disks)');

/** @returns what mnx did, and what the folder held afterwards */
async function onSmallDisk(options: string, setup: string, line: readonly string[], more = env) {
  const folder = fresh('disk');
  const script = `mount -t tmpfs -o ${options} none "$0" && cd "$0" && ${setup} && "$@"; code=$?
    echo "== $code"; for f in * .[!.]*; do [ -f "$f" ] && echo "$f $(stat -c %s "$f") $(head -c 3 "$f")"; done; true`;
  const all = [...UNSHARE, 'sh', '-c', script, folder, process.execPath, MAIN, ...line];
  const ended = await run('unshare', all, { env: { ...more }, cwd: folder });
  const [stdout = '', rest = ''] = ended.stdout.split('== ');
  const [code = '', ...files] = rest.trimEnd().split('\n');
  return { code: Number(code), stdout, stderr: ended.stderr, files };
}

describe.skipIf(!canMount)('a disk', () => {
  it('that is full ends the build with one message and keeps the old image', async () => {
    const ended = await onSmallDisk('size=4m', `printf old >${NAME}`, args);
    expect(ended.code).toBe(1);
    expect(ended.stderr.match(/^error: /gm)).toHaveLength(1);
    expect(ended.stderr).toMatch(/^error: no space left while writing phone\.img$/m);
    expect(ended.stderr).toMatch(/^ hint: Free some space/m);
    expect(ended.files).toEqual([`${NAME} 3 old`]);
  });

  it('that has room for the image and not for its manifest gets neither', async () => {
    const pages = Math.ceil(whole.image.length / 4096);
    const ended = await onSmallDisk(`size=${pages * 4096}`, 'true', args);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/no space left while writing phone\.img\.json/);
    expect(ended.files).toEqual([]);
  });

  it('that is full of cache ends the build with one message', async () => {
    const cache = { ...env, MNX_CACHE: '.' };
    const ended = await onSmallDisk('size=4m', 'true', args, cache);
    expect(ended.code).toBe(1);
    expect(ended.stderr.match(/^error: /gm)).toHaveLength(1);
    expect(ended.stderr).toMatch(/no space left.*\n hint: .*MNX_CACHE/);
    expect(ended.files).toEqual([]);
  });

  it('that is read-only is refused before anything is compressed', async () => {
    const ended = await onSmallDisk('size=64m', `printf old >${NAME} && mount -o remount,ro "$0"`, args);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toBe(
      `error: cannot write ${NAME}: the file system is read-only\n hint: Name another place with -o.\n`,
    );
    expect(ended.files).toEqual([`${NAME} 3 old`]);
  });
});

describe.skipIf(process.getuid?.() === 0)('a folder that is not mine', () => {
  it('is refused before anything is compressed', async () => {
    const cwd = fresh();
    const { chmodSync } = await import('node:fs');
    chmodSync(cwd, 0o555);
    const ended = await mnx(args, { env, cwd });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/^error: cannot write phone\.img: permission denied\n hint: /);
    chmodSync(cwd, 0o755);
    rmSync(cwd, { recursive: true });
  });
});
