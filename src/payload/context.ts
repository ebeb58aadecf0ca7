import { UsageError } from '../binary/index.ts';
import { type Archive, chooseArchive } from './archive.ts';
import { type Cache, openCache } from './cache.ts';
import { type Lock, readLock } from './lock.ts';
import type { Resolved } from './package.ts';
import type { OnProgress } from './progress.ts';

/** What a person may say about where payloads come from. */
export interface PayloadOptions {
  /** Cache folder; absent: MNX_CACHE, XDG_CACHE_HOME/mnx or ~/.cache/mnx. */
  readonly cache?: string;
  /** Address or folder of a Debian archive; absent: the machine's own apt sources. */
  readonly mirror?: string;
  /** Never touch the network. */
  readonly offline?: boolean;
  /** Refuse any package that the lock file does not name. */
  readonly locked?: boolean;
  /** Lock file; absent: `mnx.lock` in the working folder. It is used when it exists. */
  readonly lockFile?: string;
  /** Look versions up again, whatever the cache and the lock file say. */
  readonly refresh?: boolean;
  /** Folder of armoured archive keys; absent: the keys that ship with the project. */
  readonly keys?: string;
  readonly onProgress?: OnProgress;
}

/** Where payloads come from in one run of the program; made once, given to every function of the room. */
export interface PayloadContext {
  readonly cache: Cache;
  readonly offline: boolean;
  readonly locked: boolean;
  readonly refresh: boolean;
  readonly lock: Lock | undefined;
  /** The archive, chosen when it is first needed. @throws MissingError when the machine knows none */
  archive(): Promise<Archive>;
  /** Tells how far long work is. */
  readonly report: OnProgress;
  /** Every package that this run resolved, by `name suite arch`: what a lock file pins. */
  readonly used: Map<string, Resolved>;
}

/**
 * Opens the cache and reads the lock file; the archive is looked for when something is missing.
 *
 * @throws UsageError `payload.no-lock` when `locked` is asked and there is no lock file,
 *   `payload.locked-refresh` when new versions are asked for as well
 */
export async function payloadContext(options: PayloadOptions = {}): Promise<PayloadContext> {
  const cache = openCache(options.cache === undefined ? {} : { root: options.cache });
  const refresh = options.refresh ?? false;
  const locked = options.locked ?? false;
  if (locked && refresh) {
    throw new UsageError('payload.locked-refresh', '--locked keeps versions, --refresh looks for new ones', {
      hint: 'Give one of them; mnx fetch --refresh --lock pins new versions.',
    });
  }
  const lock = refresh ? undefined : await readLock(options.lockFile ?? 'mnx.lock', locked);
  let archive: Promise<Archive> | undefined;
  return {
    cache,
    offline: options.offline ?? false,
    locked,
    refresh,
    lock,
    report: options.onProgress ?? (() => {}),
    used: new Map(),
    archive: () => {
      archive ??= chooseArchive({
        cache,
        mirror: options.mirror,
        keys: options.keys,
        report: options.onProgress ?? (() => {}),
      });
      return archive;
    },
  };
}
