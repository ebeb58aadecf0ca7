import { spawn } from 'node:child_process';
import { MissingError } from '../binary/index.ts';

/** A program of the host that talks to the person itself. */
export interface Foreground {
  readonly program: string;
  readonly args: readonly string[];
  /** Debian package that has the program; named when it is missing. */
  readonly package: string;
  /** What it reads instead of our terminal. */
  readonly input?: Uint8Array;
}

/**
 * Runs a program on our own terminal and gives its exit code.
 * @throws MissingError `cli.no-program` when it is not installed.
 */
export function foreground({ program, args, package: debian, input }: Foreground): Promise<number> {
  return new Promise((resolve, reject) => {
    const reads = input === undefined ? 'inherit' : 'pipe';
    const child = spawn(program, [...args], { stdio: [reads, 'inherit', 'inherit'] });
    // Who reads less than there is shows it in the exit code.
    child.stdin?.on('error', () => undefined).end(input);
    child.once('exit', (code) => resolve(code ?? 1));
    child.once('error', (error) =>
      reject(
        new MissingError('cli.no-program', `${program} is not installed`, {
          hint: `Install the Debian package ${debian}.`,
          cause: error,
        }),
      ),
    );
  });
}
