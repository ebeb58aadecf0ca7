import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MnxError, sha256 } from '../../src/binary/index.ts';
import { type PayloadContext, payloadContext } from '../../src/payload/context.ts';
import { buildDrivers, type DriverRequest } from '../../src/payload/driver.ts';
import { hostOf } from '../../src/payload/driver-host.ts';
import { buildKey } from '../../src/payload/driver-store.ts';
import type { Resolved } from '../../src/payload/package.ts';
import type { Progress } from '../../src/payload/progress.ts';
import { moduleFile } from '../kernel/module-file.ts';
import { type FakePackages, fakePackages, linesOf, writeScript } from './driver-packages.ts';

const DRIVERS = [
  { module: 'clk-a', sources: ['drivers/clk/clk-a.c'] },
  { module: 'clk-b', sources: ['drivers/clk/clk-b.c'] },
];

let folder: string;
let packages: FakePackages;
let said: Progress[];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mnx-driver-')));
  packages = fakePackages(join(folder, 'packages'));
  said = [];
  mkdirSync(join(folder, 'bin'));
  for (const { module } of DRIVERS) {
    writeFileSync(join(folder, `${module}.ko`), moduleFile({ name: module.replace('-', '_') }));
  }
  fakeMake(`cp '${folder}'/*.ko .`);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A make that notes how it was called, says what kbuild says, and then does `work`. */
function fakeMake(work: string): void {
  writeScript(
    join(folder, 'bin/make'),
    [
      `echo run >> '${folder}/runs'`,
      `{ pwd; printf '%s\\n' "$@"; } > '${folder}/call'`,
      `env > '${folder}/env'`,
      `find . -type f | sort > '${folder}/files'`,
      "echo '  CC [M]  drivers/clk/clk-a.o'",
      "echo '  CC [M]  drivers/clk/clk-b.o'",
      work,
    ].join('\n'),
  );
}

const runs = () => linesOf(join(folder, 'runs')).length;

async function context(cache = 'cache'): Promise<PayloadContext> {
  return payloadContext({
    cache: join(folder, cache),
    lockFile: join(folder, 'mnx.lock'),
    onProgress: (progress) => said.push(progress),
  });
}

function request(change: Partial<DriverRequest> = {}): DriverRequest {
  return {
    drivers: DRIVERS,
    kernel: { version: '1.0-1~bpo13+1', release: '1.0-test', suite: 'trixie-backports' },
    arch: 'aarch64',
    packages,
    path: `${join(folder, 'bin')}:${process.env['PATH']}`,
    host: hostOf('linux', 'x64'),
    ...change,
  };
}

