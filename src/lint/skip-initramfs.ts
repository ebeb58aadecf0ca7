import type { Finding } from './finding.ts';

/** Parameter of Android kernels from 3.18 to 4.x (init/initramfs.c, do_skip_initramfs). */
const WORD = 'skip_initramfs';

/**
 * Whether a kernel can be told to leave the ramdisk alone. Loaders of phones with two slots and the system partition as
 * root (Android 7 to 9) tell it so at every boot that is no recovery.
 * @param kernel expanded
 */
export function checkSkipInitramfs(kernel: Uint8Array): Finding[] {
  if (!Buffer.from(kernel.buffer, kernel.byteOffset, kernel.length).includes(WORD)) return [];
  return [
    {
      code: 'lint.skip-initramfs',
      level: 'warning',
      what: 'the kernel drops its ramdisk when the loader says skip_initramfs',
      where: 'kernel',
      why: 'loaders of phones with two slots say so at every boot but a recovery one: stage-1 never runs',
      todo: 'take do_skip_initramfs out of the kernel, or boot the image as recovery',
    },
  ];
}
