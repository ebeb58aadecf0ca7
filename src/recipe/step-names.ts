import * as initramfs from '../initramfs/index.ts';
import { packageFolder } from './build-cache.ts';

/** Names of stage-1's steps, in boot order, and `init` for what runs outside of them: what an error screen can name. */
export async function stepNames(): Promise<string[]> {
  return [...(await initramfs.stepNames(packageFolder('stage1'))), 'init'];
}
