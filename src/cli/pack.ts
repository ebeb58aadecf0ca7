import { Command } from 'commander';
import { readInput } from './input-file.ts';
import { sayJson, sayWrote, size, warn } from './terminal.ts';

interface PackFlags {
  readonly output: string;
  readonly avbKey?: string;
  readonly json?: boolean;
}

/** `mnx pack`: what `mnx unpack` took apart, together again. */
export function packCommand(): Command {
  return new Command('pack')
    .description('put a folder of mnx unpack together again')
    .argument('<folder>', 'the folder with image.toml')
    .requiredOption('-o, --output <file>', 'the image')
    .option('--avb-key <file>', 'PEM key that signs the AVB footer of a changed image')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Sizes and offsets follow the files. The id, vendors' wrappers, the AVB footer and sparse are brought
up to date; a signed footer is taken off when the image has changed and no key is given.

Examples:
  mnx pack parts -o boot.img
  mnx pack parts -o boot.img --avb-key testkey_rsa2048.pem`,
    )
    .action(run);
}

async function run(folder: string, { output, avbKey, json }: PackFlags): Promise<void> {
  const { packFolder } = await import('../unpack/index.ts');
  const { checkOutput, writeAtomically } = await import('../output/index.ts');
  const { stat } = await import('node:fs/promises');
  await checkOutput(output);
  const warnings: string[] = [];
  const key = avbKey === undefined ? undefined : await readInput(avbKey);
  const packed = await packFolder(folder, {
    ...(key === undefined ? {} : { avbKey: key }),
    warn: (text) => warnings.push(text),
  });
  try {
    await writeAtomically(output, packed.pieces);
  } finally {
    packed.close();
  }
  const bytes = (await stat(output)).size;
  if (json) return sayJson({ file: output, size: bytes, warnings });
  for (const text of warnings) warn(text);
  sayWrote(output, size(bytes));
}
