import { Command } from 'commander';
import { type BuildFlags, payloadSource, requestOf, withDevice, withPayloads } from './build-options.ts';
import { paint, say, sayJson, size, table } from './terminal.ts';

interface FetchFlags extends BuildFlags {
  readonly lock?: boolean;
  readonly refresh?: boolean;
  readonly json?: boolean;
}

/** `mnx fetch`: brings everything that a build will need, so that it can run offline. */
export function fetchCommand(): Command {
  return withPayloads(withDevice(new Command('fetch')))
    .description('fetch kernel, programs and driver sources of a device ahead of a build')
    .option('--with <package>', 'also a Debian package (repeatable)', (value, all: string[] = []) => [
      ...all,
      value,
    ])
    .option('--root <spec>', 'also the programs that this root takes, as --root of a build')
    .option('--refresh', 'look for newer versions')
    .option('--lock', 'pin the versions in mnx.lock in the current folder')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx fetch --device asus-z00t
  mnx fetch --device asus-z00t --refresh --lock
  mnx fetch --device asus-z00t --root PARTLABEL=userdata,luks --lock
  mnx bootimg --device asus-z00t --offline --locked`,
    )
    .action(run);
}

async function run(flags: FetchFlags): Promise<void> {
  const { fetchPayloads } = await import('../recipe/index.ts');
  const { writeLock } = await import('../payload/index.ts');
  const { withProgress } = await import('./progress.ts');
  const request = await requestOf(flags);
  const packages = await withProgress(async (progress) => {
    const context = await payloadSource(flags, progress, { refresh: flags.refresh === true });
    await fetchPayloads(request, context);
    if (flags.lock) await writeLock(context);
    return [...context.used.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  });
  if (flags.json) return sayJson({ packages });
  const rows = packages.map(({ name, version, arch, size: bytes }) => [name, version, arch, size(bytes)]);
  for (const line of table(rows, [3])) say(line);
  say(`${paint('green', 'ready')}: ${packages.length} packages${flags.lock ? ', pinned in mnx.lock' : ''}`);
}
