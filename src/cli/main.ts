#!/usr/bin/env node
import nodeModule from 'node:module';
import type { ExitCode } from '../binary/index.ts';

// Node 22 and later keep compiled code between runs; 20 does not have the function.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();

/** Ends quietly when the reader of our output has gone (`mnx devices | head -1`). */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

async function main(args: readonly string[]): Promise<ExitCode> {
  const { program } = await import('./program.ts');
  const { report } = await import('./failure.ts');
  const { CommanderError } = await import('commander');
  try {
    await program().parseAsync([...args], { from: 'user' });
    return (process.exitCode ?? 0) as ExitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return report(error, { json: args.includes('--json'), verbose: args.includes('--verbose') });
  }
}

process.stdout.on('error', endOnClosedPipe);
process.stderr.on('error', endOnClosedPipe);
process.exitCode = await main(process.argv.slice(2));
