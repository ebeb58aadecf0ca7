import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from './build-cache.ts';

/** Names of stage-1's steps, in boot order, and `init` for what runs outside of them: what an error screen can name. */
export async function stepNames(): Promise<string[]> {
  const files = await readdir(join(packageFolder('stage1'), 'steps'));
  const names = files.filter((name) => name.endsWith('.sh')).map((name) => name.slice(0, -3));
  return [...names.sort(), 'init'];
}
