import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PEAK_HOOK, peakOf } from '../peak.ts';

const MAIN = resolve(import.meta.dirname, '../../dist/cli/mnx.cjs');
const root = mkdtempSync(join(tmpdir(), 'mnx-large-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const MIB = 1024 * 1024;

/** Runs mnx and gives the most memory that it had, in bytes. */
function peak(...args: string[]): number {
  const run = spawnSync(process.execPath, [...PEAK_HOOK, MAIN, ...args], { cwd: root, encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(0);
  return peakOf(run.stderr);
}

describe('an image of 1 GiB', () => {
  it.skipIf(!existsSync(MAIN))('is taken apart and put together within 100 MB', { timeout: 300_000 }, () => {
    for (const [name, size] of [
      ['kernel', 48 * MIB],
      ['ramdisk', 1024 * MIB],
      ['dtb', MIB],
    ] as const) {
      writeFileSync(join(root, name), name);
      truncateSync(join(root, name), size);
    }
    peak(
      'mkbootimg',
      '--header_version',
      '2',
      '--kernel',
      'kernel',
      '--ramdisk',
      'ramdisk',
      '--dtb',
      'dtb',
      '-o',
      'big.img',
    );
    rmSync(join(root, 'ramdisk'));
    const most = Math.max(peak('unpack', 'big.img', '-d', 'parts'), peak('pack', 'parts', '-o', 'again.img'));
    console.log(`unpack and pack of 1 GiB: at most ${Math.round(most / 1e6)} MB`);
    expect(most).toBeLessThan(100e6);
    execFileSync('cmp', ['big.img', 'again.img'], { cwd: root });
  });
});
