import { Command, Option } from 'commander';
import { hex, UsageError } from '../binary/index.ts';
import type { Dtbo } from '../devicetree/index.ts';
import { writeFolder } from './dt.ts';
import { readInput, wholeNumber } from './input-file.ts';
import { paint, say, sayJson, sayWrote, size, table } from './terminal.ts';

/** `mnx dtbo`: dtbo.img, Android's table of device tree overlays. */
export function dtboCommand(): Command {
  return new Command('dtbo')
    .description('build and take apart dtbo.img, the table of device tree overlays')
    .addCommand(buildCommand())
    .addCommand(unpackCommand())
    .addHelpText(
      'after',
      `
Examples:
  mnx dtbo build -o dtbo.img a.dtbo --id 1 b.dtbo --id 2
  mnx dtbo unpack dtbo.img -d overlays`,
    );
}

interface BuildFlags {
  readonly output: string;
  readonly tableVersion: '0' | '1';
  readonly pageSize: number;
  readonly acpi?: boolean;
  readonly json?: boolean;
}

function buildCommand(): Command {
  return new Command('build')
    .description('build dtbo.img from overlays, each followed by its own flags')
    .usage('-o dtbo.img [flags for all] FILE [flags] FILE [flags] ...')
    .argument('[trees...]', 'overlays, each followed by the flags below')
    .requiredOption('-o, --output <file>', 'where the table goes')
    .addOption(
      new Option('--table-version <n>', 'version 1 can pack its trees').choices(['0', '1']).default('0'),
    )
    .option('--page-size <bytes>', 'what the header says of pages', wholeNumber, 2048)
    .option('--acpi', 'a table of ACPI overlays (ACPIO)')
    .option('--json', 'print one JSON document')
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
Of each tree:
  --id --rev --custom0 --custom1 --custom2 --custom3 N
  --flags N --compress none|zlib|gzip      with --table-version 1
  N is decimal, 0x, or /node:property to take it from the tree

Examples:
  mnx dtbo build -o dtbo.img a.dtbo --id 0x10 --rev 1 b.dtbo --id 0x20
  mnx dtbo build -o dtbo.img --table-version 1 --compress gzip --id /:board_id a.dtbo b.dtbo`,
    )
    .action(build);
}

async function build(args: readonly string[], flags: BuildFlags): Promise<void> {
  const { parseDtboEntries, dtboSource } = await import('./dtbo-entries.ts');
  const requests = parseDtboEntries(args);
  const { buildDtbo, dtboFormat } = await import('../devicetree/index.ts');
  const { writeAtomically } = await import('../output/index.ts');
  const version = flags.tableVersion === '1' ? 1 : 0;
  const sources = [];
  for (const request of requests) sources.push(dtboSource(request, await readInput(request.file), version));
  const { pageSize, output } = flags;
  const bytes = buildDtbo(sources, { version, pageSize, kind: flags.acpi ? 'acpio' : 'dtbo' });
  await writeAtomically(output, [bytes]);
  await report(
    dtboFormat.read(bytes),
    requests.map(({ file }) => file),
    flags.json,
  );
  if (!flags.json) sayWrote(output, size(bytes.length));
}

function unpackCommand(): Command {
  return new Command('unpack')
    .description('take dtbo.img apart; packed overlays are expanded')
    .argument('<file>')
    .requiredOption('-d, --directory <folder>', 'a folder that is not there yet, or empty')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  mnx dtbo unpack dtbo.img -d overlays --json')
    .action(unpack);
}

const TREE_LIMIT = 16 * 1024 * 1024;

async function unpack(
  file: string,
  flags: { readonly directory: string; readonly json?: boolean },
): Promise<void> {
  const { dtboBlob, dtboFormat } = await import('../devicetree/index.ts');
  const bytes = await readInput(file);
  if (!dtboFormat.detect(bytes)) {
    throw new UsageError('cli.no-dtbo', `${file} is no dtbo.img`, {
      hint: 'mnx dt unpack takes the tables of old loaders apart.',
    });
  }
  const contents = dtboFormat.read(bytes);
  const names = contents.entries.map((_, i) => `dtbo-${i}.dtbo`);
  await writeFolder(
    flags.directory,
    contents.entries.map((entry, i) => ({
      name: names[i] ?? '',
      bytes: dtboBlob(contents, entry, { limit: TREE_LIMIT }),
    })),
  );
  await report(contents, names, flags.json);
  if (!flags.json) sayWrote(flags.directory, `${names.length} overlays`);
}

async function report(contents: Dtbo, names: readonly string[], json: boolean | undefined): Promise<void> {
  const { dtboCompression } = await import('../devicetree/index.ts');
  const entries = contents.entries.map((entry, i) => ({
    file: names[i] ?? '',
    ...entry,
    compression: dtboCompression(contents, entry),
  }));
  const { kind, version, pageSize } = contents;
  if (json) return sayJson({ kind, version, pageSize, entries });
  say(`${paint('bold', kind)} version ${version}, ${entries.length} entries`);
  const rows = entries.map(({ file, size: bytes, id, rev, custom, compression }) => [
    `  ${file}`,
    size(bytes),
    `id ${hex(id)}`,
    `rev ${hex(rev)}`,
    `custom ${custom.map((word) => hex(word)).join(' ')}`,
    compression === 'none' ? '' : compression,
  ]);
  for (const line of table(rows, [1])) say(line);
}
