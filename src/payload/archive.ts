import type { Cache } from './cache.ts';
import type { Resolved } from './package.ts';
import type { OnProgress } from './progress.ts';

/** A Debian archive that was reached in a verified way. */
export interface Archive {
  /** `apt` or `mirror`, for messages. */
  readonly kind: 'apt' | 'mirror';
  /**
   * Brings the package list of a suite up to date.
   *
   * @returns path of the plain `Packages` text, whose origin is verified by signature
   * @throws MissingError `payload.network` when the archive cannot be reached,
   *   FormatError `payload.signature` when the signature does not hold
   */
  packages(suite: string, arch: string): Promise<string>;
  /**
   * Downloads .debs to the paths named. Nothing is verified here.
   *
   * @throws MissingError `payload.gone` for a file that the archive no longer has
   */
  download(wanted: readonly Download[], onBytes: (done: number) => void): Promise<void>;
}

export interface Download {
  readonly resolved: Resolved;
  readonly to: string;
}

export interface ArchiveOptions {
  readonly cache: Cache;
  readonly mirror: string | undefined;
  readonly keys: string | undefined;
  readonly report: OnProgress;
}

/** @throws MissingError `payload.no-archive` when neither a mirror is named nor apt knows a Debian archive */
export async function chooseArchive(options: ArchiveOptions): Promise<Archive> {
  if (options.mirror !== undefined) {
    const { mirrorArchive } = await import('./mirror.ts');
    return mirrorArchive(options.mirror, options);
  }
  const { aptArchive } = await import('./apt.ts');
  return aptArchive(options);
}
