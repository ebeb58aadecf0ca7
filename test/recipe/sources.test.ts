import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { KernelPayload } from '../../src/payload/index.ts';
import { kernelConfig } from '../../src/recipe/kernel-config.ts';
import { readKernel } from '../../src/recipe/sources.ts';
import { GZ, IMAGE, zboot, zimage } from '../kernel/kernel-files.ts';

const scratch = mkdtempSync(join(tmpdir(), 'mnx-sources-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function payload(bytes: Uint8Array, more: Partial<KernelPayload> = {}): KernelPayload {
  const image = join(scratch, 'kernel');
  writeFileSync(image, bytes);
  return { image, origin: 'folder', configText: undefined, ...more } as KernelPayload;
}

describe('readKernel', () => {
  it.each([
    ['an Image', IMAGE, 'aarch64'],
    ['a zImage', zimage(GZ), 'armv7'],
    ['an EFI zboot kernel', zboot(GZ, 'gzip'), 'aarch64'],
  ] as const)('finds the configuration and the version inside %s', async (_, bytes, arch) => {
    const kernel = await readKernel(payload(bytes), arch);
    expect(kernelConfig(kernel)?.get('RD_LZ4')).toBe('y');
    expect(kernel.facts.version).toMatch(/^\d+\.\d+/);
    // What goes into the image is what came.
    expect(Buffer.from(kernel.image).equals(bytes)).toBe(true);
  });

  it('believes what lies beside the kernel before what is inside', async () => {
    const kernel = await readKernel(payload(zimage(GZ), { configText: 'CONFIG_RD_XZ=y\n' }), 'armv7');
    expect(kernelConfig(kernel)?.get('RD_LZ4')).toBeUndefined();
    expect(kernelConfig(kernel)?.get('RD_XZ')).toBe('y');
  });

  it('goes on with a kernel that it cannot expand', async () => {
    const damaged = zimage(GZ.slice(0, GZ.length - 40));
    const kernel = await readKernel(payload(damaged), 'armv7');
    expect(kernelConfig(kernel)).toBeUndefined();
  });
});
