import { Command, Option } from 'commander';
import { UsageError } from '../binary/index.ts';
import type { EditablePart } from '../bootimg/index.ts';
import type { AddedFile } from '../initramfs/index.ts';
import type { FileEdit } from '../recipe/index.ts';
import { readInput } from './input-file.ts';
import { sayJson, sayWrote, size, warn } from './terminal.ts';

interface EditFlags {
  readonly output?: string;
  readonly inPlace?: boolean;
  readonly json?: boolean;
  readonly cmdline?: string;
  readonly cmdlineAppend?: string;
  readonly board?: string;
  readonly osVersion?: string;
  readonly osPatchLevel?: string;
  readonly id?: 'sha1' | 'sha256' | 'none';
  readonly kernel?: string;
  readonly ramdisk?: string;
  readonly second?: string;
  readonly dtb?: string;
  readonly dt?: string;
  readonly bootconfig?: string;
  readonly fragment?: string;
  readonly addFile?: readonly string[];
  readonly avbKey?: string;
  readonly avb?: 'erase' | 'keep';
}

/** `mnx bootimg edit`: one thing of an image changed, the rest as it was. */
export function editCommand(): Command {
  return new Command('edit')
    .description('change something in any boot image and keep the rest: wrappers, ids, AVB, sparse')
    .argument('<file>', 'boot, init_boot, vendor_boot, PXA, Sony ELF; wrapped or sparse')
    .option('-o, --output <file>', 'where the new image goes')
    .option('--in-place', 'replace the file itself')
    .option('--cmdline <text>', 'another kernel command line')
    .option('--cmdline-append <text>', 'words behind the command line')
    .option('--kernel <file>', 'another kernel section')
    .option('--ramdisk <file>', 'another ramdisk')
    .option('--second <file>', 'another second section')
    .option('--dtb <file>', 'another DTB, or behind the kernel of v0 and v1')
    .option('--dt <file>', 'another QCDT of v0')
    .option('--bootconfig <file>', 'another bootconfig of vendor_boot v4')
    .option('--fragment <name>', 'which ramdisk of vendor_boot is meant')
    .option(
      '--add-file <src:dest[:mode]>',
      'put a file into the ramdisk, which keeps its codec (repeatable)',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--board <name>', 'another board name')
    .option('--os-version <a.b.c>', 'another Android version')
    .option('--os-patch-level <yyyy-mm>', 'another security patch level')
    .addOption(new Option('--id <rule>', 'how the id is made').choices(['sha1', 'sha256', 'none']))
    .option('--avb-key <file>', 'PEM key that signs the AVB footer again')
    .addOption(
      new Option('--avb <what>', 'a signed footer without a key (default: erase)').choices(['erase', 'keep']),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx bootimg edit boot.img -o louder.img --cmdline-append loglevel=7
  mnx bootimg edit boot.img --in-place --kernel Image.gz-dtb --avb-key testkey.pem
  mnx bootimg edit vendor_boot.img -o v.img --fragment dlkm --ramdisk modules.lz4
  mnx bootimg edit boot.img -o b.img --add-file debug.sh:/hooks/debug.sh:0755`,
    )
    .action(run);
}

async function run(file: string, flags: EditFlags): Promise<void> {
  if ((flags.output === undefined) === (flags.inPlace !== true)) {
    throw new UsageError('cli.usage', 'name one of -o FILE and --in-place', {
      hint: '-o FILE writes a new image, --in-place replaces this one.',
    });
  }
  const asked = [...PARTS, ...TEXTS, 'addFile', 'avbKey'] as const;
  if (asked.every((name) => flags[name] === undefined)) {
    throw new UsageError('cli.usage', 'nothing is named that shall be different', {
      hint: 'mnx bootimg edit --help shows what can be: --cmdline-append, --kernel, --add-file, ...',
    });
  }
  const { editFile } = await import('../recipe/index.ts');
  const { checkOutput, writeAtomically } = await import('../output/index.ts');
  const output = flags.output ?? file;
  const input = await readInput(file);
  await checkOutput(output);
  const { bytes, warnings } = await editFile(input, await editOf(flags));
  await writeAtomically(output, [bytes]);
  if (flags.json) return sayJson({ file: output, size: bytes.length, warnings });
  for (const warning of warnings) warn(warning);
  sayWrote(output, size(bytes.length));
}

const PARTS = [
  'kernel',
  'ramdisk',
  'second',
  'dtb',
  'dt',
  'bootconfig',
] as const satisfies readonly EditablePart[];
const TEXTS = [
  'cmdline',
  'cmdlineAppend',
  'board',
  'osVersion',
  'osPatchLevel',
  'id',
  'fragment',
  'avb',
] as const;

async function editOf(flags: EditFlags): Promise<FileEdit> {
  const parts: Partial<Record<EditablePart, Uint8Array>> = {};
  for (const name of PARTS) {
    const file = flags[name];
    if (file !== undefined) parts[name] = await readInput(file);
  }
  const texts = Object.fromEntries(
    TEXTS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])),
  );
  const files: AddedFile[] = [];
  for (const spec of flags.addFile ?? []) files.push(await addedFile(spec));
  const { avbKey } = flags;
  return { ...texts, parts, files, ...(avbKey === undefined ? {} : { avbKey: await readInput(avbKey) }) };
}

async function addedFile(spec: string): Promise<AddedFile> {
  const found = /^(.+?):([^:]+)(?::(0?[0-7]{3,4}))?$/s.exec(spec);
  const [, source, path, mode] = found ?? [];
  if (source === undefined || path === undefined) {
    throw new UsageError(
      'cli.usage',
      `--add-file ${spec}: want SOURCE:DESTINATION or SOURCE:DESTINATION:MODE`,
    );
  }
  const data = await readInput(source);
  return { path, data, ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }) };
}
