import { MnxError } from '../binary/index.ts';
import type { Modinfo } from './modinfo.ts';

/**
 * Holds a module against the kernel that shall load it: without MODVERSIONS the kernel compares the
 * whole vermagic string (kernel/module/main.c, same_magic).
 *
 * @param reference a module that came with the kernel, or the bare release when there is none.
 * @throws MnxError `kernel.vermagic` naming both.
 */
export function checkVermagic(
  module: Modinfo,
  reference: { vermagic?: string | undefined; release: string },
): void {
  const got = module.vermagic ?? '';
  const fits =
    reference.vermagic === undefined
      ? got.split(' ')[0] === reference.release
      : got.trim() === reference.vermagic.trim();
  if (fits) return;
  throw new MnxError(
    'kernel.vermagic',
    `module ${module.name} was built for "${got.trim()}", the kernel is "${(reference.vermagic ?? reference.release).trim()}"`,
    { hint: 'Build the module and the kernel from the same tree, with the same configuration.' },
  );
}
