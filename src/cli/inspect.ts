import { basename } from 'node:path';
import { Command } from 'commander';
import { MnxError, sha256 } from '../binary/index.ts';
import type { Inspection, Layer } from '../inspect/index.ts';
import { readInput, wholeNumber } from './input-file.ts';
import { sayMap } from './inspect-map.ts';
import { sayPage } from './inspect-page.ts';
import { sayJson } from './terminal.ts';

interface InspectFlags {
  readonly json?: boolean;
  readonly map?: boolean;
  readonly config?: boolean;
  readonly depth?: number;
}

/** `mnx inspect`: what a file is, and what lies in it. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('show what a file is and what lies in it: images, kernels, ramdisks, device trees')
    .argument(
      '<file>',
      'boot, vendor_boot, vbmeta or dtbo image, kernel, ramdisk, DTB, table of DTBs, .deb, sparse',
    )
    .option('--map', 'draw the layout of its bytes to scale')
    .option('--config', "print the kernel's own configuration (IKCONFIG)")
    .option('--depth <levels>', 'how deep to look, 0: the file itself', wholeNumber)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx inspect boot.img
  mnx inspect vendor_boot.img --map
  mnx inspect boot.img --config > .config
  mnx inspect ramdisk.gz --depth 1 --json

Exits 3 when the file or something in it is damaged, or expands beyond 128 MiB.`,
    )
    .action(run);
}

async function run(file: string, flags: InspectFlags): Promise<void> {
  const { inspectFile } = await import('../inspect/index.ts');
  const { depth } = flags;
  const options = { name: basename(file), ...(depth === undefined ? {} : { depth }) };
  const inspection = await inspectFile(await readInput(file), options);
  if (flags.config) await sayConfig(inspection, flags.json === true);
  else if (flags.json) sayJson(documentOf(file, inspection));
  else if (flags.map) sayMap(inspection.layer);
  else await sayPage(inspection);
  if (inspection.damaged) process.exitCode = 3;
}

async function sayConfig({ layer }: Inspection, json: boolean): Promise<void> {
  const { CONFIG, eachLayer } = await import('../inspect/index.ts');
  const found = [...eachLayer(layer)].find(({ name }) => name === CONFIG);
  if (found === undefined) {
    throw new MnxError('inspect.no-config', 'no kernel in this file carries its configuration', {
      hint: 'It was built without CONFIG_IKCONFIG; Debian puts the file into the package of the kernel.',
    });
  }
  const config = Buffer.from(found.bytes).toString('latin1');
  if (json) sayJson({ config });
  else process.stdout.write(config);
}

function documentOf(file: string, { layer, findings }: Inspection): unknown {
  return { file, ...layerJson(layer), findings };
}

function layerJson({ name, format, title, offset, bytes, facts, inside, problem }: Layer): object {
  return {
    name,
    format,
    title,
    ...(offset === undefined ? { expanded: true } : { offset }),
    size: bytes.length,
    sha256: sha256(bytes),
    facts,
    ...(problem === undefined ? {} : { problem: { code: problem.code, message: problem.message } }),
    inside: inside.map(layerJson),
  };
}
