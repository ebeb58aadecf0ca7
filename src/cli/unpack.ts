import { Command } from 'commander';
import { noFile } from './input-file.ts';
import { say, sayJson, shellWord, table } from './terminal.ts';

interface UnpackFlags {
  readonly directory: string;
  readonly ramdisk?: boolean;
  readonly json?: boolean;
}

/** `mnx unpack`: an image as a folder that a person can edit. */
export function unpackCommand(): Command {
  return new Command('unpack')
    .description('take an image apart into a folder: its parts, and image.toml with all the rest')
    .argument(
      '<file>',
      'boot.img, vendor_boot, init_boot, Sony ELF, dtbo, dt.img, vbmeta, a kernel, a ramdisk',
    )
    .requiredOption('-d, --directory <folder>', 'a folder that is not there yet, or empty')
    .option(
      '--ramdisk',
      'take ramdisks apart as well, each archive into files and a list of owners, modes, devices',
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
mnx pack makes the same file again while nothing is changed. Vendors' wrappers, AVB footers,
Android sparse and unusual paddings are kept; a kernel's device trees become files of their own.

Examples:
  mnx unpack boot.img -d parts
  mnx unpack recovery.img -d parts --ramdisk`,
    )
    .action(run);
}

async function run(file: string, { directory, ramdisk = false, json }: UnpackFlags): Promise<void> {
  const { unpackFile } = await import('../unpack/index.ts');
  const { makeFolder } = await import('../output/index.ts');
  const { readdir, stat } = await import('node:fs/promises');
  const { join } = await import('node:path');
  await expectFile(file);
  await makeFolder(directory, (folder) => unpackFile(file, folder, { ramdisk }));
  const names = (await readdir(directory)).sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(directory, name));
      return { name, size: found.isFile() ? found.size : undefined };
    }),
  );
  if (json) return sayJson({ folder: directory, files });
  const rows = files.map(({ name, size }) => [
    `  ${name}${size === undefined ? '/' : ''}`,
    String(size ?? ''),
  ]);
  for (const line of table(rows, [1])) say(line);
  say(
    `Edit ${join(directory, 'image.toml')} and the parts, then: mnx pack ${shellWord(directory)} -o new.img`,
  );
}

async function expectFile(file: string): Promise<void> {
  const { UsageError } = await import('../binary/index.ts');
  const { stat } = await import('node:fs/promises');
  const found = await stat(file).catch((cause: unknown) => {
    if (file !== '-') throw noFile(file, cause);
  });
  if (found?.isFile()) return;
  throw new UsageError('cli.no-file', `${file} is no plain file`, {
    hint: 'Parts are read where they lie in the file: save what a pipe brings first, and name that.',
  });
}
