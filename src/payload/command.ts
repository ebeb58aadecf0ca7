import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's environment; messages are always asked for in English. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets what the program writes to file descriptor 3. */
  readonly onStatus?: (text: string) => void;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program to its end. @returns undefined when there is no such program */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult | undefined> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    (child.stdout as Readable).on('data', (chunk: Buffer) => stdout.push(chunk));
    (child.stderr as Readable).on('data', (chunk: Buffer) => stderr.push(chunk));
    (child.stdio[3] as Readable).on('data', (chunk: Buffer) => options.onStatus?.(chunk.toString('utf8')));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') done(undefined);
      else fail(error);
    });
    child.on('close', (code) =>
      done({
        code: code ?? 1,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString('utf8'),
      }),
    );
  });
}
