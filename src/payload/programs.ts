import type { PayloadContext } from './context.ts';
import type { Input, Resolved } from './package.ts';
import type { Sysroot } from './sysroot.ts';

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
  readonly packages: readonly Resolved[];
  readonly inputs: readonly Input[];
  /** Folder of a package that was asked for by name. */
  rootOf(name: string): string;
}

/** Brings programs with their library packages; which files are needed the ELF closure decides. */
export async function programPayload(
  _context: PayloadContext,
  _request: ProgramRequest,
): Promise<ProgramPayload> {
  throw new Error('being written');
}
