import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../binary/index.ts';
import { nearest } from '../toml/index.ts';

/** Folder of the definitions that ship with the package; the same from `src/` and from `dist/`. */
export function shippedFolder(): string {
  return fileURLToPath(new URL('../../devices/', import.meta.url));
}

/** A definition file and what messages call it. */
export interface Found {
  readonly file: string;
  readonly name: string;
}

/** Names of the definitions in a folder, sorted by code unit. */
export function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.toml'))
    .map((file) => file.slice(0, -'.toml'.length))
    .sort();
}

/**
 * The file of a device: a shipped name, or the path of a `.toml` of the user's own.
 * @throws UsageError `device.unknown` naming the nearest device; `device.no-file`.
 */
export function findDevice(nameOrFile: string, folder: string): Found {
  if (nameOrFile.endsWith('.toml') || nameOrFile.includes('/')) {
    if (!existsSync(nameOrFile)) {
      throw new UsageError('device.no-file', `there is no device file ${nameOrFile}`, {
        hint: 'Name a .toml file, or a device from `mnx devices`.',
      });
    }
    return { file: resolve(nameOrFile), name: basename(nameOrFile) };
  }
  const names = namesIn(folder);
  if (names.includes(nameOrFile))
    return { file: join(folder, `${nameOrFile}.toml`), name: `${nameOrFile}.toml` };
  const meant = nearest(nameOrFile, names);
  throw new UsageError('device.unknown', `there is no device ${nameOrFile}`, {
    hint:
      meant === undefined
        ? `Known devices: ${names.join(', ')}.`
        : `Did you mean ${meant}? \`mnx devices\` lists all.`,
  });
}

/**
 * A file that a definition names (`families/msm8939`, a loader): beside the definition first, then
 * among the shipped ones.
 */
export function findBeside(from: string, name: string, folder: string): Found | undefined {
  const file = [join(dirname(from), `${name}.toml`), join(folder, `${name}.toml`)].find((path) =>
    existsSync(path),
  );
  if (file === undefined) return undefined;
  const inside = relative(folder, file);
  return { file, name: inside.startsWith('..') ? `${name}.toml` : inside };
}
