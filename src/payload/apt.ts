import type { Archive, ArchiveOptions } from './archive.ts';

/** The archive that the machine's own apt sources name, through apt with a private state. */
export async function aptArchive(_options: ArchiveOptions): Promise<Archive> {
  throw new Error('being written');
}
