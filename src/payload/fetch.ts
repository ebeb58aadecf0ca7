import type { PayloadContext } from './context.ts';
import type { Resolved } from './package.ts';

/**
 * Brings .debs into the cache, hash-checked; what is there is not asked for again.
 *
 * @returns path of each .deb, in the order of `packages`
 * @throws FormatError `payload.tampered` when the bytes are not the ones the archive's index names,
 *   MissingError `payload.offline`, `payload.gone`, `payload.network`
 */
export async function fetchPackages(
  _context: PayloadContext,
  _packages: readonly Resolved[],
): Promise<string[]> {
  throw new Error('being written');
}
