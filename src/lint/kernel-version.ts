import type { Arch } from '../device/index.ts';
import type { Finding } from './finding.ts';

/**
 * The oldest kernels that glibc of Debian 13 starts on: 3.2 (glibc's NEWS of 2.26), on arm64 3.7, the first that ran
 * there (sysdeps/unix/sysv/linux/aarch64/configure). Its start code ends older ones with "kernel too old".
 */
const OLDEST: Readonly<Record<Arch, readonly [number, number]>> = {
  aarch64: [3, 7],
  armv7: [3, 2],
  x86_64: [3, 2],
};

/**
 * Whether programs of the distribution run on a kernel of this age.
 * @param version as the kernel says it: `3.10.108-lineage (...)`; undefined when it cannot be read.
 */
export function checkKernelVersion(version: string | undefined, arch: Arch): Finding[] {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (major === undefined || minor === undefined) return [];
  const [oldMajor, oldMinor] = OLDEST[arch];
  const have = Number(major) * 1000 + Number(minor);
  if (have >= oldMajor * 1000 + oldMinor) return [];
  return [
    {
      code: 'lint.kernel-version',
      level: 'error',
      what: `the kernel is ${major}.${minor}, programs of Debian 13 want ${oldMajor}.${oldMinor} or newer`,
      where: 'kernel',
      why: '/init ends with "FATAL: kernel too old", and the kernel panics',
      todo: 'take a newer kernel for this device',
    },
  ];
}