describe('buildDrivers', () => {
  it('gives the modules in order, with their sources and every package that had a part', async () => {
    const { modules, inputs } = await buildDrivers(await context(), request());
    const [first, second] = modules;
    const data = new Uint8Array(readFileSync(join(folder, 'clk-a.ko')));
    expect(first).toEqual({
      name: 'clk-a',
      data,
      sha256: sha256(data),
      sources: ['drivers/clk/a.h', 'drivers/clk/clk-a.c'],
    });
    expect(second?.sources).toEqual(['drivers/clk/clk-b.c']);
    expect(inputs.slice(0, 5).map(({ role, name, version }) => `${role} ${name} ${version}`)).toEqual([
      'driver-source linux-source-1.0 1.0-1~bpo13+1',
      'driver-headers linux-headers-1.0-test 1.0-1~bpo13+1',
      'driver-headers linux-headers-1.0-common 1.0-1~bpo13+1',
      'driver-headers linux-kbuild-1.0 1.0-1~bpo13+1',
      'driver-compiler gcc-14-aarch64-linux-gnu 14.2-1',
    ]);
    expect(packages.asked.find(({ name }) => name === 'linux-kbuild-1.0')?.arch).toBe('amd64');
    expect(packages.asked.find(({ name }) => name === 'linux-headers-1.0-test')?.arch).toBe('arm64');
  });

  it('lays sources and makefile out as in the kernel tree and leaves nothing behind', async () => {
    await buildDrivers(await context(), request());
    expect(linesOf(join(folder, 'files'))).toEqual([
      './Makefile',
      './drivers/clk/a.h',
      './drivers/clk/clk-a.c',
      './drivers/clk/clk-b.c',
    ]);
    expect(readdirSync(join(folder, 'cache/tmp'))).toEqual([]);
    expect(readdirSync(join(folder, 'cache/drivers')).filter((name) => name.endsWith('.log'))).toEqual([]);
  });

  it('reports each driver once', async () => {
    await buildDrivers(await context(), request());
    expect(said).toEqual([
      { label: 'Reading linux-source-1.0', done: 0, total: 0 },
      { label: 'Building clk-a', done: 0, total: 2, unit: 'steps' },
      { label: 'Building clk-b', done: 1, total: 2, unit: 'steps' },
    ]);
  });

  it("gives make none of the user's environment and hides the folder from the compiler", async () => {
    await buildDrivers(await context(), request());
    const env = new Map(linesOf(join(folder, 'env')).map((line) => [line.split('=')[0], line]));
    expect(
      [...env.keys()].filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? '')).sort(),
    ).toEqual(
      'KBUILD_BUILD_HOST KBUILD_BUILD_TIMESTAMP KBUILD_BUILD_USER LC_ALL PATH SOURCE_DATE_EPOCH TMPDIR TZ'.split(
        ' ',
      ),
    );
    const [sources = '', ...args] = linesOf(join(folder, 'call'));
    const root = sources.replace(/\/src$/, '');
    expect(env.get('PATH')).toMatch(`PATH=${root}/tools/usr/bin:`);
    expect(args).toContain(`O=${root}/usr/src/linux-headers-1.0-test`);
    expect(args).toContain(`M=${sources}`);
    expect(args.find((arg) => arg.startsWith('KCFLAGS='))?.split(' ')).toEqual([
      'KCFLAGS=-g0',
      `-ffile-prefix-map=${root}/usr/src/linux-headers-1.0-test/=`,
      `-ffile-prefix-map=${root}/usr/src/linux-headers-1.0-common/=`,
      `-ffile-prefix-map=${sources}/=`,
    ]);
  });

  it('compiles once, and again when a package has another version', async () => {
    const built = await buildDrivers(await context(), request());
    expect(await buildDrivers(await context(), request())).toEqual(built);
    expect(runs()).toBe(1);
    packages.versions.set('gcc-14-aarch64-linux-gnu', '14.3-1');
    await buildDrivers(await context(), request());
    expect(runs()).toBe(2);
    expect(packages.unpacked.filter((name) => name === 'linux-source-1.0').length).toBe(1);
  });

  it('compiles again what was damaged in the cache', async () => {
    await buildDrivers(await context(), request());
    const drivers = join(folder, 'cache/drivers');
    const kept = readdirSync(drivers).find((name) => !name.startsWith('source-')) ?? '';
    writeFileSync(join(drivers, kept, 'clk-a.ko'), '');
    const { modules } = await buildDrivers(await context(), request());
    expect(modules[0]?.data.length).toBeGreaterThan(0);
    expect(runs()).toBe(2);
  });

  it('works elsewhere when make cannot carry the path of the cache', async () => {
    await buildDrivers(await context('a cache: #1'), request());
    const [sources = ''] = linesOf(join(folder, 'call'));
    expect(sources).not.toContain(' ');
    expect(existsSync(sources)).toBe(false);
  });

  it('asks for nothing when there are no drivers', async () => {
    expect(await buildDrivers(await context(), request({ drivers: [] }))).toEqual({
      modules: [],
      inputs: [],
    });
    expect(packages.asked).toEqual([]);
  });
});

