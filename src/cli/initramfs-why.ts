import { Command } from 'commander';
import { type BuildFlags, payloadSource, requestOf, withBuild } from './build-options.ts';
import { visible } from './inspect-page.ts';
import { paint, say, sayJson } from './terminal.ts';

interface WhyFlags extends BuildFlags {
  readonly json?: boolean;
}

/** `mnx initramfs why`: by which chain a file or a module comes into a ramdisk. */
export function initramfsWhy(): Command {
  return withBuild(new Command('why'))
    .description('tell by which chain a module, library or file comes into the ramdisk of a device')
    .argument('<name>', 'a module, a path, or the name of a file')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Each line is the reason of the one above it.

Examples:
  mnx initramfs why jbd2 --device asus-z00t
  mnx initramfs why libcrypt.so.1 --device asus-z00t
  mnx initramfs why etc/mnx.conf --device qemu-aarch64 --json`,
    )
    .action(run);
}

async function run(name: string, flags: WhyFlags): Promise<void> {
  const { buildRamdisk, whyInside } = await import('../recipe/index.ts');
  const { withProgress } = await import('./progress.ts');
  const request = await requestOf(flags);
  const made = await withProgress(async (progress) =>
    buildRamdisk(request, await payloadSource(flags, progress)),
  );
  const chains = whyInside(name, made);
  if (flags.json) return sayJson(chains);
  for (const { path, links } of chains) {
    say(paint('bold', visible(path)));
    for (const link of links) say(`  <- ${visible(link)}`);
  }
}
