import { Command, Option } from 'commander';
import { editCommand } from './bootimg-edit.ts';
import { type BuildFlags, payloadSource, requestOf, withBuild } from './build-options.ts';
import { isInteractive, note, paint, say, sayJson } from './terminal.ts';

interface BootimgFlags extends BuildFlags {
  readonly output?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `mnx bootimg`: one device definition in, a boot image and its manifest out. */
export function bootimgCommand(): Command {
  return withBuild(new Command('bootimg'))
    .description('build the boot image of a device, or edit any boot image')
    .enablePositionalOptions()
    .addCommand(editCommand())
    .option(
      '-o, --output <file>',
      'where the image goes (default: DEVICE-boot.img here); vendor_boot of header version 3 and 4 goes beside it',
    )
    .addOption(
      new Option('--for <use>', 'what it must fit: `fastboot boot`, or the boot partition').choices([
        'boot',
        'flash',
      ]),
    )
    .option('--dry-run', 'show the plan, build nothing')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx bootimg --device asus-z00t
  mnx bootimg --device asus-z00t --ssh-key ~/.ssh/id_ed25519.pub --root LABEL=rootfs
  mnx bootimg --device asus-z00t --ssh-key team.pub --host-key phone_ed25519
  mnx bootimg --device asus-flo --kernel zImage-dtb -o flo.img
  mnx bootimg --device asus-z00t --kernel-tree ~/linux/out --cmdline-append loglevel=7
  mnx bootimg --device asus-z00t --for flash --release
  mnx bootimg --device qemu-aarch64 --header-version 4 -o boot.img   (and boot-vendor_boot.img)
  mnx bootimg --device asus-z00t --for flash --avb-key testkey.pem
  mnx bootimg edit stock.img -o louder.img --cmdline-append loglevel=7`,
    )
    .action(run);
}

async function run(flags: BootimgFlags): Promise<void> {
  const { planBuild } = await import('../recipe/index.ts');
  const request = await requestOf(flags);
  const plan = planBuild(request);
  if (flags.dryRun) return showPlan(plan, flags.json === true);
  const { withProgress } = await import('./progress.ts');
  const { build, outputPaths, vendorBootPath, writeBuild } = await import('../recipe/index.ts');
  const { checkOutput } = await import('../output/index.ts');
  const output = flags.output ?? `${plan.device}-boot.img`;
  for (const path of outputPaths(output, plan)) await checkOutput(path);
  const result = await withProgress(async (progress) => {
    const made = await build(request, await payloadSource(flags, progress));
    await writeBuild(output, made);
    return made;
  });
  const beside = plan.vendorBoot === undefined ? {} : { vendorBootFile: vendorBootPath(output) };
  if (flags.json) return sayJson({ file: output, ...beside, ...JSON.parse(result.manifestText) });
  const { bootimgReport } = await import('./bootimg-report.ts');
  const written = { output, beside: outputPaths(output, plan).slice(1), named: flags.device };
  for (const line of bootimgReport({ result, request, plan }, written)) say(line);
}

async function showPlan(plan: unknown, json: boolean): Promise<void> {
  if (json) return sayJson(plan);
  const { stringify } = await import('smol-toml');
  say(paint('bold', '# what would be built'));
  say(stringify(JSON.parse(JSON.stringify(plan)) as object).trimEnd());
  if (isInteractive()) note(paint('dim', 'Nothing was built (--dry-run).'));
}
