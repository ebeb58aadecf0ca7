import { Command } from 'commander';
import type { Room } from '../initramfs/index.ts';
import { judgeView, sayLosses, viewOf } from './initramfs-view.ts';
import { wholeNumber } from './input-file.ts';
import { visible } from './inspect-page.ts';
import { say, sayJson, size, table } from './terminal.ts';

interface SizeFlags {
  readonly depth: number;
  readonly json?: boolean;
}

const DEPTH = 3;
/** What takes less than this share of the whole is drawn as one line with its like. */
const SHARE = 0.01;

/** `mnx initramfs size`: a tree of what takes the room. */
export function initramfsSize(): Command {
  return new Command('size')
    .description('draw a tree of what takes the room in a ramdisk')
    .argument('<file>')
    .option('--depth <n>', 'how many folders deep', wholeNumber, DEPTH)
    .option('--json', 'print one JSON document, with all of the tree')
    .addHelpText(
      'after',
      `
Sizes are those of the files, before compression; a file with several names counts at its first.

Examples:
  mnx initramfs size ramdisk.gz
  mnx initramfs size ramdisk.gz --depth 6`,
    )
    .action(run);
}

async function run(file: string, { depth, json }: SizeFlags): Promise<void> {
  const { roomOf } = await import('../initramfs/index.ts');
  const view = await viewOf(file);
  const root = roomOf(view.entries);
  judgeView(view);
  if (json) return sayJson(root);
  const rows = [rowOf(root, root.bytes, ''), ...drawn(root, { whole: root.bytes, depth, indent: '' })];
  for (const line of table(rows, [0, 1])) say(line);
  sayLosses(view);
}

interface Drawing {
  readonly whole: number;
  readonly depth: number;
  readonly indent: string;
}

function drawn(room: Room, { whole, depth, indent }: Drawing): string[][] {
  if (depth === 0) return [];
  const large = room.inside.filter(({ bytes }) => bytes >= whole * SHARE && bytes > 0);
  const small = room.inside.slice(large.length);
  const shown = small.length === 0 ? large : [...large, together(small)];
  return shown.flatMap((each, i) => {
    const last = i === shown.length - 1;
    const below = { whole, depth: depth - 1, indent: `${indent}${last ? '   ' : '│  '}` };
    return [rowOf(each, whole, `${indent}${last ? '└─ ' : '├─ '}`), ...drawn(each, below)];
  });
}

function together(rooms: readonly Room[]): Room {
  const bytes = rooms.reduce((sum, room) => sum + room.bytes, 0);
  return { name: `(${rooms.length} smaller)`, bytes, entries: 0, inside: [] };
}

function rowOf({ name, bytes, entries }: Room, whole: number, branch: string): string[] {
  const percent = whole === 0 ? 0 : (100 * bytes) / whole;
  const count = entries === 0 ? '' : `  (${entries} entries)`;
  return [size(bytes), `${percent.toFixed(0)}%`, `${branch}${visible(name)}${count}`];
}
