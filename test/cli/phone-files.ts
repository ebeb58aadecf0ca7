import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packCpio } from '../../src/initramfs/index.ts';
import { arm64Image, phoneDtb } from '../bootimg/phone.ts';

/**
 * Writes a kernel, a tree and a ramdisk with which asus-z00t builds without any package: small, of no use
 * on a phone, and sound to every check.
 *
 * @param kernelSize bytes of the kernel, which compress well
 * @returns the arguments that name them
 */
export function phoneFiles(folder: string, kernelSize = 1024 * 1024): string[] {
  const init = { type: 'file', path: 'init', mode: 0o755, data: new Uint8Array(50_000) } as const;
  const files = {
    '--kernel': { name: 'Image', data: arm64Image(kernelSize) },
    '--dtb': { name: 'phone.dtb', data: phoneDtb() },
    '--ramdisk': { name: 'ramdisk.gz', data: gzipSync(packCpio([init]), { level: 0 }) },
  };
  return Object.entries(files).flatMap(([flag, { name, data }]) => {
    writeFileSync(join(folder, name), data);
    return [flag, join(folder, name)];
  });
}
