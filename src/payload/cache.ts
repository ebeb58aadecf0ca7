export interface CacheEntry {
  readonly kind: string;
  readonly name: string;
  /** Bytes on disk. */
  readonly size: number;
  /** What it holds, where that is known: package and version. */
  readonly label: string | undefined;
}

/** The folder of everything that was fetched, safe under concurrent processes. */
export interface Cache {
  readonly root: string;
  /** Path inside the cache; the folder above it is made. */
  path(kind: CacheKind, ...names: readonly string[]): Promise<string>;
  /** A new folder for unfinished work, on the same file system. */
  temporary(): Promise<string>;
  /** Reads a cached text, or undefined. */
  read(kind: CacheKind, name: string): Promise<string | undefined>;
  /** Writes whole or not at all. */
  write(kind: CacheKind, name: string, content: string | Uint8Array): Promise<void>;
  /**
   * The folder `kind/name`, made by `fill` when it is not there: `fill` gets a temporary folder that is
   * renamed when it returns. Of two processes one wins, the other takes what the winner made.
   */
  folder(kind: CacheKind, name: string, fill: (folder: string) => Promise<void>): Promise<string>;
  list(): Promise<CacheEntry[]>;
  /** Removes what the cache made, or only some kinds; bytes freed. Nothing else in the folder is touched. */
  clean(kinds?: readonly CacheKind[]): Promise<number>;
}

/** Subfolders of the cache. */
export type CacheKind =
  | 'debs'
  | 'unpacked'
  | 'index'
  | 'resolved'
  | 'lists'
  | 'apt'
  | 'keys'
  | 'drivers'
  | 'builds';

export function openCache(_options: { readonly root?: string } = {}): Cache {
  throw new Error('being written');
}
