import type { Block, BlockMemory } from '../compress/index.ts';
import { codeDigest } from './build-cache.ts';
import { type KeptParts, partKey } from './kept-parts.ts';

/** Whether two blocks are the same memory. */
function isSame(a: Block, b: Block): boolean {
  return a.last === b.last && isView(a.data, b.data) && isView(a.dictionary, b.dictionary);
}

function isView(a: Uint8Array, b: Uint8Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}

/**
 * Deflated blocks of the last build: of a kernel that goes into the next image as it is nothing is
 * compressed again, though the ramdisk before it in a window payload changes.
 */
export function keptBlocks(parts: KeptParts): BlockMemory {
  const code = codeDigest('compress');
  const keys = new WeakMap<Block, Uint8Array>();
  let previous: { readonly block: Block; readonly level: number } | undefined;
  const keyOf = (block: Block, level: number): Uint8Array => {
    const { data, dictionary, last } = block;
    // A gap of a window payload is the same MiB of zeros many times over.
    const alike =
      previous?.level === level && isSame(previous.block, block) ? keys.get(previous.block) : undefined;
    const key = keys.get(block) ?? alike ?? partKey([code, level, last, dictionary.length], dictionary, data);
    keys.set(block, key);
    previous = { block, level };
    return key;
  };
  return {
    recall: (block, level) => parts.get(keyOf(block, level)),
    keep: (block, level, deflated) => parts.set(keyOf(block, level), deflated),
  };
}
