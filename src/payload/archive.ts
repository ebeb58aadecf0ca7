import type { Cache } from './cache.ts';
import type { Resolved } from './package.ts';
import type { OnProgress } from './progress.ts';

/** A part of a Debian archive: what is free, and the firmware that is not (Policy 2.2). */
export type Component = 'main' | 'non-free-firmware';

/** A Debian archive that was reached in a verified way. */
export interface Archive {
  /** `apt` or `mirror`, for messages. */
  readonly kind: 'apt' | 'mirror';
  /**
   * Brings the package list of a suite up to date, `main` where no component is named.
   *
   * @returns path of the plain `Packages` text, whose origin is verified by signature
   * @throws MissingError `payload.network` when the archive cannot be reached,
   *   FormatError `payload.signature` when the signature does not hold
   */
  packages(suite: string, arch: string, component?: Component): Promise<string>;
  /**
   * Downloads .debs to the paths named. Nothing is verified here.
   *
   * @throws MissingError `payload.gone` for a file that the archive no longer has
   */
  download(wanted: readonly Download[], onBytes: (done: number) => void): Promise<void>;
}

/** A .deb to be fetched, and where to. */
export interface Download {
  readonly resolved: Resolved;
  readonly to: string;
}

/** What an archive is opened with. */
export interface ArchiveOptions {
  readonly cache: Cache;
  /** Address or folder that the user named. */
  readonly mirror: string | undefined;
  /** Folder of armoured keys; undefined: the shipped ones. */
  readonly keys: string | undefined;
  readonly report: OnProgress;
}

/**
 * The archive that the user names, else the one that the machine's own apt sources name.
 *
 * @throws MissingError `payload.no-archive` when there is neither
 */
export async function chooseArchive(options: ArchiveOptions): Promise<Archive> {
  const { mirror } = options;
  if (mirror === undefined) return (await import('./apt.ts')).aptArchive(options);
  if (wantsProxy(mirror)) {
    // Node's fetch knows no proxies before Node 24; apt does.
    const { aptArchive, hasApt } = await import('./apt.ts');
    if (await hasApt()) return aptArchive({ ...options, uri: mirror });
  }
  return (await import('./mirror.ts')).mirrorArchive(mirror, options);
}

function wantsProxy(address: string): boolean {
  const scheme = /^(https?):/.exec(address)?.[1];
  if (scheme === undefined) return false;
  const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'];
  return names.some((name) => (process.env[name] ?? '') !== '');
}
