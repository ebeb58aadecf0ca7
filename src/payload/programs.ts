import { MnxError } from '../binary/index.ts';
import type { PayloadContext } from './context.ts';
import { type Input, inputOf, type Resolved } from './package.ts';
import { followLibraries } from './resolve.ts';
import type { Sysroot } from './sysroot.ts';
import { packageRoots } from './unpack.ts';

/** Programs of one suite and architecture. */
export interface ProgramRequest {
  /** Package names: `busybox-static`, `dropbear-bin`. */
  readonly packages: readonly string[];
  readonly suite: string;
  /** Debian architecture. */
  readonly arch: string;
}

/** Programs and the libraries that they may need. */
export interface ProgramPayload {
  readonly sysroot: Sysroot;
  /** The packages that were asked for first, then their libraries. */
  readonly packages: readonly Resolved[];
  /** Role `program` for what was asked for, `library` for what came with it. */
  readonly inputs: readonly Input[];
  /** Folder of a package that was asked for by name. */
  rootOf(name: string): string;
}

/** Brings programs with their library packages; which files are needed the ELF closure decides. */
export async function programPayload(
  context: PayloadContext,
  { packages: names, suite, arch }: ProgramRequest,
): Promise<ProgramPayload> {
  const wanted = [...new Set(names)].map((name) => ({ name, suite, arch }));
  const { packages, roots, sysroot } = await packageRoots(context, wanted, followLibraries);
  return {
    sysroot,
    packages,
    inputs: packages.map((one, i) => inputOf(one, i < wanted.length ? 'program' : 'library')),
    rootOf(name) {
      const root = roots[wanted.findIndex((ref) => ref.name === name)];
      if (root === undefined) throw new MnxError('payload.no-package', `${name} was not asked for`);
      return root;
    },
  };
}
