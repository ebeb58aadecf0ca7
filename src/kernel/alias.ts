/** What a device tree node says of itself. */
export interface OfNode {
  /** Node name without the unit address: `mmc`. */
  readonly name: string;
  /** The `device_type` property. */
  readonly type?: string | undefined;
  readonly compatible: readonly string[];
}

/**
 * The modalias under which the kernel announces a device tree node, as of_modalias() in
 * drivers/of/module.c prints it: `of:Nmmc` `T(null)` `Cqcom,sdhci-msm-v4`; blanks become `_`.
 */
export function ofModalias(node: OfNode): string {
  const compatible = node.compatible.map((text) => `C${text.replaceAll(' ', '_')}`);
  return `of:N${node.name}T${node.type ?? '(null)'}${compatible.join('')}`;
}

/** A compiled alias pattern: whether it takes a string that {@link normalizeAlias} has seen. */
export type AliasPattern = (normalized: string) => boolean;

/**
 * Both sides of a match as kmod compares them: alias_normalize() in shared/util.c turns `-` into `_`
 * everywhere but inside brackets.
 */
export function normalizeAlias(alias: string): string {
  return alias.replace(/\[[^\]]*\]|-/g, (found) => (found === '-' ? '_' : found));
}

/**
 * Compiles an alias to what fnmatch(3) without flags does with it, the way kmod looks aliases up:
 * `*`, `?`, `[...]` with ranges and `!`, `\` to quote.
 */
export function aliasPattern(alias: string): AliasPattern {
  const normalized = normalizeAlias(alias);
  if (!/[*?[\\]/.test(normalized)) return (text) => text === normalized;
  const expression = new RegExp(`^${toRegExp(normalized)}$`, 's');
  const literal = longestLiteral(normalized);
  // Nearly all lookups fail here, on a plain search that is many times cheaper than the expression.
  return (text) => text.includes(literal) && expression.test(text);
}

function longestLiteral(pattern: string): string {
  return pattern
    .split(/\[!?\]?[^\]]*\]|[*?[\]\\]/)
    .reduce((best, piece) => (piece.length > best.length ? piece : best), '');
}

const TOKEN = /\*+|\?|\[([!^]?)(\]?[^\]]*)\]|\\(.)|[\s\S]/g;

function toRegExp(pattern: string): string {
  return pattern.replace(TOKEN, (token: string, not?: string, set?: string, quoted?: string) => {
    if (token.startsWith('*')) return '.*';
    if (token === '?') return '.';
    if (set !== undefined) return `[${not === '' ? '' : '^'}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    return (quoted ?? token).replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  });
}
