import type { PayloadContext } from './context.ts';
import type { PackageRef, Resolved } from './package.ts';

/** Whether a dependency is followed, by its package name. */
export type Follow = (name: string) => boolean;

export const followNothing: Follow = () => false;
/** The packages that a split kernel consists of (Debian 7.x: meta, image, binary, modules, base). */
export const followKernel: Follow = (name) => /^linux-(image|binary|modules|base)-/.test(name);
/**
 * Shared libraries, so that every DT_NEEDED can be found: Debian names their packages `lib*`, and zlib
 * `zlib1g`. Data, documentation, tools and headers of a library are no libraries.
 */
export const followLibraries: Follow = (name) =>
  /^(lib|zlib1g)/.test(name) && !/-(bin|common|data|dev|doc|dbg|runtime|utils|tools)$/.test(name);

/**
 * Finds packages and, by `follow`, what they depend on. A version that was found once is kept in the
 * cache: the archive is asked only for what is new, or with `refresh`.
 *
 * @returns each package once, requests first, then dependencies in the order in which they are met
 * @throws MissingError `payload.no-package`, `payload.offline`, `payload.not-locked`, `payload.network`
 */
export async function resolvePackages(
  _context: PayloadContext,
  _wanted: readonly PackageRef[],
  _follow: Follow = followNothing,
): Promise<Resolved[]> {
  throw new Error('being written');
}
