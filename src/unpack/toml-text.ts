import { hex } from '../binary/index.ts';

/** Text that goes in as it is: a number in another base. */
export class Literal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What stands behind a key. */
export type TomlValue =
  | string
  | number
  | bigint
  | boolean
  | Literal
  | readonly TomlValue[]
  | { readonly [key: string]: TomlValue | undefined };

/** Columns of a comment. */
const WIDTH = 100;

/**
 * TOML for people: numbers in hex, a word beside a value, tables in the order in which they are put. What
 * smol-toml writes has neither comments nor hex.
 */
export class TomlText {
  readonly #lines: string[] = [];

  comment(text: string): void {
    let line = '#';
    for (const word of text.split(' ')) {
      if (line.length + 1 + word.length > WIDTH) {
        this.#lines.push(line);
        line = '#';
      }
      line += ` ${word}`;
    }
    this.#lines.push(line);
  }

  blank(): void {
    this.#lines.push('');
  }

  /** `[name]` */
  table(name: string): void {
    this.#lines.push('', `[${name}]`);
  }

  /** `[[name]]` */
  item(name: string): void {
    this.#lines.push('', `[[${name}]]`);
  }

  /** A key; nothing when there is no value. */
  put(key: string, value: TomlValue | undefined, note?: string): void {
    if (value === undefined) return;
    this.#lines.push(`${keyText(key)} = ${valueText(value)}${note === undefined ? '' : `  # ${note}`}`);
  }

  /** A list with one value a line. */
  lines(key: string, values: readonly TomlValue[]): void {
    this.#lines.push(`${keyText(key)} = [`, ...values.map((value) => `  ${valueText(value)},`), ']');
  }

  /** All that another has, behind what this one has. */
  append(other: TomlText): void {
    this.#lines.push(...other.#lines);
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function keyText(key: string): string {
  return /^[\w-]+$/.test(key) ? key : stringText(key);
}

function valueText(value: TomlValue): string {
  if (typeof value === 'string') return stringText(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' || typeof value === 'bigint') return numberText(value);
  if (value instanceof Literal) return value.text;
  if (isList(value)) return `[${value.map(valueText).join(', ')}]`;
  const pairs = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [`${keyText(key)} = ${valueText(item)}`],
  );
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

function isList(value: object): value is readonly TomlValue[] {
  return Array.isArray(value);
}

/** TOML has integers up to 2^63, and many readers up to 2^53: above, it is text. */
function numberText(value: number | bigint): string {
  const text = value < 10 ? String(value) : hex(value);
  return value > Number.MAX_SAFE_INTEGER ? `"${text}"` : text;
}

/** A basic string: what JSON escapes, TOML reads; DEL it wants escaped as well. */
function stringText(value: string): string {
  return JSON.stringify(value).replaceAll('\x7f', '\\u007f');
}

/** A mode as people write it; the value is a number to every reader. */
export function octal(mode: number): Literal {
  return new Literal(`0o${mode.toString(8)}`);
}
