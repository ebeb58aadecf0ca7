import type { Host } from './driver-host.ts';
import type { PackageRef } from './package.ts';

/** The packages whose programs compile for one target on one host. */
export interface Toolchain {
  /** Bring gcc, cc1, as, ld, strip and the others. */
  readonly compilers: readonly PackageRef[];
  /** Bring every shared library that those programs and kbuild's need, libc and its loader included. */
  readonly libraries: readonly PackageRef[];
}

/**
 * Libraries behind gcc, binutils and linux-kbuild, by their `Depends` in trixie. All of them are
 * taken, and none of the host's, so that the host's own glibc may be older (or no glibc at all).
 */
const LIBRARIES = [
  'libc6',
  'libelf1t64',
  'libgcc-s1',
  'libgmp10',
  'libisl23',
  'libjansson4',
  'libmpc3',
  'libmpfr6',
  'libsframe1',
  'libstdc++6',
  'libzstd1',
  'zlib1g',
] as const;

/** What only the binutils of the host's own architecture need; cross binutils bring their own. */
const NATIVE_LIBRARIES = ['libbinutils', 'libctf-nobfd0', 'libctf0'] as const;

/**
 * Debian's cross compiler of the release that the kernel was built in: the same gcc major version
 * as the kernel's own, so that every flag in the kernel's configuration is one that it knows.
 */
export function toolchainOf(
  headers: { crossCompile: string; gcc: string },
  host: Host,
  suite: string,
): Toolchain {
  const triple = targetTriple(headers.crossCompile);
  const target = triple.replaceAll('_', '-');
  const isNative = triple === host.triple;
  const request = (name: string) => ({ name, suite: releaseSuite(suite), arch: host.arch });
  return {
    compilers: [`gcc-${headers.gcc}-${target}`, `cpp-${headers.gcc}-${target}`, `binutils-${target}`].map(
      request,
    ),
    libraries: [...LIBRARIES, ...(isNative ? NATIVE_LIBRARIES : [])].map(request),
  };
}

/** `trixie-backports` -> `trixie`: compilers are not backported. */
export function releaseSuite(suite: string): string {
  return suite.replace(/-(backports|backports-sloppy|proposed-updates|security|updates)$/, '');
}

/** `aarch64-linux-gnu-` -> `aarch64-linux-gnu`. */
export function targetTriple(crossCompile: string): string {
  return crossCompile.replace(/-$/, '');
}