describe('buildDrivers refuses', () => {
  it('modules of another kernel', async () => {
    const kernel = { version: '1.0-1~bpo13+1', suite: 'trixie-backports', release: '1.0-test' };
    const of = (vermagic: string) => request({ kernel: { ...kernel, vermagic } });
    await expect(buildDrivers(await context(), of('1.0-test SMP preempt aarch64'))).rejects.toMatchObject({
      code: 'kernel.vermagic',
    });
    await buildDrivers(await context(), of('1.0-test SMP aarch64 '));
    const newer = request({ kernel: { ...kernel, version: '1.1-1', release: '1.1-test' } });
    await expect(buildDrivers(await context(), newer)).rejects.toMatchObject({
      code: 'payload.linux-headers',
    });
  });

  it('a host without make, and says which package brings it', async () => {
    const path = join(folder, 'only');
    mkdirSync(path);
    for (const name of ['sh', 'sed', 'awk', 'grep', 'cmp', 'rm']) writeScript(join(path, name), '');
    const built = buildDrivers(await context(), request({ path }));
    await expect(built).rejects.toMatchObject({
      code: 'payload.driver-tool',
      exitCode: 4,
      hint: /install make$/,
    });
    expect(packages.unpacked).not.toContain('linux-source-1.0');
  });

  it('to hide what the compiler said', async () => {
    fakeMake("echo 'drivers/clk/clk-a.c:7:1: error: unknown type' >&2; echo 'make: *** Error 1' >&2; exit 2");
    const error = await buildDrivers(await context(), request()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'payload.driver-build',
      exitCode: 1,
      message: 'building clk-a, clk-b failed: drivers/clk/clk-a.c:7:1: error: unknown type',
    });
    const log = /The whole output is in (.*)$/.exec((error as MnxError).hint ?? '')?.[1] ?? '';
    expect(linesOf(log)).toEqual(
      expect.arrayContaining([
        '  CC [M]  drivers/clk/clk-a.o',
        'drivers/clk/clk-a.c:7:1: error: unknown type',
      ]),
    );
    expect(((error as MnxError).cause as Error).message).toMatch('make ended with 2');
    expect(readdirSync(join(folder, 'cache/tmp'))).toEqual([]);
    fakeMake(`cp '${folder}'/*.ko .`);
    await buildDrivers(await context(), request());
  });

  it('a make that says done and made nothing', async () => {
    fakeMake('');
    await expect(buildDrivers(await context(), request())).rejects.toMatchObject({
      code: 'payload.driver-build',
      message: 'make said nothing wrong and made no clk-a.ko',
    });
  });

  it('a source that the kernel does not have', async () => {
    const drivers = [{ module: 'clk-c', sources: ['drivers/clk/clk-c.c'] }];
    await expect(buildDrivers(await context(), request({ drivers }))).rejects.toMatchObject({
      code: 'payload.driver-source',
      exitCode: 4,
    });
  });
});

describe('buildKey', () => {
  const gcc: Resolved = {
    name: 'gcc-14',
    version: '14.2',
    arch: 'amd64',
    suite: 'trixie',
    sha256: 'aa',
    size: 1,
    filename: 'gcc.deb',
    depends: '',
  };
  const libc: Resolved = { ...gcc, name: 'libc6', sha256: 'bb' };
  const identity = { release: '1.0-test', drivers: DRIVERS, packages: [gcc, libc] };
  const key = buildKey(identity);

  it('does not depend on the order of drivers and packages', () => {
    expect(buildKey({ ...identity, drivers: [...DRIVERS].reverse(), packages: [libc, gcc] })).toBe(key);
  });

  it.each([
    ['release', { ...identity, release: '1.1-test' }],
    ['drivers', { ...identity, drivers: DRIVERS.slice(1) }],
    [
      'sources',
      { ...identity, drivers: [{ module: 'clk-a', sources: ['drivers/clk/clk-x.c'] }, ...DRIVERS.slice(1)] },
    ],
    ['compiler', { ...identity, packages: [{ ...gcc, sha256: 'cc' }, libc] }],
  ])('changes with the %s', (_what, changed) => expect(buildKey(changed)).not.toBe(key));
});
