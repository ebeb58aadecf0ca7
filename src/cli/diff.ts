import { Command } from 'commander';
import type { Difference } from '../inspect/index.ts';
import { readInput } from './input-file.ts';
import { visible } from './inspect-page.ts';
import { paint, say, sayJson, table } from './terminal.ts';

interface DiffFlags {
  readonly json?: boolean;
}

/** `mnx diff`: in what two files differ, by what it means. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('show in what two images, ramdisks, kernels or device trees differ')
    .argument('<a>', 'the file as it was: anything that mnx inspect knows')
    .argument('<b>', 'the file as it is now')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx diff stock-boot.img boot.img
  mnx diff old.dtb new.dtb
  mnx diff ramdisk.gz ramdisk.lz4 --json

Exits 0 when all bytes are equal, 1 when they are not.`,
    )
    .action(run);
}

async function run(a: string, b: string, flags: DiffFlags): Promise<void> {
  const { diffFilesOf } = await import('../inspect/index.ts');
  const differences = await diffFilesOf(await readInput(a), await readInput(b));
  const equal = differences.length === 0;
  if (flags.json) sayJson({ a, b, equal, differences });
  else if (equal) say(`${visible(a)} and ${visible(b)} are equal, byte for byte`);
  else sayDifferences(differences);
  if (!equal) process.exitCode = 1;
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const COLOURS = { added: 'green', removed: 'red', changed: 'yellow' } as const;

function sayDifferences(differences: readonly Difference[]): void {
  const headings = [...new Set(differences.map(headingOf))];
  for (const [i, heading] of headings.entries()) {
    const group = differences.filter((each) => headingOf(each) === heading);
    if (i > 0) say();
    say(paint('bold', visible(heading)));
    for (const difference of group) sayDifference(difference, group);
  }
}

const HEADINGS: Readonly<Partial<Record<Difference['kind'], string>>> = { word: 'command line' };

function headingOf({ where, kind }: Difference): string {
  const own = HEADINGS[kind];
  if (own === undefined) return where || 'file';
  return where === '' ? own : `${where} > ${own}`;
}

/** Names longer than this, paths of nodes, do not make the others wide. */
const NAME_COLUMN = 40;

function sayDifference(difference: Difference, group: readonly Difference[]): void {
  const { change, from, to } = difference;
  const names = group.map((each) => visible(nameOf(each))).filter(({ length }) => length <= NAME_COLUMN);
  const name = visible(nameOf(difference)).padEnd(Math.max(0, ...names.map(({ length }) => length)));
  const value = change === 'changed' ? `${from} -> ${to}` : (from ?? to ?? '');
  const cells = value === name.trim() ? [`    ${name}`] : [`    ${name}`, visible(value)];
  const sign = paint(COLOURS[change], SIGNS[change]);
  for (const [i, line] of table([cells]).entries()) say(i === 0 ? `  ${sign} ${line.slice(4)}` : line);
}

/** A word that came or went says all by itself. */
function nameOf({ kind, change, name, from, to }: Difference): string {
  return kind === 'word' && change !== 'changed' ? (from ?? to ?? name) : name;
}
