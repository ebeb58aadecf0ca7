import type { KernelView } from '../initramfs/index.ts';
import { readInput } from './input-file.ts';
import { visible } from './inspect-page.ts';
import { paint, say } from './terminal.ts';

/** What a kernel would have of the ramdisk in a file. */
export async function viewOf(file: string): Promise<KernelView> {
  const { checkAsKernel } = await import('../initramfs/index.ts');
  return checkAsKernel(await readInput(file));
}

/** Ends with 3 when the kernel would not have all of it. */
export function judgeView({ lost, stopped }: KernelView): void {
  if (lost.length > 0 || stopped !== undefined) process.exitCode = 3;
}

/** What the kernel loses, and where it stops. */
export function sayLosses({ lost, stopped }: KernelView): void {
  for (const { path, reason } of lost) say(`${paint('red', 'lost:')} ${visible(`${path}: ${reason}`)}`);
  if (stopped === undefined) return;
  say(`${paint('red', 'stops')} at byte ${stopped.offset}: ${visible(stopped.reason)}`);
}
