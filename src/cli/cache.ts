import { Command } from 'commander';
import { say, sayJson, size, table } from './terminal.ts';

/** `mnx cache`: what was fetched and built, and how much room it takes. */
export function cacheCommand(): Command {
  return new Command('cache')
    .description('look at the cache of packages and builds, or empty it')
    .addCommand(listCommand())
    .addCommand(cleanCommand())
    .addHelpText('after', '\nExamples:\n  mnx cache list\n  mnx cache clean --builds');
}

function listCommand(): Command {
  return new Command('list')
    .description('list what the cache holds')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  mnx cache list\n  mnx cache list --json')
    .action(async ({ json }: { json?: boolean }) => {
      const { openCache } = await import('../payload/index.ts');
      const cache = openCache();
      const entries = await cache.list();
      if (json) return sayJson({ root: cache.root, entries });
      const rows = entries.map(({ kind, label, name, size: bytes }) => ({
        key: `${kind}\0${label ?? '~'}\0${name}`,
        cells: [kind, label ?? name.slice(0, 24), size(bytes)],
      }));
      rows.sort((a, b) => (a.key < b.key ? -1 : 1));
      for (const line of table(
        rows.map(({ cells }) => cells),
        [2],
      ))
        say(line);
      const total = entries.reduce((sum, entry) => sum + entry.size, 0);
      say(`${size(total)} in ${cache.root}`);
    });
}

function cleanCommand(): Command {
  return new Command('clean')
    .description('remove what the cache holds; the next build fetches again')
    .option('--builds', 'remove finished builds and parts of them only, keep what was fetched')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  mnx cache clean --builds\n  mnx cache clean')
    .action(async ({ builds, json }: { builds?: boolean; json?: boolean }) => {
      const { openCache } = await import('../payload/index.ts');
      const freed = await openCache().clean(builds ? ['builds', 'parts'] : undefined);
      if (json) return sayJson({ freed });
      say(`freed ${size(freed)}`);
    });
}
