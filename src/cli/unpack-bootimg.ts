import { Command, Option } from 'commander';
import { UsageError } from '../binary/index.ts';
import { readInput } from './input-file.ts';
import { shellWord } from './terminal.ts';
import type { Unpacked } from './unpack-bootimg-parts.ts';

interface UnpackFlags {
  readonly boot_img: string;
  readonly out: string;
  readonly format: 'info' | 'mkbootimg';
  readonly null?: boolean;
}

/** `mnx unpack_bootimg`: AOSP's flags, files and texts (unpack_bootimg.py of Android 14). */
export function unpackBootimgCommand(): Command {
  return new Command('unpack_bootimg')
    .description("take boot.img or vendor_boot.img apart with the flags of AOSP's unpack_bootimg")
    .requiredOption('--boot_img <file>', 'the boot, recovery or vendor_boot image')
    .option('--out <folder>', 'where the parts go', 'out')
    .addOption(
      new Option('--format <format>', 'what is printed').choices(['info', 'mkbootimg']).default('info'),
    )
    .option('-0, --null', 'end each argument with a NUL in place of quoting it')
    .addHelpText(
      'after',
      `
Examples:
  mnx unpack_bootimg --boot_img boot.img --out parts
  mnx unpack_bootimg --boot_img boot.img --format=mkbootimg -0 | xargs -0 mnx mkbootimg -o new.img`,
    )
    .action(run);
}

async function run(flags: UnpackFlags): Promise<void> {
  const { unpackBoot, unpackVendorBoot } = await import('./unpack-bootimg-parts.ts');
  const { isVendorBootImage } = await import('../bootimg/index.ts');
  const bytes = await readInput(flags.boot_img);
  const unpacked = isVendorBootImage(bytes)
    ? unpackVendorBoot(bytes, flags.out)
    : unpackBoot(bytes, flags.out);
  // What cannot be printed as asked is refused before anything is written.
  const text = textOf(unpacked, flags);
  await writeParts(unpacked, flags.out);
  process.stdout.write(text);
}

function textOf({ info, mkbootimg }: Unpacked, flags: UnpackFlags): string {
  if (flags.format === 'info') return `${info().join('\n')}\n`;
  const args = mkbootimg();
  return flags.null ? args.map((arg) => `${arg}\0`).join('') : `${args.map(shellWord).join(' ')}\n`;
}

async function writeParts({ files, links }: Unpacked, folder: string): Promise<void> {
  const { lstat, mkdir, rm, symlink } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const { ensureFolder, writeAtomically } = await import('../output/index.ts');
  ensureFolder(folder);
  for (const [name, bytes] of files) await writeAtomically(join(folder, name), [bytes]);
  if (links === undefined) return;
  const byName = join(folder, 'vendor-ramdisk-by-name');
  await mkdir(byName, { recursive: true });
  if (!(await lstat(byName)).isDirectory()) {
    throw new UsageError('cli.not-a-folder', `${byName} is a link, not a folder`);
  }
  for (const [name, target] of links) {
    await rm(join(byName, name), { force: true });
    await symlink(join('..', target), join(byName, name));
  }
}
