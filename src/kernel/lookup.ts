import { MnxError } from '../binary/index.ts';
import type { ModuleIndex } from './module-index.ts';

/** Names of modules and built-ins whose alias pattern matches, sorted. */
export function matchModalias(_index: ModuleIndex, _modalias: string): string[] {
  throw new MnxError('kernel.lookup', 'being written');
}
