import { Command } from 'commander';
import type { EntryDifference } from '../initramfs/index.ts';
import { judgeView, sayLosses, viewOf } from './initramfs-view.ts';
import { visible } from './inspect-page.ts';
import { paint, say, sayJson } from './terminal.ts';

/** `mnx initramfs diff`: in which files two ramdisks differ, as a kernel would have them. */
export function initramfsDiff(): Command {
  return new Command('diff')
    .description('show which files two ramdisks have differently, as a kernel would have them')
    .argument('<a>', 'the ramdisk as it was')
    .argument('<b>', 'the ramdisk as it is now')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Exits 0 when the kernel would have the same files of both, 1 when not,
and 3 when it would lose some of either.

Examples:
  mnx initramfs diff old.gz new.gz
  mnx initramfs diff ramdisk.gz ramdisk.lz4 --json`,
    )
    .action(run);
}

async function run(a: string, b: string, { json }: { json?: boolean }): Promise<void> {
  const { compareEntries } = await import('../initramfs/index.ts');
  const views = [await viewOf(a), await viewOf(b)] as const;
  const differences = compareEntries(views[0].entries, views[1].entries);
  if (differences.length > 0) process.exitCode = 1;
  for (const view of views) judgeView(view);
  if (json) {
    const losses = views.map(({ lost, stopped }) => ({ lost, stopped }));
    return sayJson({ a, b, equal: differences.length === 0, differences, losses });
  }
  for (const view of views) sayLosses(view);
  for (const difference of differences) say(lineOf(difference));
  if (differences.length === 0) say('the kernel would have the same files of both');
}

const SIGNS = { added: ['green', '+'], removed: ['red', '-'], changed: ['yellow', '~'] } as const;

function lineOf(difference: EntryDifference): string {
  const [colour, sign] = SIGNS[difference.kind];
  const what =
    difference.kind === 'changed'
      ? difference.changes.map(({ field, from, to }) => `${field} ${from} -> ${to}`).join(', ')
      : difference.type === 'file'
        ? `${difference.size} bytes`
        : difference.type;
  return `${paint(colour, sign)} ${visible(`${difference.path}: ${what}`)}`;
}
