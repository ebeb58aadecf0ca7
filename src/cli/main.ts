import { writeSync } from 'node:fs';
import nodeModule from 'node:module';
import type { ExitCode } from '../binary/index.ts';

// Node 22 and later keep compiled code between runs; 20 does not have the function.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();

/** Ends quietly when the reader of our output has gone (`mnx devices | head -1`), and in words when the disk is full. */
function endOnLostOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  try {
    writeSync(2, `error: the output cannot be written: ${error.message}\n`);
  } catch {
    // Nobody is left to tell.
  }
  process.exit(1);
}

/** Runs the command line, says what went wrong, and gives the code to exit with. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  process.stdout.on('error', endOnLostOutput);
  process.stderr.on('error', endOnLostOutput);
  const { program } = await import('./program.ts');
  const { report } = await import('./failure.ts');
  const { CommanderError } = await import('commander');
  const { usageError } = await import('./usage.ts');
  const style = { json: args.includes('--json'), verbose: args.includes('--verbose') };
  const root = program();
  try {
    await root.parseAsync([...args], { from: 'user' });
    return (process.exitCode ?? 0) as ExitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error, style);
    if (error.exitCode === 0) return 0;
    // The whole help was shown in place of an error.
    if (error.code === 'commander.help') return 2;
    return report(usageError(error, root, args), style);
  }
}
