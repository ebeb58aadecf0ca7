import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingError } from '../binary/index.ts';

/** Where stage1/init looks for its parts (stage1/lib/paths.sh). */
export const STAGE1_FOLDER = 'lib/mnx';

/** Names of the steps of a stage-1 folder in boot order: `10-mounts`. */
export async function stepNames(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'steps')).catch((cause: unknown) => {
    throw new MissingError('initramfs.stage1', `${folder} holds no steps`, { cause });
  });
  return names
    .filter((name) => name.endsWith('.sh'))
    .map((name) => name.slice(0, -'.sh'.length))
    .sort();
}
