import { MissingError } from '../binary/index.ts';
import { findProgram, type HostProgram } from './host-program.ts';

/** The machine that compiles, in Debian's words and in glibc's. */
export interface Host {
  /** Debian architecture: `amd64`. */
  readonly arch: string;
  /** Folder of its libraries below usr/lib. */
  readonly triple: string;
  /** glibc's program loader inside that folder. */
  readonly loader: string;
}

const HOSTS: Readonly<Record<string, Host>> = {
  x64: { arch: 'amd64', triple: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { arch: 'arm64', triple: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/**
 * The host that Debian's compilers run on.
 *
 * @throws MissingError `payload.driver-host` on machines for which no such compiler is known.
 */
export function hostOf(platform: string = process.platform, machine: string = process.arch): Host {
  const host = platform === 'linux' ? HOSTS[machine] : undefined;
  if (host !== undefined) return host;
  throw new MissingError('payload.driver-host', `drivers cannot be built on ${platform} ${machine}`, {
    hint: 'Build on Linux (x86_64 or aarch64), or bring a kernel that has these drivers: --kernel-tree DIR.',
  });
}

/**
 * Programs that the build takes from the host, with the Debian package that brings each.
 * `rm` stands for all of coreutils.
 */
export const DRIVER_PROGRAMS: readonly HostProgram[] = [
  { program: 'make', debianPackage: 'make' },
  { program: 'sh', debianPackage: 'dash' },
  { program: 'sed', debianPackage: 'sed' },
  { program: 'awk', debianPackage: 'mawk' },
  { program: 'grep', debianPackage: 'grep' },
  { program: 'cmp', debianPackage: 'diffutils' },
  { program: 'rm', debianPackage: 'coreutils' },
];

/** @throws MissingError `payload.driver-tool` naming the package of the first missing program. */
export async function requireHostPrograms(path: string): Promise<void> {
  for (const { program, debianPackage } of DRIVER_PROGRAMS) {
    if ((await findProgram(program, path)) !== undefined) continue;
    throw new MissingError('payload.driver-tool', `building a driver needs the program ${program}`, {
      hint: `On Debian: apt-get install ${debianPackage}`,
    });
  }
}
