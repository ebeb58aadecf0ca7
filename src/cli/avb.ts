import { Command, Option } from 'commander';
import { UsageError } from '../binary/index.ts';
import { readInput, wholeNumber } from './input-file.ts';
import { note, sayJson, sayWrote, size } from './terminal.ts';

/** `mnx avb`: what Android Verified Boot wants behind an image, and vbmeta. */
export function avbCommand(): Command {
  return new Command('avb')
    .description('Android Verified Boot 2: hash footers, vbmeta, signing')
    .addCommand(footerCommand())
    .addCommand(vbmetaCommand())
    .addHelpText(
      'after',
      `
Examples:
  mnx avb vbmeta --flags 3 -o vbmeta.img
  mnx avb footer add boot.img --partition boot --partition-size 0x4000000 --in-place
  mnx verify boot.img                       says what a footer is worth`,
    );
}

interface Output {
  readonly output?: string;
  readonly inPlace?: boolean;
  readonly json?: boolean;
}

interface Signing {
  readonly avbKey?: string;
  readonly rollbackIndex?: number;
}

interface AddFlags extends Output, Signing {
  readonly partition: string;
  readonly partitionSize?: number;
  readonly salt?: string;
  readonly prop?: readonly string[];
}

function footerCommand(): Command {
  const add = withOutput(new Command('add'))
    .description('add a hash footer, or make the one that is there anew')
    .argument('<file>')
    .requiredOption('--partition <name>', 'boot, init_boot, vendor_boot, ...')
    .option('--partition-size <bytes>', 'of the partition; without it the least that holds it', wholeNumber)
    .option('--salt <hex>', 'salt of the digest (default: made from the content)')
    .option('--prop <key:value>', 'a property (repeatable)', collect);
  const erase = withOutput(new Command('erase'))
    .description('take a footer off: the image as it was before')
    .argument('<file>')
    .addHelpText('after', '\nExamples:\n  mnx avb footer erase boot.img -o plain.img')
    .action(eraseFrom);
  return new Command('footer')
    .description('add, renew and take off hash footers')
    .addCommand(
      withKey(add)
        .addHelpText(
          'after',
          '\nExamples:\n  mnx avb footer add boot.img --partition boot --avb-key key.pem -o signed.img\n  mnx avb footer add boot.img --partition boot --partition-size 67108864 --in-place',
        )
        .action(addTo),
    )
    .addCommand(erase)
    .addHelpText('after', '\nExamples:\n  mnx avb footer add boot.img --partition boot --in-place');
}

function vbmetaCommand(): Command {
  return withKey(new Command('vbmeta'))
    .description('make vbmeta.img; flags 3 turns verification off')
    .requiredOption('-o, --output <file>', 'where it goes')
    .addOption(
      new Option('--flags <n>', '1 no hashtrees, 2 no verification, 3 both')
        .argParser(wholeNumber)
        .default(0),
    )
    .option('--padding <bytes>', 'round the size up to a multiple', wholeNumber, 4096)
    .option('--prop <key:value>', 'a property (repeatable)', collect)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  mnx avb vbmeta --flags 3 -o vbmeta.img\n  mnx avb vbmeta --avb-key key.pem --prop a:b -o vbmeta.img',
    )
    .action(makeVbmetaFile);
}

function withOutput(command: Command): Command {
  return command
    .option('-o, --output <file>', 'where the new image goes')
    .option('--in-place', 'replace the file itself')
    .option('--json', 'print one JSON document');
}

function withKey(command: Command): Command {
  return command
    .option('--avb-key <file>', 'PEM key to sign with, RSA of 2048, 4096 or 8192 bits (default: unsigned)')
    .option('--rollback-index <n>', 'rollback index', wholeNumber);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function addTo(file: string, flags: AddFlags): Promise<void> {
  const { addHashFooter } = await import('../avb/index.ts');
  const { salt } = flags;
  if (salt !== undefined && !/^(?:[\da-f]{2})+$/i.test(salt))
    throw new UsageError('cli.usage', `--salt ${salt}: want hex`, {
      hint: 'Two digits a byte, such as 00ff.',
    });
  const image = await readInput(file);
  const pieces = addHashFooter(image, {
    partitionName: flags.partition,
    partitionSize: flags.partitionSize ?? 'dynamic',
    ...(salt === undefined ? {} : { salt: new Uint8Array(Buffer.from(salt, 'hex')) }),
    props: propsOf(flags.prop),
    ...(await signing(flags)),
  });
  await write(file, pieces, flags);
}

async function eraseFrom(file: string, flags: Output): Promise<void> {
  const { eraseFooter, readFooter } = await import('../avb/index.ts');
  const image = await readInput(file);
  if (readFooter(image) === undefined) note(`${file} has no AVB footer`);
  await write(file, eraseFooter(image), flags);
}

async function makeVbmetaFile(
  flags: Signing & {
    readonly output: string;
    readonly flags: number;
    readonly padding: number;
    readonly prop?: readonly string[];
    readonly json?: boolean;
  },
): Promise<void> {
  const { makeVbmeta } = await import('../avb/index.ts');
  const { utf8 } = await import('../binary/index.ts');
  const descriptors = propsOf(flags.prop).map(([key, value]) => ({
    kind: 'property' as const,
    key,
    value: utf8(value),
  }));
  const { padding } = flags;
  const bytes = makeVbmeta({ descriptors, padding, flags: flags.flags, ...(await signing(flags)) });
  await write(flags.output, [bytes], flags);
}

async function signing({ avbKey, rollbackIndex }: Signing) {
  return {
    ...(avbKey === undefined ? {} : { key: await readInput(avbKey) }),
    ...(rollbackIndex === undefined ? {} : { rollbackIndex: BigInt(rollbackIndex) }),
  };
}

function propsOf(props: readonly string[] = []): (readonly [string, string])[] {
  return props.map((prop) => {
    const at = prop.indexOf(':');
    if (at < 1)
      throw new UsageError('cli.usage', `--prop ${prop}: want KEY:VALUE`, {
        hint: 'Such as --prop com.android.build.boot.os_version:14.',
      });
    return [prop.slice(0, at), prop.slice(at + 1)];
  });
}

async function write(file: string, pieces: readonly Uint8Array[], flags: Output): Promise<void> {
  if ((flags.output === undefined) === (flags.inPlace !== true)) {
    throw new UsageError('cli.usage', 'name one of -o FILE and --in-place', {
      hint: '-o FILE writes a new image, --in-place replaces this one.',
    });
  }
  const { writeAtomically } = await import('../output/index.ts');
  const output = flags.output ?? file;
  await writeAtomically(output, pieces);
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (flags.json) return sayJson({ file: output, size: bytes });
  sayWrote(output, size(bytes));
}
