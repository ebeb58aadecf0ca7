import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { makeFolder } from '../../src/output/index.ts';
import { packFolder, unpackFile } from '../../src/unpack/index.ts';

/** A file taken apart into a folder below `root`, and put together again without a word of warning. */
export async function thereAndBack(
  file: string,
  { root, ramdisk }: { readonly root: string; readonly ramdisk: boolean },
): Promise<Uint8Array> {
  const folder = mkdtempSync(join(root, 'parts-'));
  await makeFolder(folder, (inside) => unpackFile(file, inside, { ramdisk }));
  const packed = await packFolder(folder, { warn: (text) => expect(text).toBe('') });
  try {
    return concat([...packed.pieces]);
  } finally {
    packed.close();
  }
}
