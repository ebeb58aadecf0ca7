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

/** Builds the table. @param aliases pattern and module name, in the order of `modules.alias`. */
export function aliasTable(aliases: Iterable<readonly [pattern: string, module: string]>): AliasTable {
  const exact = new Map<string, string[]>();
  /** By the beginning of their literal; those with a shorter one are tried on every text. */
  const wild = new Map<string, Pattern[]>();
  let place = 0;
  for (const [alias, module] of aliases) {
    const text = normalizeAlias(alias);
    if (/[*?[\\]/.test(text)) {
      const literal = longestLiteral(text);
      const key = literal.length < KEY_LENGTH ? '' : literal.slice(0, KEY_LENGTH);
      put(wild, key, { text, module, literal, place: place++ });
    } else put(exact, text, module);
  }
  return {
    match(modalias) {
      const text = normalizeAlias(modalias);
      const found = keysIn(text).flatMap((key) =>
        (wild.get(key) ?? []).filter((pattern) => matches(pattern, text)),
      );
      found.sort((a, b) => a.place - b.place);
      return [...new Set([...(exact.get(text) ?? []), ...found.map(({ module }) => module)])];
    },
  };
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
  return alias.replace(/\[[^\]]*\]|-/g, (found) => (found === '-' ? '_' : found));
}

/** One token of a pattern: a star run, `?`, a bracket set, a quoted character, any character. */
const TOKEN = /\*+|\?|\[([!^]?)(\]?[^\]]*)\]|\\([\s\S])|[\s\S]/g;

function longestLiteral(pattern: string): string {
  let best = '';
  for (const run of runsOf(pattern)) if (run.length > best.length) best = run;
  return best;
}

/** Runs of plain characters. */
function runsOf(pattern: string): string[] {
  // Few patterns have sets or quoted characters, and there are twenty thousand of them.
  if (!/[[\\]/.test(pattern)) return pattern.split(/[*?]+/);
  const plain = (token: string): boolean => token.length === 1 && token !== '?' && token !== '*';
  return pattern.replace(TOKEN, (token) => (plain(token) ? token : '\0')).split('\0');
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
