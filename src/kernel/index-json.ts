import { MnxError } from '../binary/index.ts';
import type { ModuleIndex } from './module-index.ts';

/** The index as JSON, for the cache. */
export function encodeIndex(_index: ModuleIndex): string {
  throw new MnxError('kernel.index', 'being written');
}
/** Inverse of {@link encodeIndex}. */
export function decodeIndex(_text: string): ModuleIndex {
  throw new MnxError('kernel.index', 'being written');
}
