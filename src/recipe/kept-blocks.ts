import type { Block, BlockMemory } from '../compress/index.ts';
import { codeDigest } from './build-cache.ts';
import { type KeptParts, partKey } from './kept-parts.ts';

/**
 * Deflated blocks of the last build: of a kernel that goes into the next image as it is nothing is
 * compressed again, though the ramdisk before it in a window payload changes.
 */
export function keptBlocks(parts: KeptParts): BlockMemory {
  const code = codeDigest('compress');
  const keys = new WeakMap<Block, Uint8Array>();
  const keyOf = (block: Block, level: number): Uint8Array => {
    const { data, dictionary, last } = block;
    const key = keys.get(block) ?? partKey([code, level, last, dictionary.length], dictionary, data);
    keys.set(block, key);
    return key;
  };
  return {
    recall: (block, level) => parts.get(keyOf(block, level)),
    keep: (block, level, deflated) => parts.set(keyOf(block, level), deflated),
  };
}
