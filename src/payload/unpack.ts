import type { PayloadContext } from './context.ts';
import type { PackageRef, Resolved } from './package.ts';
import type { Follow } from './resolve.ts';
import type { Sysroot } from './sysroot.ts';

export interface PackageRoots {
  readonly packages: readonly Resolved[];
  /** Folder of each package's files, in the order of `packages`. */
  readonly roots: readonly string[];
  /** All of them seen as one file system. */
  readonly sysroot: Sysroot;
}

/**
 * Unpacks a cached .deb into its own folder of the cache, named by the .deb's hash; done once.
 *
 * @returns the folder
 * @throws FormatError `payload.tampered`, `payload.deb`, `payload.member` before anything stands under the final name
 */
export async function unpackPackage(_context: PayloadContext, _resolved: Resolved): Promise<string> {
  throw new Error('being written');
}

/** Resolves, fetches and unpacks in one go. */
export async function packageRoots(
  _context: PayloadContext,
  _wanted: readonly PackageRef[],
  _follow?: Follow,
): Promise<PackageRoots> {
  throw new Error('being written');
}
