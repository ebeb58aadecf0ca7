import type { ModuleIndex, ModuleRecord } from './module-index.ts';

/** Where a module lies once it is installed: expanded, whatever it was packed with. */
export function installedPath(record: ModuleRecord): string {
  return record.path.replace(/\.ko\.(xz|gz|zst)$/, '.ko');
}

/**
 * The tables that modprobe reads, for the modules of a set only: `modules.dep`, `modules.alias`,
 * `modules.softdep`, `modules.builtin`. Text is what busybox's modprobe reads; kmod's own wants binary indexes
 * and makes them from these with depmod.
 *
 * @returns file name and content, in that order.
 */
export function moduleTables(index: ModuleIndex, set: readonly ModuleRecord[]): Map<string, string> {
  const present = new Map(set.map((record) => [record.name, record]));
  const byName = [...set].sort((a, b) => (a.path < b.path ? -1 : 1));
  return new Map([
    ['modules.dep', lines(byName.map((record) => dependencyLine(record, present)))],
    ['modules.alias', lines(byName.flatMap(aliasLines))],
    ['modules.softdep', lines(byName.flatMap((record) => softdepLine(record)))],
    ['modules.builtin', lines([...index.builtin.keys()].sort().map((name) => `kernel/${name}.ko`))],
  ]);
}

function lines(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join('');
}

/** depmod lists what must be loaded last first: nearest dependency leftmost. */
function dependencyLine(record: ModuleRecord, present: ReadonlyMap<string, ModuleRecord>): string {
  const ordered: ModuleRecord[] = [];
  const seen = new Set([record]);
  const visit = (from: ModuleRecord): void => {
    for (const name of from.depends) {
      const found = present.get(name);
      if (found === undefined || seen.has(found)) continue;
      seen.add(found);
      visit(found);
      ordered.push(found);
    }
  };
  visit(record);
  const paths = ordered.reverse().map(installedPath);
  return `${installedPath(record)}:${paths.map((path) => ` ${path}`).join('')}`;
}

function aliasLines(record: ModuleRecord): string[] {
  return record.aliases.map((alias) => `alias ${alias} ${record.name}`);
}

function softdepLine(record: ModuleRecord): string[] {
  const pre = record.softdepsPre.length > 0 ? ` pre: ${record.softdepsPre.join(' ')}` : '';
  const post = record.softdepsPost.length > 0 ? ` post: ${record.softdepsPost.join(' ')}` : '';
  return pre + post === '' ? [] : [`softdep ${record.name}${pre}${post}`];
}
