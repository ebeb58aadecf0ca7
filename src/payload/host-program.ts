import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** A program that is taken from the host. */
export interface HostProgram {
  readonly program: string;
  /** Debian package that brings it. */
  readonly debianPackage: string;
}

/** Path of a program in the folders of `path` (the form of PATH, which is the default), or undefined. */
export async function findProgram(
  name: string,
  path: string = process.env['PATH'] ?? '',
): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((entry) => entry.startsWith('/'))) {
    const program = join(folder, name);
    if (await isExecutable(program)) return program;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
