import { spawnSync } from 'node:child_process';

/** Whether a program is on the machine; a test that needs it says in one line that it skips. */
export function have(program: string, ...args: string[]): boolean {
  const found =
    spawnSync(program, args.length === 0 ? ['--version'] : args, { stdio: 'ignore' }).error === undefined;
  if (!found) console.log(`skipped: ${program} is not installed`);
  return found;
}
