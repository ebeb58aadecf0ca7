import { equal, type Fact, FormatError, hex, utf8Text } from '../binary/index.ts';
import { diffFiles } from './diff-files.ts';
import { diffTrees } from './diff-trees.ts';
import { diffLines, diffWords } from './diff-words.ts';
import { compareMaps, type Difference } from './difference.ts';
import { type Layer, ownFacts } from './layer.ts';
import { type Pair, pairsOf } from './pairs.ts';
import { walkFile } from './walk.ts';

/**
 * What is different in two files, by what it means: fields, words of the command line, files of ramdisks,
 * nodes of device trees, options of kernels.
 * @returns nothing when all bytes are equal, and only then
 */
export async function diffFilesOf(a: Uint8Array, b: Uint8Array): Promise<Difference[]> {
  if (equal(a, b)) return [];
  const [before, after] = [await walkFile(a), await walkFile(b)];
  return diffLayers(before, after, []);
}

function diffLayers(a: Layer, b: Layer, path: readonly string[]): Difference[] {
  if (equal(a.bytes, b.bytes)) return [];
  const where = path.join(' > ');
  if (a.format !== b.format) return diffFormats(a, b, path);
  const found = [...within(where, a, b), ...diffParts(a.inside, b.inside, path)];
  return found.length > 0 ? found : [contentDifference(where, a, b)];
}

/** By the content's own measure. */
function within(where: string, a: Layer, b: Layer): Difference[] {
  if (a.problem !== undefined || b.problem !== undefined) return [];
  try {
    switch (a.format) {
      case 'cpio':
      case 'cpio-odc':
        return diffFiles(where, a.bytes, b.bytes);
      case 'fdt':
        return diffTrees(where, a.bytes, b.bytes);
      case 'text':
      case 'ikconfig':
        return diffLines(where, utf8Text(a.bytes), utf8Text(b.bytes));
      default:
        return diffFacts(where, ownFacts(a), ownFacts(b));
    }
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
}

const COMMAND_LINE = 'command line';

function diffFacts(where: string, a: readonly Fact[], b: readonly Fact[]): Difference[] {
  const lineOf = (facts: readonly Fact[]): string =>
    facts.find(({ name }) => name === COMMAND_LINE)?.value ?? '';
  const sides = { where, kind: 'field', before: byName(a), after: byName(b) } as const;
  return [...diffWords(where, lineOf(a), lineOf(b)), ...compareMaps(sides)];
}

/** Facts by name, those of one name counted. Sizes of what is expanded are told by what differs in it. */
function byName(facts: readonly Fact[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, value } of facts) {
    if (name === COMMAND_LINE || name === 'expanded') continue;
    let key = name;
    for (let i = 2; found.has(key); i++) key = `${name} ${i}`;
    found.set(key, value);
  }
  return found;
}

function diffParts(a: readonly Layer[], b: readonly Layer[], path: readonly string[]): Difference[] {
  const where = path.join(' > ');
  return pairsOf(a, b).flatMap(({ before, after }: Pair): Difference[] => {
    if (before !== undefined && after !== undefined) return diffLayers(before, after, [...path, after.name]);
    if (before !== undefined) {
      return [{ where, kind: 'part', change: 'removed', name: before.name, from: partText(before) }];
    }
    return after === undefined
      ? []
      : [{ where, kind: 'part', change: 'added', name: after.name, to: partText(after) }];
  });
}

function partText({ title, bytes }: Layer): string {
  return `${title}, ${bytes.length} bytes`;
}

/** A kernel with a DTB behind it against one without; an image against the same image in a wrapper. */
function diffFormats(a: Layer, b: Layer, path: readonly string[]): Difference[] {
  if (a.format === 'members' || b.format === 'members') return diffParts(membersOf(a), membersOf(b), path);
  const where = path.join(' > ');
  const [from, to] = [a.title, b.title];
  const told: Difference = { where, kind: 'format', change: 'changed', name: 'format', from, to };
  const [first, second] = [sole(a, b.format) ?? a, sole(b, a.format) ?? b];
  const entered = first !== a || second !== b;
  if (entered && first.format === second.format) return [told, ...diffLayers(first, second, path)];
  const [inA, inB] = [a.inside[0], b.inside[0]];
  const bothPacked = a.inside.length === 1 && b.inside.length === 1 && inA !== undefined && inB !== undefined;
  return bothPacked ? [told, ...diffLayers(inA, inB, [...path, inB.name])] : [told];
}

function membersOf(layer: Layer): readonly Layer[] {
  return layer.format === 'members' ? layer.inside : [{ ...layer, name: layer.format }];
}

/** What of one format stands directly within. */
function sole({ inside }: Layer, format: string): Layer | undefined {
  return inside.find((inner) => inner.format === format);
}

function contentDifference(where: string, a: Layer, b: Layer): Difference {
  const at = a.bytes.findIndex((byte, i) => byte !== b.bytes[i]);
  const first = at < 0 ? Math.min(a.bytes.length, b.bytes.length) : at;
  const same = a.inside.length > 0 && pairsOf(a.inside, b.inside).every(isEqualPair);
  return {
    where,
    kind: 'content',
    change: 'changed',
    name: same ? 'bytes around equal content' : 'content',
    from: `${a.bytes.length} bytes`,
    to: `${b.bytes.length} bytes, the first other one at ${hex(first)}`,
  };
}

function isEqualPair({ before, after }: Pair): boolean {
  return before !== undefined && after !== undefined && equal(before.bytes, after.bytes);
}
