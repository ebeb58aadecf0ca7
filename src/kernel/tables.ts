import { MnxError } from '../binary/index.ts';
import type { ModuleSet } from './closure.ts';

/** Where a module file is installed below lib/modules/RELEASE: the path without .xz, .gz or .zst. */
export function installedPath(path: string): string {
  return path.replace(/(\.ko)\.\w+$/, '$1');
}

/** The text tables that modprobe reads, by file name below lib/modules/RELEASE. */
export function moduleTables(_set: ModuleSet): Map<string, string> {
  throw new MnxError('kernel.tables', 'being written');
}
