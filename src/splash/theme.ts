import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';
import * as v from 'valibot';
import { MnxError, UsageError } from '../binary/index.ts';

const color = v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/, 'a colour such as #0b1020'));
/** Names become file names on the device, and words of the shell. */
const key = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,32}$/, 'a name of small letters, digits and -'));
const line = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const file = (endings: string, what: string) =>
  v.pipe(v.string(), v.regex(new RegExp(`^[\\w-]+\\.(?:${endings})$`), what));

/** Names of the themes that ship with mnx. */
export const THEMES: readonly string[] = ['default', 'minimal', 'testcard'];

/** Whether a path is a folder that holds a theme, and not frames. */
export function isThemeFolder(path: string): boolean {
  return existsSync(join(path, 'theme.toml'));
}

const errorText = v.strictObject({
  /** Of the sign and the code. */
  color,
  /** One or two characters in the sign. */
  sign: v.pipe(v.string(), v.minLength(1), v.maxLength(2)),
  text: line,
});

const themeFile = v.strictObject({
  /** File name of the picture, beside theme.toml; absent: the test card, drawn for each panel's own size. */
  picture: v.optional(file('svg|png|apng|jpe?g|webp|gif', 'the name of a picture beside theme.toml')),
  /** File name of the font; absent: the default theme's. */
  font: v.optional(file('ttf|otf', 'the name of a .ttf or .otf file beside theme.toml')),
  /** Colour around a picture that does not fill the panel, and behind messages. */
  background: color,
  /** Behind a banner. */
  plate: color,
  text: color,
  warning: color,
  /** Of the progress bar, and of what a person should type; absent: the default theme's, as the following. */
  accent: v.optional(color),
  /** Of what is less important. */
  dim: v.optional(color),
  /** Of a progress bar that is not there yet. */
  track: v.optional(color),
  messages: v.optional(v.record(key, line)),
  errors: v.optional(v.record(key, errorText)),
  labels: v.optional(
    v.strictObject({ step: v.optional(line), access: v.optional(line), shell: v.optional(line) }),
  ),
});

type ThemeFile = v.InferOutput<typeof themeFile>;

/** What an error screen says. */
export type ErrorText = v.InferOutput<typeof errorText>;

type Colors = Record<'background' | 'plate' | 'text' | 'warning' | 'accent' | 'dim' | 'track', string>;

export interface Theme extends Readonly<Colors> {
  /** Path of the picture; absent: the test card. */
  readonly picture: string | undefined;
  /** Path of the font. */
  readonly font: string;
  readonly messages: Readonly<Record<string, string>>;
  readonly errors: Readonly<Record<string, ErrorText>>;
  /** `shell` tells how to get one in a --debug image; `{key}` in it is the key. */
  readonly labels: { readonly step: string; readonly access: string; readonly shell: string };
}

/** What a theme may leave to the default theme. */
type Fallback = Pick<Theme, 'font' | 'accent' | 'dim' | 'track' | 'messages' | 'errors' | 'labels'>;

const LAST_RESORT: Fallback = {
  font: '',
  accent: '#ffffff',
  dim: '#808080',
  track: '#404040',
  messages: {},
  errors: {},
  labels: { step: 'step', access: 'log in', shell: '{key}: shell' },
};

/**
 * Reads a theme: a shipped name or a folder with a `theme.toml`. What it leaves out of font, texts and
 * the colours of moving parts is the default theme's.
 * @throws UsageError `splash.theme` when there is none; MnxError (exit code 3) when it is not sound
 */
export async function readTheme(nameOrFolder: string): Promise<Theme> {
  const base = nameOrFolder === 'default' ? LAST_RESORT : await readTheme('default');
  const folder = /^[\w-]+$/.test(nameOrFolder)
    ? fileURLToPath(new URL(`../../themes/${nameOrFolder}/`, import.meta.url))
    : nameOrFolder;
  const text = await readFile(join(folder, 'theme.toml'), 'utf8').catch((cause: unknown) => {
    throw new UsageError('splash.theme', `there is no theme ${nameOrFolder}`, {
      hint: `Name a shipped one (${THEMES.join(', ')}), or a folder that holds a theme.toml.`,
      cause,
    });
  });
  const own = parseTheme(text, nameOrFolder);
  return {
    ...own,
    accent: own.accent ?? base.accent,
    dim: own.dim ?? base.dim,
    track: own.track ?? base.track,
    picture: own.picture === undefined ? undefined : join(folder, own.picture),
    font: own.font === undefined ? base.font : join(folder, own.font),
    messages: { ...base.messages, ...own.messages },
    errors: { ...base.errors, ...own.errors },
    labels: {
      step: own.labels?.step ?? base.labels.step,
      access: own.labels?.access ?? base.labels.access,
      shell: own.labels?.shell ?? base.labels.shell,
    },
  };
}

function parseTheme(text: string, name: string): ThemeFile {
  try {
    return v.parse(themeFile, parse(text));
  } catch (cause) {
    const path = cause instanceof v.ValiError ? `${v.getDotPath(cause.issues[0]) ?? 'theme'}: ` : '';
    const reason = (cause as Error).message.split('\n')[0];
    throw new MnxError('splash.theme-file', `theme.toml of ${name}: ${path}${reason}`, {
      exitCode: 3,
      cause,
    });
  }
}
