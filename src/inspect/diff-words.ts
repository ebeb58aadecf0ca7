import { compareMaps, type Difference } from './difference.ts';

/** Words of a command line, each with how often its key occurs before it, so that `console=` may stand twice. */
function wordsOf(text: string): Map<string, string> {
  const words = new Map<string, string>();
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const key = word.split('=', 1)[0] ?? word;
    let i = 1;
    while (words.has(`${key} ${i}`)) i++;
    words.set(`${key} ${i}`, word);
  }
  return words;
}

/** Words that were added, removed, or have another value; and that only their order is another. */
export function diffWords(where: string, from: string, to: string): Difference[] {
  const sides = { where, kind: 'word', before: wordsOf(from), after: wordsOf(to) } as const;
  const found = compareMaps(sides).map((each): Difference => {
    const name = each.name.replace(/ \d+$/, '');
    if (name === each.from || name === each.to) return withoutValue({ ...each, name });
    return { ...each, name };
  });
  if (found.length > 0 || from === to) return found;
  return [{ where, kind: 'word', change: 'changed', name: 'order of words', from, to }];
}

/** `quiet` says all that there is to say. */
function withoutValue({ where, kind, change, name, from, to }: Difference): Difference {
  if (change === 'changed') return { where, kind, change, name, from: from ?? '', to: to ?? '' };
  return { where, kind, change, name };
}

/** Lines of a text, as a set: `key = value` of a boot configuration. */
export function diffLines(where: string, from: string, to: string): Difference[] {
  const linesOf = (text: string): Map<string, string> =>
    new Map(text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [keyed(line)])));
  return compareMaps({ where, kind: 'line', before: linesOf(from), after: linesOf(to) });
}

/** `# CONFIG_X is not set` is the value n of CONFIG_X. */
function keyed(line: string): [string, string] {
  const unset = /^# (CONFIG_\w+) is not set$/.exec(line)?.[1];
  if (unset !== undefined) return [unset, 'n'];
  const at = line.indexOf('=');
  return at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}
