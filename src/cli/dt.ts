import { Command, Option } from 'commander';
import { type Format, FormatError, hex, inFile, UsageError } from '../binary/index.ts';
import type { BlobTable } from '../devicetree/index.ts';
import { readInput, wholeNumber } from './input-file.ts';
import { paint, say, sayJson, sayWrote, size, table } from './terminal.ts';

/** `mnx dt`: tables of device trees that old loaders choose from. */
export function dtCommand(): Command {
  return new Command('dt')
    .description("build and take apart dt.img, the loaders' tables of device trees")
    .addCommand(buildCommand())
    .addCommand(unpackCommand())
    .addHelpText(
      'after',
      `
Examples:
  mnx dt build arch/arm/boot/dts/*.dtb -o dt.img
  mnx dt unpack dt.img -d trees`,
    );
}

interface BuildFlags {
  readonly output: string;
  readonly pageSize: number;
  readonly tableVersion?: '1' | '2' | '3';
  readonly json?: boolean;
}

function buildCommand(): Command {
  return new Command('build')
    .description("build Qualcomm's dt.img (QCDT) from DTBs that name their boards")
    .argument('<dtb...>', 'DTBs with qcom,msm-id')
    .requiredOption('-o, --output <file>', 'where the table goes')
    .option('--page-size <bytes>', 'page size of the boot image', wholeNumber, 2048)
    .addOption(
      new Option('--table-version <n>', 'version of the table (default: what the DTBs need)').choices([
        '1',
        '2',
        '3',
      ]),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  mnx dt build msm8939-*.dtb -o dt.img\n  mnx dt build a.dtb b.dtb -o dt.img --page-size 4096 --table-version 2',
    )
    .action(build);
}

async function build(files: readonly string[], flags: BuildFlags): Promise<void> {
  const { buildQcdt, qcdtFormat, qcdtIds } = await import('../devicetree/index.ts');
  const { writeAtomically } = await import('../output/index.ts');
  const blobs = await Promise.all(files.map(readInput));
  for (const [i, blob] of blobs.entries()) ofFile(files[i] ?? '', () => qcdtIds(blob));
  const { tableVersion, pageSize, output } = flags;
  const version = tableVersion === undefined ? {} : { version: Number(tableVersion) as 1 | 2 | 3 };
  const bytes = buildQcdt(blobs, { pageSize, ...version });
  await writeAtomically(output, [bytes]);
  report({ format: qcdtFormat, contents: qcdtFormat.read(bytes) }, flags.json);
  if (!flags.json) sayWrote(output, size(bytes.length));
}

function unpackCommand(): Command {
  return new Command('unpack')
    .description('take a table apart: QCDT, Samsung DTBH, SPRD, PXA, or DTBs one behind the other')
    .argument('<file>')
    .requiredOption('-d, --directory <folder>', 'a folder that is not there yet, or empty')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  mnx dt unpack dt.img -d trees')
    .action(unpack);
}

async function unpack(
  file: string,
  flags: { readonly directory: string; readonly json?: boolean },
): Promise<void> {
  const bytes = await readInput(file);
  const opened = await openTable(bytes);
  const blobs = opened === undefined ? await chainOf(bytes, file) : opened.contents.blobs;
  const names = blobs.map((_, i) => `dt-${i}.dtb`);
  const outputs = await Promise.all(
    blobs.map(async (blob, i) => ({ name: names[i] ?? '', bytes: await treeOf(blob.bytes) })),
  );
  await writeFolder(flags.directory, outputs);
  if (opened !== undefined) report(opened, flags.json, names);
  else if (flags.json) sayJson({ format: 'fdt-chain', files: names });
  if (!flags.json) sayWrote(flags.directory, `${blobs.length} device trees`);
}

/** What a reader of one file among many has to say is said with its name. */
function ofFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw inFile(error, file);
  }
}

interface Opened {
  readonly format: Format<BlobTable>;
  readonly contents: BlobTable;
}

async function openTable(bytes: Uint8Array): Promise<Opened | undefined> {
  const { dtbhFormat, pxa19xxFormat, pxaDtFormat, qcdtFormat, sprdFormat } = await import(
    '../devicetree/index.ts'
  );
  const formats = [qcdtFormat, dtbhFormat, sprdFormat, pxaDtFormat, pxa19xxFormat];
  const format = formats.find(({ detect }) => detect(bytes));
  return format === undefined ? undefined : { format, contents: format.read(bytes) };
}

async function chainOf(bytes: Uint8Array, file: string): Promise<{ readonly bytes: Uint8Array }[]> {
  const { isDtbo, isFdt, splitFdts } = await import('../devicetree/index.ts');
  if (isFdt(bytes)) return splitFdts(bytes).map((blob) => ({ bytes: blob }));
  throw new UsageError('cli.no-dt-table', `${file} is no table of device trees`, {
    hint: isDtbo(bytes)
      ? 'It is a dtbo.img: mnx dtbo unpack takes it apart.'
      : 'Known are QCDT, DTBH, SPRD and PXA tables; take a boot image apart first.',
  });
}

/** The tree alone: padding is cut off and a gzip member of one is expanded, as LK does. */
async function treeOf(blob: Uint8Array): Promise<Uint8Array> {
  const { detectCodec, gunzip } = await import('../compress/index.ts');
  const { fdtSize, isFdt } = await import('../devicetree/index.ts');
  const tree = detectCodec(blob) === 'gzip' ? gunzip(blob, { limit: TREE_LIMIT }).data : blob;
  if (!isFdt(tree)) return tree;
  try {
    return tree.subarray(0, fdtSize(tree));
  } catch (error) {
    // A damaged tree is handed over as it lies there; whoever reads it is told.
    if (error instanceof FormatError) return tree;
    throw error;
  }
}

const TREE_LIMIT = 16 * 1024 * 1024;

/** Files side by side in a new folder, all of them or none. */
export async function writeFolder(
  folder: string,
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  const { dirname, join } = await import('node:path');
  const { ensureFolder, makeFolder } = await import('../output/index.ts');
  ensureFolder(dirname(folder));
  await makeFolder(folder, async (made) => {
    for (const { name, bytes } of files) await writeFile(join(made, name), bytes, { flush: true });
  });
}

function report({ format, contents }: Opened, json: boolean | undefined, names?: readonly string[]): void {
  const places = contents.blobs.map(({ offset }) => offset);
  const fileOf = (offset: number): string =>
    names?.[places.indexOf(offset)] ?? String(places.indexOf(offset));
  if (json) {
    const entries = contents.entries.map((entry) => ({ ...entry, file: fileOf(entry.offset) }));
    sayJson({ format: format.name, version: contents.version, entries });
    return;
  }
  say(`${paint('bold', format.name)} version ${contents.version}, ${contents.entries.length} entries`);
  const rows = contents.entries.map(({ ids, offset, size: bytes }) => [
    `  ${names === undefined ? 'tree ' : ''}${fileOf(offset)}`,
    size(bytes),
    Object.entries(ids)
      .map(([name, value]) => `${name} ${hex(value)}`)
      .join('  '),
  ]);
  for (const line of table(rows, [1])) say(line);
}
