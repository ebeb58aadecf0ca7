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
  /** The longest run of plain characters: a match must contain it. */
  readonly literal: string;
  readonly text: string;
  expression?: RegExp;
}

/** Builds the table. @param aliases pattern and module name, in the order of `modules.alias`. */
export function aliasTable(aliases: Iterable<readonly [pattern: string, module: string]>): AliasTable {
  const exact = new Map<string, string[]>();
  const wild: Pattern[] = [];
  for (const [alias, module] of aliases) {
    const text = normalizeAlias(alias);
    if (/[*?[\\]/.test(text)) wild.push({ text, module, literal: longestLiteral(text) });
    else exact.set(text, [...(exact.get(text) ?? []), module]);
  }
  return {
    match(modalias) {
      const text = normalizeAlias(modalias);
      const found = wild.filter((pattern) => matches(pattern, text)).map(({ module }) => module);
      return [...new Set([...(exact.get(text) ?? []), ...found])];
    },
  };
}

/**
 * Patterns come by the ten thousand and nearly all fail, so a plain search goes before the
 * expression, which is compiled only when it is needed.
 */
function matches(pattern: Pattern, text: string): boolean {
  if (!text.includes(pattern.literal)) return false;
  pattern.expression ??= new RegExp(`^${toRegExp(pattern.text)}$`, 's');
  return pattern.expression.test(text);
}

/** kmod's alias_normalize() (shared/util.c): `-` becomes `_` everywhere but inside brackets. */
function normalizeAlias(alias: string): string {
  return alias.replace(/\[[^\]]*\]|-/g, (found) => (found === '-' ? '_' : found));
}

/** One token of a pattern: a star run, `?`, a bracket set, a quoted character, any character. */
const TOKEN = /\*+|\?|\[([!^]?)(\]?[^\]]*)\]|\\([\s\S])|[\s\S]/g;

function longestLiteral(pattern: string): string {
  const runs = pattern.replace(TOKEN, (token) =>
    token.length === 1 && token !== '?' && token !== '*' ? token : '\0',
  );
  return runs.split('\0').reduce((best, run) => (run.length > best.length ? run : best), '');
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
