import { Command } from 'commander';
import { paint, say, sayJson, table } from './terminal.ts';

/** `mnx devices`: what can be built. */
export function devicesCommand(): Command {
  return new Command('devices')
    .description('list the devices that can be built')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  mnx devices\n  mnx devices --json | jq -r ".[].id"')
    .action(async (options: { json?: boolean }) => {
      const { listDevices } = await import('../device/index.ts');
      const devices = listDevices();
      if (options.json) return sayJson(devices);
      const rows = devices.map(({ id, name, soc, arch, support, variants }) => [
        id,
        name,
        soc,
        arch,
        support.level,
        variants.join(', '),
      ]);
      const [head, ...lines] = table([['DEVICE', 'NAME', 'SOC', 'ARCH', 'SUPPORT', 'VARIANTS'], ...rows]);
      say(paint('bold', head ?? ''));
      for (const line of lines) say(line);
    });
}
