/**
 * Alias patterns as kmod matches them: fnmatch(3) with `*`, `?` and `[a-z]`, no special slash.
 * Patterns come by the ten thousand, so they are sorted into buckets by what they start with.
 */
export interface AliasTable {
  /** Names of modules whose alias matches, in order of their first alias, each once. */
  match(modalias: string): string[];
}

interface Pattern {
  readonly text: string;
  readonly module: string;
}

/** Builds the table. @param aliases pattern and module name, in the order of `modules.alias`. */
export function aliasTable(aliases: Iterable<readonly [pattern: string, module: string]>): AliasTable {
  const exact = new Map<string, Pattern[]>();
  const buckets = new Map<string, Pattern[]>();
  for (const [text, module] of aliases) {
    const wild = text.search(/[*?[]/);
    if (wild < 0) push(exact, text, { text, module });
    else push(buckets, bucketOf(text), { text, module });
  }
  const compiled = new Map<string, RegExp>();
  const matches = ({ text }: Pattern, modalias: string): boolean => {
    let expression = compiled.get(text);
    if (expression === undefined) {
      expression = toRegExp(text);
      compiled.set(text, expression);
    }
    return expression.test(modalias);
  };
  return {
    match(modalias) {
      const wild = (buckets.get(bucketOf(modalias)) ?? []).filter((pattern) => matches(pattern, modalias));
      return [...new Set([...(exact.get(modalias) ?? []), ...wild].map(({ module }) => module))];
    },
  };
}

function push(map: Map<string, Pattern[]>, key: string, pattern: Pattern): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [pattern]);
  else list.push(pattern);
}

/** The bus: everything up to the first colon. A pattern never has a wildcard before it. */
function bucketOf(text: string): string {
  return text.slice(0, text.indexOf(':') + 1);
}

function toRegExp(pattern: string): RegExp {
  const body = pattern.replace(/\*|\?|\[!?[^\]]*\]|[^*?[]+|\[/g, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (token.startsWith('[') && token.endsWith(']'))
      return `[${token.slice(1, -1).replace(/^!/, '^').replace(/\\/g, '\\\\')}]`;
    return token.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${body}$`, 's');
}

/** A device tree node as the kernel names it to user space (of_device_modalias). */
export interface OfIdentity {
  readonly name: string;
  /** `device_type`, or undefined. */
  readonly type: string | undefined;
  readonly compatible: readonly string[];
}

/** `of:NserialT(null)Cqcom,msm-uartdm-v1.4Cqcom,msm-uartdm`; spaces in a compatible become `_`. */
export function ofModalias({ name, type, compatible }: OfIdentity): string {
  const list = compatible.map((entry) => `C${entry.replaceAll(' ', '_')}`).join('');
  return `of:N${name}T${type ?? '(null)'}${list}`;
}
