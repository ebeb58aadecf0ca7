import { fileURLToPath } from 'node:url';

/** For node's own arguments: the program says at its end how much memory it had at most. */
export const PEAK_HOOK: readonly string[] = [
  '--import',
  fileURLToPath(new URL('peak-hook.mjs', import.meta.url)),
];

/** What a program under {@link PEAK_HOOK} had at most, in bytes. */
export function peakOf(stderr: string): number {
  return Number(/^PEAK (\d+)$/m.exec(stderr)?.[1]) * 1024;
}
