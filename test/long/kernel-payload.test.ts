import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kernelFacts, kernelFormat, readKernelImage, releaseOf } from '../../src/kernel/index.ts';

/** Kernels of this machine and of MNX_TEST_MODULES, a lib/modules/RELEASE folder. */
const root = process.env['MNX_TEST_MODULES'];
const path = root === undefined ? undefined : join(root, 'vmlinuz');
const there = path !== undefined && existsSync(path);
if (!there) console.log('skipped: MNX_TEST_MODULES names no folder with a vmlinuz');
const hasXz = spawnSync('xz', ['--version']).error === undefined;
if (!hasXz) console.log('skipped: xz is not installed');

describe.skipIf(!there)("a distribution's kernel", () => {
  const bytes = there ? new Uint8Array(readFileSync(path)) : new Uint8Array();

  it('tells its version, compressed or not', async () => {
    const facts = await kernelFacts(bytes);
    expect(releaseOf(facts.version ?? '')).toMatch(/^\d+\.\d+/);
    expect(kernelFormat.detect(bytes)).toBe(true);
    expect(readKernelImage(bytes).fileSize).toBe(bytes.length);
  });

  it.skipIf(!hasXz)('comes out of xz as it went in', async () => {
    const packed = spawnSync('xz', ['-0', '--check=crc32', '-c'], {
      input: bytes,
      maxBuffer: 1 << 27,
    }).stdout;
    const facts = await kernelFacts(new Uint8Array(packed));
    expect(facts.layers[0]).toBe('xz');
    expect(facts.version).toBe((await kernelFacts(bytes)).version);
  });
});
