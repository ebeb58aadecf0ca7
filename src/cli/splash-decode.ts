import { Command } from 'commander';
import { UsageError, unreadable } from '../binary/index.ts';
import { readWhole } from '../output/index.ts';
import { needDevice } from './build-options.ts';
import { readInput } from './input-file.ts';
import { sayJson, sayWrote, size } from './terminal.ts';

interface DecodeFlags {
  readonly device: string;
  readonly variant?: string;
  readonly output?: string;
  readonly buffer: string;
  readonly upright?: boolean;
  readonly json?: boolean;
}

/** `mnx splash decode`: a dump of /dev/fb0, or a boot.raw, as a PNG. */
export function splashDecodeCommand(): Command {
  return needDevice(new Command('decode'))
    .description('turn framebuffer bytes (cat /dev/fb0, boot.raw) into a PNG')
    .argument('<frame>', 'the raw bytes')
    .option('--device <name|file>', 'the device that they come from')
    .option('--variant <name>', 'a variant of the device')
    .option('--buffer <n>', 'which buffer of a dump that holds more than one', '1')
    .option('--upright', "take the panel's turn back")
    .option('-o, --output <file.png>', 'the PNG to write')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  mnx splash decode dump.raw --device asus-z00t -o screen.png')
    .action(run);
}

async function run(file: string, flags: DecodeFlags): Promise<void> {
  const { output } = flags;
  if (output === undefined) {
    throw new UsageError('cli.splash-output', 'nothing to write', { hint: 'Give -o screen.png.' });
  }
  const { checkOutput, writeAtomically } = await import('../output/index.ts');
  const { loadDevice } = await import('../device/index.ts');
  const { decodeFrame, encodePng, uprightFrame } = await import('../splash/index.ts');
  await checkOutput(output);
  const { id, screen } = loadDevice(
    flags.device,
    flags.variant === undefined ? {} : { variant: flags.variant },
  );
  if (screen === undefined) throw new UsageError('cli.no-screen', `${id} has no screen in its definition`);
  const frame = decodeFrame(
    bufferOf(await readDump(file), screen.stride * screen.height, flags.buffer),
    screen,
  );
  const shown = flags.upright ? uprightFrame(frame, screen) : frame;
  const png = await encodePng(shown);
  await writeAtomically(output, [png]);
  if (flags.json) sayJson({ file: output, size: png.length, width: shown.width, height: shown.height });
  else sayWrote(output, `${size(png.length)}, ${shown.width} x ${shown.height}`);
}

/** The bytes of one buffer; of a dump that is too short all of them, so that the decoder says so. */
function bufferOf(dump: Uint8Array, length: number, wanted: string): Uint8Array {
  if (dump.length < length) return dump;
  const count = Math.floor(dump.length / length);
  const index = /^\d+$/.test(wanted) ? Number(wanted) : 0;
  if (index < 1 || index > count) {
    throw new UsageError(
      'cli.splash-buffer',
      `--buffer ${wanted}: the dump holds ${count} of ${length} bytes`,
    );
  }
  return dump.subarray((index - 1) * length, index * length);
}

/** @throws UsageError `cli.no-dump` */
export async function readDump(file: string): Promise<Uint8Array> {
  if (file === '-') return readInput(file);
  return readWhole(file).catch((cause: unknown) => {
    throw new UsageError('cli.no-dump', `cannot read ${file}${unreadable(cause)}`, {
      hint: 'Name the file that `cat /dev/fb0` was written to.',
      cause,
    });
  });
}
