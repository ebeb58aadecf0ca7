/** A word of a command line, and what forbids it. */
export interface Forbidden {
  readonly word: string;
  readonly by: string;
}

/**
 * The words that `cmdline_forbidden` keeps off: `console=` any that sets console, `console=ttyHSL0` that
 * value, `quiet` the parameter with a value or without. Dashes and underscores are the same in names, as
 * for the kernel (kernel/params.c parameq).
 */
export function forbiddenOf(words: readonly string[], forbidden: readonly string[]): Forbidden[] {
  return words.flatMap((word) => {
    const by = forbidden.find((rule) => forbids(rule, word.replaceAll('"', '')));
    return by === undefined ? [] : [{ word, by }];
  });
}

function forbids(rule: string, word: string): boolean {
  const [asked, got] = [split(rule), split(word)];
  if (asked.name !== got.name) return false;
  if (asked.value === undefined) return true;
  return asked.value === '' ? got.value !== undefined : asked.value === got.value;
}

function split(word: string): { readonly name: string; readonly value: string | undefined } {
  const at = word.indexOf('=');
  const name = (at < 0 ? word : word.slice(0, at)).replaceAll('-', '_');
  return { name, value: at < 0 ? undefined : word.slice(at + 1) };
}
