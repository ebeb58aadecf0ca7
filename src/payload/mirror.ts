import type { Archive, ArchiveOptions } from './archive.ts';

/** An archive at an address or in a folder that the user names. */
export async function mirrorArchive(_base: string, _options: ArchiveOptions): Promise<Archive> {
  throw new Error('being written');
}
