import { spawn } from 'node:child_process';
import { MissingError } from '../binary/index.ts';

/** A program of the host that talks to the person itself. */
export interface Foreground {
  readonly program: string;
  readonly args: readonly string[];
  /** Debian package that has the program; named when it is missing. */
  readonly package: string;
}

/**
 * Runs a program on our own terminal and gives its exit code.
 * @throws MissingError `cli.no-program` when it is not installed.
 */
export function foreground({ program, args, package: debian }: Foreground): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { stdio: 'inherit' });
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
