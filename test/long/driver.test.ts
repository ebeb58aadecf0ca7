import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MissingError } from '../../src/binary/index.ts';
import { readElf, readModinfo } from '../../src/kernel/index.ts';
import { type BuiltDrivers, buildDrivers } from '../../src/payload/driver.ts';
import { cachedPackages } from '../../src/payload/driver-packages.ts';
import {
  type DriverKernel,
  kernelPayload,
  openCache,
  type PayloadContext,
  payloadContext,
} from '../../src/payload/index.ts';

/** Builds the two drivers of the msm8939 phones from real packages, in two different folders. */
const REQUEST = {
  drivers: [
    { module: 'gcc-msm8939', sources: ['drivers/clk/qcom/gcc-msm8939.c'] },
    { module: 'qnoc-msm8939', sources: ['drivers/interconnect/qcom/msm8939.c'] },
  ],
  arch: 'aarch64',
} as const;

const SUITE = 'trixie-backports';

const mayFetch = process.env['MNX_TEST_DRIVERS'] === '1';

/** The kernel that Debian has now, and what its own modules say of themselves. */
async function kernelOf(context: PayloadContext): Promise<DriverKernel> {
  const payload = await kernelPayload(context, {
    arch: REQUEST.arch,
    package: { name: 'linux-image-arm64', suite: SUITE },
  });
  const [module] = (await payload.index()).modules.values();
  const version = payload.packages[0]?.version ?? '';
  return { version, release: payload.release, suite: SUITE, vermagic: module?.vermagic };
}

interface Built extends BuiltDrivers {
  readonly kernel: DriverKernel;
}

/** Builds with fetched packages, or with what is in MNX_CACHE; undefined when that is not enough. */
async function build(context: PayloadContext, work: string): Promise<Built | undefined> {
  try {
    const kernel = await kernelOf(context);
    const own = { ...context, cache: openCache({ root: work }) };
    const built = await buildDrivers(own, { ...REQUEST, kernel, packages: cachedPackages(context) });
    return { ...built, kernel };
  } catch (error) {
    if (mayFetch || !(error instanceof MissingError)) throw error;
    return undefined;
  }
}

describe('drivers built from Debian packages', () => {
  let folder = '';
  let first: Built | undefined;
  let second: Built | undefined;

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
      expect(readModinfo(data, name).vermagic).toBe(first.kernel.vermagic);
      expect(readElf(data).sections.filter(({ name }) => name.startsWith('.debug'))).toEqual([]);
      expect(Buffer.from(data).includes(folder)).toBe(false);
    }
  });
});
