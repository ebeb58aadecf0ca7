import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';
import * as v from 'valibot';
import { MnxError, UsageError } from '../binary/index.ts';

const color = v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/, 'a colour such as #0b1020'));

/** Names of the themes that ship with mnx. */
export const THEMES: readonly string[] = ['default', 'minimal', 'testcard'];

const themeFile = v.strictObject({
  /** File name of the picture, beside theme.toml; absent: the test card, drawn for each panel's own size. */
  picture: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[\w-]+\.(?:svg|png|jpe?g|webp|gif)$/, 'the name of a picture beside theme.toml'),
    ),
  ),
  /** Colour around a picture that does not fill the panel. */
  background: color,
  /** Behind, in and around a line of text. */
  plate: color,
  text: color,
  warning: color,
});

export type Theme = v.InferOutput<typeof themeFile> & {
  /** Folder that holds the picture. */
  readonly folder: string;
};

/**
 * Reads a theme: a shipped name or a folder with a `theme.toml`.
 * @throws UsageError `splash.theme` when there is none; MnxError (exit code 3) when it is not sound
 */
export async function readTheme(nameOrFolder: string): Promise<Theme> {
  const folder = /^[\w-]+$/.test(nameOrFolder)
    ? fileURLToPath(new URL(`../../themes/${nameOrFolder}/`, import.meta.url))
    : nameOrFolder;
  const text = await readFile(join(folder, 'theme.toml'), 'utf8').catch((cause: unknown) => {
    throw new UsageError('splash.theme', `there is no theme ${nameOrFolder}`, {
      hint: `Name a shipped one (${THEMES.join(', ')}), or a folder that holds a theme.toml.`,
      cause,
    });
  });
  return { ...parseTheme(text, nameOrFolder), folder };
}

function parseTheme(text: string, name: string): v.InferOutput<typeof themeFile> {
  try {
    return v.parse(themeFile, parse(text));
  } catch (cause) {
    const key = cause instanceof v.ValiError ? `${v.getDotPath(cause.issues[0]) ?? 'theme'}: ` : '';
    const reason = (cause as Error).message.split('\n')[0];
    throw new MnxError('splash.theme-file', `theme.toml of ${name}: ${key}${reason}`, { exitCode: 3, cause });
  }
}
