import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  fetchPackages,
  followKernel,
  followLibraries,
  followNothing,
  type PayloadContext,
  type PayloadOptions,
  type Progress,
  packageRoots,
  payloadContext,
  resolvePackages,
  unpackPackage,
  writeLock,
} from '../../src/payload/index.ts';
import { type FakePackage, folderArchive, scratch, writeSuite } from './fake-archive.ts';

const place = scratch();
afterAll(() => place.remove());

const SUITE: readonly FakePackage[] = [
  { name: 'prog', depends: 'libone (>= 1), other, libtwo | libthree' },
  { name: 'libone', version: '2.0-1', depends: 'libzero (= 1.0-1), libone-data' },
  { name: 'libzero' },
  { name: 'libone-data' },
  { name: 'libthree', version: '1:3' },
  { name: 'needs-virtual', depends: 'libvirtual-abi-1' },
  { name: 'libreal', provides: 'libvirtual-abi-1' },
  { name: 'wants-gone', depends: 'libgone (>= 7)' },
  { name: 'liba', depends: 'libb' },
  { name: 'libb', depends: 'liba' },
];

let count = 0;
let root = '';
let cache = '';
let archive: ReturnType<typeof folderArchive>;

beforeEach(async () => {
  count += 1;
  root = join(place.path, `archive-${count}`);
  cache = join(place.path, `cache-${count}`);
  await writeSuite(root, { suite: 'test', arch: 'arm64', packages: SUITE });
  archive = folderArchive(root);
});

async function context(options: PayloadOptions = {}): Promise<PayloadContext> {
  const lockFile = join(place.path, `mnx-${count}.lock`);
  const made = await payloadContext({ cache, lockFile, ...options });
  return { ...made, archive: async () => archive };
}

const ref = (name: string, version?: string) => ({
  name,
  suite: 'test',
  arch: 'arm64',
  ...(version === undefined ? {} : { version }),
});

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

