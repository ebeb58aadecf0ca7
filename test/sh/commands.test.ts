import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installed, STAGE1, shellFiles } from './shell.ts';

/** What a POSIX shell does itself. */
const BUILTINS = new Set(
  '. : [ break cd command continue echo eval exec exit export kill local printf read return set shift test times trap true false umask unset wait'.split(
    ' ',
  ),
);

/** What the image brings beside busybox. */
const PROGRAMS = new Set([
  'dropbear',
  'dropbearkey',
  'adbd',
  'cryptsetup',
  'e2fsck',
  'resize2fs',
  'sfdisk',
  'partx',
  'fbset',
]);

/** Words that run the rest of their words: how many words of their own come first. */
const CARRIERS: Readonly<Record<string, number>> = {
  try: 1,
  wait_until: 2,
  beside: 1,
  become: 0,
  setsid: 0,
  cttyhack: 0,
  command: 0,
  exec: 0,
};

const APPLETS = new Set(
  readFileSync(join(import.meta.dirname, 'busybox-applets.txt'), 'utf8')
    .replace(/^#.*\n/, '')
    .split(/\s+/)
    .filter((word) => word !== ''),
);

interface Node {
  readonly Type?: string;
  readonly [key: string]: unknown;
}

/** The syntax tree of a file, as shfmt reads it. */
function parse(path: string): Node {
  const run = spawnSync('shfmt', ['-ln', 'posix', '-tojson'], {
    encoding: 'utf8',
    input: readFileSync(path, 'utf8'),
  });
  expect(run.stderr).toBe('');
  return JSON.parse(run.stdout) as Node;
}

function* nodes(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* nodes(item);
  else if (typeof value === 'object' && value !== null) {
    yield value as Node;
    for (const item of Object.values(value)) yield* nodes(item);
  }
}

/** Text of a word that is plain letters; anything expanded is undefined. */
function literal(word: unknown): string | undefined {
  const parts = (word as { Parts?: { Type: string; Value?: string }[] }).Parts ?? [];
  return parts.length === 1 && parts[0]?.Type === 'Lit' ? parts[0].Value : undefined;
}

/** The command words of a call, through the words that run others. */
function commandWords(args: readonly unknown[]): string[] {
  const first = args[0] === undefined ? undefined : literal(args[0]);
  if (first === undefined) return [];
  const own = CARRIERS[first];
  return own === undefined ? [first] : [first, ...commandWords(args.slice(1 + own))];
}

function calls(tree: Node): string[] {
  return [...nodes(tree)].flatMap((node) =>
    node.Type === 'CallExpr' ? commandWords((node['Args'] as unknown[] | undefined) ?? []) : [],
  );
}

function functions(tree: Node): string[] {
  return [...nodes(tree)].flatMap((node) =>
    node.Type === 'FuncDecl' ? [String((node['Name'] as { Value: string }).Value)] : [],
  );
}

describe.skipIf(!installed('shfmt'))('commands', () => {
  const programs = readdirSync(join(STAGE1, 'bin')).map((name) => join(STAGE1, 'bin', name));
  const trees = [
    join(STAGE1, 'init'),
    join(STAGE1, 'hook.sh'),
    ...programs,
    ...shellFiles('lib'),
    ...shellFiles('steps'),
  ].map(parse);
  const own = new Set(trees.flatMap(functions));
  const used = [...new Set(trees.flatMap(calls))]
    .filter((word) => !own.has(word) && !BUILTINS.has(word))
    .sort();

  it("are all in Debian's busybox for the device, or packed beside it", () => {
    expect(used.filter((word) => !word.startsWith('-') && !APPLETS.has(word) && !PROGRAMS.has(word))).toEqual(
      [],
    );
  });

  it('are found at all', () => {
    expect(used).toEqual(
      expect.arrayContaining(['mount', 'modprobe', 'udhcpd', 'switch_root', 'findfs', 'mdev', 'dropbear']),
    );
  });

  it('have one function of each name', () => {
    const names = trees.flatMap(functions).filter((name) => name !== 'step_run');
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
