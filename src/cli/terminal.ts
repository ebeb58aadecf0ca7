import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** What a stream can show; decided once per stream, so that a pipe gets plain lines. */
export function isTerminal(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true;
}

/** Colours `text` when the stream is a terminal and NO_COLOR is not set. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  const colour = isTerminal(stream) && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  // styleText would look at stdout, whichever stream the text is for.
  return colour ? styleText(style, text, { validateStream: false }) : text;
}

/** Prints one line of a report. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Prints one line of what goes on beside the report. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints a warning beside the report. */
export function warn(text: string): void {
  note(`${paint('yellow', 'warning:', process.stderr)} ${text}`);
}

/** Says that an output is whole, and what it is: its size, its shape. */
export function sayWrote(output: string, about: string): void {
  say(`${paint('green', 'wrote')} ${output} (${about})`);
}

/** A word as a shell takes it back, for commands that people copy; as Python's shlex.quote. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** Prints a document of `--json`: one object, sorted by its author, with a final newline. */
export function sayJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Whether a person sits in front: no CI, both ends a terminal. */
export function isInteractive(): boolean {
  return !process.env['CI'] && process.stdin.isTTY === true && process.stdout.isTTY === true;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** `17.2 MiB`: three significant digits, binary units. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** Columns that a line may take: a terminal's own, or as many as a page has. */
const PAGE = 100;

/** Columns that a line of this output may take. */
export function columns(): number {
  return isTerminal(process.stdout) ? process.stdout.columns || PAGE : PAGE;
}

/** Columns that words are broken into at the least. */
const LEAST = 24;

/** Where a row has no room for its last cell, that stands below it, so far from the left. */
const STACKED = 4;

/** Breaks text between words into lines that leave room for `indent` more characters. */
export function wrapped(text: string, indent = 0): string[] {
  const room = Math.max(LEAST, columns() - indent);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * Lays rows out in columns; numbers of a column may be right-aligned by name of the column's index. On a
 * terminal the last column wraps inside itself, or below the others where these leave it no room; a pipe gets
 * one line per row.
 */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.flatMap((row) => {
    const cells = row.map((cell, i) =>
      right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
    );
    const last = cells.pop()?.trimEnd() ?? '';
    const before = cells.map((cell) => `${cell}  `).join('');
    const room = columns() - before.length;
    if (!isTerminal(process.stdout) || last.length <= room) return [`${before}${last}`.trimEnd()];
    if (room < LEAST) {
      return [before.trimEnd(), ...wrapped(last, STACKED).map((line) => `${' '.repeat(STACKED)}${line}`)];
    }
    return wrapped(last, before.length).map((line, i) =>
      `${i === 0 ? before : ' '.repeat(before.length)}${line}`.trimEnd(),
    );
  });
}
