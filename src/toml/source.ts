import { readFileSync, statSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { MnxError, UsageError } from '../binary/index.ts';

/** A TOML table as it was read: keys in the order of the file. */
export type Table = { [key: string]: unknown };

/** One file: its text stays at hand so that errors can show the line they speak of. */
export interface Source {
  /** Path that was opened. */
  readonly file: string;
  /** How messages and manifests call it: `families/msm8939.toml`. */
  readonly name: string;
  readonly text: string;
  readonly table: Table;
  /** Room that codes of errors begin with. */
  readonly room: string;
}

export interface SourceOptions {
  /** Room that codes of errors begin with; absent: `device`. */
  readonly room?: string;
  /** Most bytes. */
  readonly limit?: number;
}

/** A place in a source, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Definitions are hand-written; anything larger was not meant. */
const LARGEST_FILE = 1 << 20;

/**
 * Reads and parses one file.
 * @throws UsageError `ROOM.no-file` when it is not there; MnxError `ROOM.syntax` (exit code 3) with
 *   line, column and the line itself when it is not TOML.
 */
export function readSource(file: string, name: string, options: SourceOptions = {}): Source {
  const { room = 'device', limit = LARGEST_FILE } = options;
  const text = readText(file, name, { room, limit });
  try {
    return { file, name, text, room, table: parse(text, { unsafeKeyBehaviour: 'throw', maxDepth: 16 }) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = (error.message.split('\n')[0] ?? '').replace('Invalid TOML document: ', '');
    const place = { line: error.line, column: error.column };
    throw new MnxError(
      `${room}.syntax`,
      `${name}:${place.line}:${place.column}: ${reason}\n${excerpt(text, place)}`,
      {
        exitCode: 3,
        hint: 'Addresses are written 0x0100_0000 without quotes, text in "quotes", lists in [brackets].',
        cause: error,
      },
    );
  }
}

function readText(file: string, name: string, { room, limit }: Required<SourceOptions>): string {
  let bytes: Uint8Array;
  if (statSync(file, { throwIfNoEntry: false })?.isCharacterDevice()) {
    throw new UsageError(`${room}.no-file`, `${name} is a device of this computer`, {
      hint: 'Name a TOML file.',
    });
  }
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UsageError(`${room}.no-file`, `there is no file ${name}`, { cause: error });
    }
    throw new MnxError(`${room}.unreadable`, `cannot read ${name}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (bytes.length > limit) {
    throw new MnxError(
      `${room}.too-large`,
      `${name} has ${bytes.length} bytes; ${limit} are the most that is read`,
      {
        exitCode: 3,
      },
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new MnxError(`${room}.syntax`, `${name} is not UTF-8 text, so it is no TOML`, {
      exitCode: 3,
      cause: error,
    });
  }
}

/** The line of a place with its number, and a mark below the column. */
export function excerpt(text: string, place: Place): string {
  const line = (text.split('\n')[place.line - 1] ?? '').replace(/\r$/, '').replaceAll('\t', ' ');
  const gutter = `  ${place.line} | `;
  return `${gutter}${line}\n${' '.repeat(gutter.length - 2)}| ${' '.repeat(Math.max(0, place.column - 1))}^`;
}

type Step = string | number;

/**
 * Finds where a value is written. TOML parsers keep no positions, so the text is scanned for table
 * headers and keys; the longest prefix of `path` that is found wins. Undefined when none is.
 */
export function locate(text: string, path: readonly Step[]): Place | undefined {
  const keys = path.filter((step) => typeof step === 'string');
  let best: Place | undefined;
  let bestLength = 0;
  let table: readonly string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\[?([^\]]+)\]/.exec(line);
    if (header !== null) table = keysOf(header[1] ?? '');
    const own =
      header === null
        ? /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=/.exec(line)
        : null;
    if (header === null && own === null) continue;
    const full = own === null ? table : [...table, ...keysOf(own[1] ?? '')];
    const matched = prefixLength(full, keys);
    if (matched > bestLength) {
      bestLength = matched;
      best = { line: index + 1, column: columnOf(line, keys.slice(matched)) };
    }
  }
  return best;
}

function keysOf(dotted: string): string[] {
  const parts = dotted.match(/"[^"]*"|'[^']*'|[\w-]+/g) ?? [];
  return parts.map((part) => part.replace(/^["']|["']$/g, ''));
}

/** Length of `full` when it is a prefix of `keys`, else 0. */
function prefixLength(full: readonly string[], keys: readonly string[]): number {
  return full.length <= keys.length && full.every((key, i) => key === keys[i]) ? full.length : 0;
}

/** Column of the deepest inline key on the line, else of its first character. */
function columnOf(line: string, inline: readonly string[]): number {
  let at = line.search(/\S/);
  for (const key of inline) {
    const next = line.indexOf(key, at + 1);
    if (next < 0) break;
    at = next;
  }
  return at + 1;
}
