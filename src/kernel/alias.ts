import { moduleName } from './modinfo.ts';

/**
 * Aliases of modules, looked up as kmod does: fnmatch(3) without flags (`*`, `?`, `[a-z]`, `[!a]`,
 * `\` quotes; a slash is nothing special), `-` and `_` equal on both sides.
 */
export interface AliasTable {
  /** Names of modules with an alias that matches, in order of their first alias, each once. */
  match(modalias: string): string[];
}

/** A pattern that was made ready to match. */
interface Pattern {
  readonly module: string;
  /** Its place in the table. */
  readonly place: number;
  /** The longest run of plain characters: a match must contain it. */
  readonly literal: string;
  readonly text: string;
  expression?: RegExp;
}

/** Characters of a literal by which patterns are found: every text has few places where one of them begins. */
const KEY_LENGTH = 8;

/** An alias with its module and its place in the table. */
type Placed = readonly [alias: string, module: string, place: number];

/**
 * Builds the table. Each bus has a part of its own, made ready when it is first asked for: a device tree needs
 * a third of a kernel's aliases.
 * @param aliases pattern and module name, in the order of `modules.alias`.
 */
export function aliasTable(aliases: Iterable<readonly [pattern: string, module: string]>): AliasTable {
  const buses = new Map<string, Placed[]>();
  let place = 0;
  for (const [alias, module] of aliases) put(buses, busOf(alias), [alias, module, place++]);
  const parts = new Map<string, BusTable>();
  const partOf = (bus: string): BusTable => {
    const part = parts.get(bus) ?? busTable(buses.get(bus) ?? []);
    parts.set(bus, part);
    return part;
  };
  return {
    match(modalias) {
      const text = normalizeAlias(modalias);
      // Those of no bus may match any text.
      const found = [...new Set([ANY_BUS, busOf(text)])].map((bus) => partOf(bus)(text));
      const wild = found.flatMap((part) => part.wild).sort((a, b) => a.place - b.place);
      return [...new Set([...found.flatMap(({ exact }) => exact), ...wild.map(({ module }) => module)])];
    },
  };
}

const ANY_BUS = '';

/** What stands before the colon, if that is the same in every text that matches. */
function busOf(alias: string): string {
  const bus = alias.slice(0, Math.max(0, alias.indexOf(':')));
  return WILD.test(bus) ? ANY_BUS : normalizeAlias(bus);
}

const WILD = /[*?[\\]/;

/** Modules of the aliases that equal a text, and the patterns that match it. */
type BusTable = (text: string) => { readonly exact: readonly string[]; readonly wild: readonly Pattern[] };

function busTable(aliases: readonly Placed[]): BusTable {
  const exact = new Map<string, string[]>();
  /** By the beginning of their literal; those with a shorter one are tried on every text. */
  const wild = new Map<string, Pattern[]>();
  for (const [alias, module, place] of aliases) {
    const text = normalizeAlias(alias);
    if (WILD.test(text)) {
      const literal = longestLiteral(text);
      const key = literal.length < KEY_LENGTH ? '' : literal.slice(0, KEY_LENGTH);
      put(wild, key, { text, module, literal, place });
    } else put(exact, text, module);
  }
  return (text) => ({
    exact: exact.get(text) ?? [],
    wild: keysIn(text).flatMap((key) => (wild.get(key) ?? []).filter((pattern) => matches(pattern, text))),
  });
}

function put<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** What patterns that can match a text are found by. */
function keysIn(text: string): string[] {
  const keys = new Set(['']);
  for (let at = 0; at + KEY_LENGTH <= text.length; at++) keys.add(text.slice(at, at + KEY_LENGTH));
  return [...keys];
}

/** Most patterns of a key fail, so a plain search goes before the expression, which is compiled only when needed. */
function matches(pattern: Pattern, text: string): boolean {
  if (!text.includes(pattern.literal)) return false;
  pattern.expression ??= new RegExp(`^${toRegExp(pattern.text)}$`, 's');
  return pattern.expression.test(text);
}

/** kmod's alias_normalize() (shared/util.c): `-` becomes `_` everywhere but inside brackets. */
function normalizeAlias(alias: string): string {
  if (!alias.includes('-')) return alias;
  if (!alias.includes('[')) return alias.replaceAll('-', '_');
  return alias.replace(/\[[^\]]*\]|-/g, (found) => (found === '-' ? '_' : found));
}

/** One token of a pattern: a star run, `?`, a bracket set, a quoted character, any character. */
const TOKEN = /\*+|\?|\[([!^]?)(\]?[^\]]*)\]|\\([\s\S])|[\s\S]/g;

function longestLiteral(pattern: string): string {
  // Few patterns have sets or quoted characters, and there are tens of thousands of them.
  const text = /[[\\]/.test(pattern)
    ? pattern.replace(TOKEN, (token) => (token.length > 1 ? '*' : token))
    : pattern;
  let best = '';
  for (let from = 0; from < text.length; ) {
    const to = runEnd(text, from);
    if (to - from > best.length) best = text.slice(from, to);
    from = to + 1;
  }
  return best;
}

/** Where a run of plain characters ends. */
function runEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '*' && text[at] !== '?') at++;
  return at;
}

function toRegExp(pattern: string): string {
  return pattern.replace(TOKEN, (token: string, not?: string, set?: string, quoted?: string) => {
    if (token.startsWith('*')) return '.*';
    if (token === '?') return '.';
    if (set !== undefined) return `[${not === '' ? '' : '^'}${set.replace(/[\\\][^]/g, '\\$&')}]`;
    return (quoted ?? token).replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  });
}

/** A device tree node as the kernel names it to user space (of_device_modalias). */
export interface OfIdentity {
  readonly name: string;
  /** `device_type`, or undefined. */
  readonly type?: string | undefined;
  readonly compatible: readonly string[];
}

/** `of:NserialT(null)Cqcom,msm-uartdm-v1.4Cqcom,msm-uartdm`; spaces in a compatible become `_`. */
export function ofModalias({ name, type, compatible }: OfIdentity): string {
  const list = compatible.map((entry) => `C${entry.replaceAll(' ', '_')}`).join('');
  return `of:N${name}T${type ?? '(null)'}${list}`;
}

/**
 * Modules and built-ins that announce themselves for a modalias, sorted by name.
 *
 * @param index anything with an alias table, a ModuleIndex above all
 */
export function matchModalias(index: { readonly aliases: AliasTable }, modalias: string): string[] {
  return [...new Set(index.aliases.match(modalias).map(moduleName))].sort();
}
