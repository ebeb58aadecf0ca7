import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MissingError } from '../../src/binary/index.ts';
import { readElf, readModinfo } from '../../src/kernel/index.ts';
import { type BuiltDrivers, buildDrivers } from '../../src/payload/driver.ts';
import { cachedPackages } from '../../src/payload/driver-packages.ts';
import { openCache, type PayloadContext, payloadContext } from '../../src/payload/index.ts';

/** Builds the two drivers of the msm8939 phones from real packages, in two different folders. */
const REQUEST = {
  drivers: [
    { module: 'gcc-msm8939', sources: ['drivers/clk/qcom/gcc-msm8939.c'] },
    { module: 'qnoc-msm8939', sources: ['drivers/interconnect/qcom/msm8939.c'] },
  ],
  kernel: {
    version: '7.2.12-1~bpo13+1',
    release: '7.2.12+deb13-arm64',
    suite: 'trixie-backports',
    vermagic: '7.2.12+deb13-arm64 SMP preempt mod_unload aarch64 ',
  },
  arch: 'aarch64',
} as const;

/** What this compiler makes of them, on any machine. */
const PINNED = {
  compiler: '14.2.0-19cross1',
  binutils: '2.44-3',
  modules: {
    'gcc-msm8939': 'e6757a82c9ff9a9e3aba3532931360df0c0fbf2f6dc1976b4b5ff82f65ae2b0e',
    'qnoc-msm8939': 'cb504e758957d68360ab7e4d0144df6e461dc2d68be83cdf85f5b3d72bebad81',
  },
} as const;

const mayFetch = process.env['MNX_TEST_DRIVERS'] === '1';

/** Builds with fetched packages, or with what is in MNX_CACHE; undefined when that is not enough. */
async function build(context: PayloadContext, work: string): Promise<BuiltDrivers | undefined> {
  const own = { ...context, cache: openCache({ root: work }) };
  return buildDrivers(own, { ...REQUEST, packages: cachedPackages(context) }).catch((error: unknown) => {
    if (mayFetch || !(error instanceof MissingError)) throw error;
    return undefined;
  });
}

describe('drivers built from Debian packages', () => {
  let folder = '';
  let first: BuiltDrivers | undefined;
  let second: BuiltDrivers | undefined;

  beforeAll(async () => {
    if (!mayFetch && (process.env['MNX_CACHE'] ?? '') === '') return;
    folder = mkdtempSync(join(tmpdir(), 'mnx-drivers-'));
    const context = await payloadContext({ offline: !mayFetch });
    first = await build(context, join(folder, 'one'));
    if (first !== undefined) second = await build(context, join(folder, 'another place'));
  }, 600_000);

  afterAll(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('load on the kernel that they were built for, and are the same wherever they are built', ({ skip }) => {
    if (first === undefined || second === undefined) {
      console.warn(
        'skipped: driver build (set MNX_TEST_DRIVERS=1 to fetch 220 MB, or MNX_CACHE to a filled cache)',
      );
      return skip();
    }
    const [clock, interconnect] = first.modules;
    expect(second.modules).toEqual(first.modules);
    expect(clock?.data.length).toBeGreaterThan(110_000);
    expect(clock?.data.length).toBeLessThan(125_000);
    expect(interconnect?.data.length).toBeGreaterThan(30_000);
    expect(interconnect?.data.length).toBeLessThan(38_000);
    for (const { name, data } of first.modules) {
      expect(readModinfo(data, name).vermagic?.trim()).toBe(REQUEST.kernel.vermagic.trim());
      expect(readElf(data).sections.filter(({ name }) => name.startsWith('.debug'))).toEqual([]);
      expect(Buffer.from(data).includes(folder)).toBe(false);
    }
    const version = (name: string) => first?.inputs.find((input) => input.name === name)?.version;
    if (version('gcc-14-aarch64-linux-gnu') !== PINNED.compiler) return;
    if (version('binutils-aarch64-linux-gnu') !== PINNED.binutils) return;
    expect(Object.fromEntries(first.modules.map(({ name, sha256 }) => [name, sha256]))).toEqual(
      PINNED.modules,
    );
  });
});