describe('resolvePackages', () => {
  it('follows only what the policy names', async () => {
    const made = await context();
    expect(names(await resolvePackages(made, [ref('prog')]))).toEqual(['prog']);
    expect(names(await resolvePackages(made, [ref('prog')], followLibraries))).toEqual([
      'prog',
      'libone',
      'libthree',
      'libzero',
    ]);
  });

  it('ends on circles, finds virtual packages, takes each once', async () => {
    const made = await context();
    const found = await resolvePackages(
      made,
      [ref('liba'), ref('needs-virtual'), ref('liba')],
      followLibraries,
    );
    expect(names(found)).toEqual(['liba', 'needs-virtual', 'libb', 'libreal']);
  });

  it('never asks the archive a second time', async () => {
    await packageRoots(await context(), [ref('prog'), ref('needs-virtual')], followLibraries);
    archive.asked.length = 0;
    const again = await packageRoots(await context(), [ref('prog'), ref('needs-virtual')], followLibraries);
    expect(archive.asked).toEqual([]);
    expect(again.packages).toHaveLength(6);
    const offline = await context({ offline: true });
    expect((await packageRoots(offline, [ref('prog')], followLibraries)).packages).toHaveLength(4);
  });

  it('looks again with refresh, and takes the newer version', async () => {
    await resolvePackages(await context(), [ref('libzero')]);
    await writeSuite(root, {
      suite: 'test',
      arch: 'arm64',
      packages: [{ name: 'libzero' }, { name: 'libzero', version: '1.1-1' }],
    });
    const [old] = await resolvePackages(await context(), [ref('libzero')]);
    const [fresh] = await resolvePackages(await context({ refresh: true }), [ref('libzero')]);
    expect([old?.version, fresh?.version]).toEqual(['1.0-1', '1.1-1']);
    expect((await resolvePackages(await context(), [ref('libzero')]))[0]?.version).toBe('1.1-1');
    expect((await resolvePackages(await context(), [ref('libzero', '1.0-1')]))[0]?.version).toBe('1.0-1');
  });

  it('asks again when a version in the cache does not fit a dependency', async () => {
    await resolvePackages(await context(), [ref('libzero')]);
    await writeSuite(root, {
      suite: 'test',
      arch: 'arm64',
      packages: [
        { name: 'libone', version: '3', depends: 'libzero (= 1.5)' },
        { name: 'libzero', version: '1.5' },
      ],
    });
    const found = await resolvePackages(await context(), [ref('libone')], followLibraries);
    expect(found.map(({ version }) => version)).toEqual(['3', '1.5']);
  });

  it('looks below backports for the rest of a closure', async () => {
    await writeSuite(root, {
      suite: 'test-backports',
      arch: 'arm64',
      packages: [{ name: 'new', depends: 'libzero, libnew' }, { name: 'libnew' }],
    });
    const found = await resolvePackages(
      await context(),
      [{ name: 'new', suite: 'test-backports', arch: 'arm64' }],
      followLibraries,
    );
    expect(found.map(({ name, suite }) => `${name} ${suite}`)).toEqual([
      'new test-backports',
      'libzero test',
      'libnew test-backports',
    ]);
  });

  it.each([
    ['an unknown package', [ref('nothing')], 'payload.no-package', 'nothing'],
    ['an unknown version', [ref('libzero', '9')], 'payload.no-package', 'libzero (= 9)'],
    ['a missing dependency, with who needs it', [ref('wants-gone')], 'payload.no-package', 'wants-gone'],
    ['a name that is none', [ref('../evil')], 'payload.package-name', 'evil'],
  ])('refuses %s', async (_what, wanted, code, text) => {
    const failing = resolvePackages(await context(), wanted, followLibraries);
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it('names what is missing offline, and asks nobody', async () => {
    const failing = resolvePackages(await context({ offline: true }), [ref('prog')]);
    await expect(failing).rejects.toMatchObject({
      code: 'payload.offline',
      exitCode: 4,
      message: expect.stringContaining('prog (test, arm64)'),
    });
    expect(archive.asked).toEqual([]);
  });
});

describe('policies', () => {
  it.each([
    ['linux-image-7.2.12+deb13-arm64', true, false],
    ['linux-base-arm64', true, false],
    ['linux-base', false, false],
    ['linux-headers-arm64', false, false],
    ['libc6', false, true],
    ['zlib1g', false, true],
    ['libgmp10', false, true],
    ['android-libbase', false, true],
    ['android-udev-rules', false, false],
    ['libpam-runtime', false, false],
    ['libglib2.0-data', false, false],
    ['systemd', false, false],
  ])('%s', (name, kernel, library) => {
    expect([followKernel(name), followLibraries(name), followNothing(name)]).toEqual([
      kernel,
      library,
      false,
    ]);
  });
});

describe('fetchPackages and unpackPackage', () => {
  it('reports bytes, and does not fetch what is there', async () => {
    const seen: Progress[] = [];
    const made = await context({ onProgress: (progress) => seen.push(progress) });
    const packages = await resolvePackages(made, [ref('prog'), ref('libzero')]);
    const paths = await fetchPackages(made, packages);
    const total = packages.reduce((sum, { size }) => sum + size, 0);
    expect(seen.at(-1)).toEqual({ label: 'Fetching 2 packages', done: total, total });
    archive.asked.length = 0;
    expect(await fetchPackages(made, packages)).toEqual(paths);
    expect(archive.asked).toEqual([]);
  });

  it('takes nothing in that the index does not name', async () => {
    const made = await context();
    const [one] = await resolvePackages(made, [ref('prog')]);
    if (one === undefined) throw new Error('no package');
    const file = join(root, one.filename);
    for (const spoil of [
      () => appendFileSync(file, 'x'),
      () => writeFileSync(file, new Uint8Array(one.size)),
    ]) {
      spoil();
      await expect(fetchPackages(made, [one])).rejects.toMatchObject({
        code: 'payload.tampered',
        exitCode: 3,
      });
    }
    expect((await made.cache.list()).map(({ kind }) => kind)).toEqual(['resolved']);
  });

  it('says which file the archive no longer has', async () => {
    const made = await context();
    const [one] = await resolvePackages(made, [ref('prog')]);
    rmSync(join(root, one?.filename ?? ''));
    await expect(fetchPackages(made, one === undefined ? [] : [one])).rejects.toMatchObject({
      code: 'payload.gone',
      exitCode: 4,
      message: expect.stringMatching(/prog 1\.0-1 .*pool\/main/),
    });
  });

  it('refuses a .deb that was changed in the cache before anything is unpacked', async () => {
    const made = await context();
    const [one] = await resolvePackages(made, [ref('prog')]);
    if (one === undefined) throw new Error('no package');
    const [path = ''] = await fetchPackages(made, [one]);
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
    writeFileSync(path, bytes);
    await expect(unpackPackage(made, one)).rejects.toMatchObject({ code: 'payload.tampered', exitCode: 3 });
    expect((await made.cache.list()).filter(({ kind }) => kind === 'unpacked' || kind === 'tmp')).toEqual([]);
  });

  it('needs no .deb of what is unpacked', async () => {
    const made = await context();
    await packageRoots(made, [ref('prog')]);
    await made.cache.clean(['debs']);
    archive.asked.length = 0;
    await packageRoots(await context({ offline: true }), [ref('prog')]);
    expect(archive.asked).toEqual([]);
  });
});

describe('the lock file', () => {
  const lockFile = () => join(place.path, `mnx-${count}.lock`);

  async function pin(): Promise<void> {
    const made = await context();
    await resolvePackages(made, [ref('prog'), ref('needs-virtual')], followLibraries);
    await writeLock(made, lockFile());
  }

  it('pins every package of a run, the same bytes each time', async () => {
    await pin();
    const first = readFileSync(lockFile(), 'utf8');
    await pin();
    expect(readFileSync(lockFile(), 'utf8')).toBe(first);
    const { packages, schema } = JSON.parse(first);
    expect(schema).toBe(1);
    expect(packages.map(({ request }: { request: string }) => request)).toEqual([
      'libone test arm64',
      'libthree test arm64',
      'libvirtual-abi-1 test arm64',
      'libzero test arm64',
      'needs-virtual test arm64',
      'prog test arm64',
    ]);
  });

  it('gives the pinned version although the archive and the cache have moved on', async () => {
    await pin();
    await writeSuite(root, { suite: 'test', arch: 'arm64', packages: [{ name: 'prog', version: '2' }] });
    await resolvePackages(await context({ refresh: true }), [ref('prog')]);
    const locked = await context({ locked: true });
    const found = await packageRoots(locked, [ref('prog'), ref('needs-virtual')], followLibraries);
    expect(found.packages.find(({ name }) => name === 'prog')?.version).toBe('1.0-1');
    expect(found.packages).toHaveLength(6);
    expect((await resolvePackages(await context(), [ref('prog')]))[0]?.version).toBe('1.0-1');
  });

  it('refuses what is not pinned', async () => {
    await pin();
    const failing = resolvePackages(await context({ locked: true }), [ref('liba')]);
    await expect(failing).rejects.toMatchObject({ code: 'payload.not-locked', exitCode: 4 });
  });

  it('names a pinned version that is gone', async () => {
    await pin();
    const locked = await context({ locked: true });
    const [one] = await resolvePackages(locked, [ref('prog')]);
    rmSync(join(root, one?.filename ?? ''));
    await expect(packageRoots(locked, [ref('prog')])).rejects.toMatchObject({
      code: 'payload.gone',
      exitCode: 4,
      message: expect.stringContaining('prog 1.0-1'),
    });
  });

  it.each([
    ['no JSON', 'x'],
    ['another schema', '{"schema":2,"packages":[]}'],
    ['a pin without a hash', '{"schema":1,"packages":[{"request":"a b c","name":"a"}]}'],
    ['null', 'null'],
  ])('refuses %s', async (_what, text) => {
    writeFileSync(lockFile(), text);
    await expect(context()).rejects.toMatchObject({ code: 'payload.lock', exitCode: 3 });
  });

  it('cannot be kept and renewed at once', async () => {
    await expect(context({ locked: true, refresh: true })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('must be there for --locked', async () => {
    rmSync(lockFile(), { force: true });
    await expect(context({ locked: true })).rejects.toMatchObject({ code: 'payload.no-lock', exitCode: 2 });
  });

  it('refuses a pin whose file name leads out of the archive', async () => {
    await pin();
    const text = readFileSync(lockFile(), 'utf8').replaceAll('pool/main', '../../main');
    writeFileSync(lockFile(), text);
    await expect(context({ locked: true })).rejects.toMatchObject({ code: 'payload.lock' });
  });
});
