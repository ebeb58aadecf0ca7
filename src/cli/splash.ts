import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { sha256, UsageError } from '../binary/index.ts';
import { needDevice } from './build-options.ts';
import { paint, say, sayJson, size } from './terminal.ts';

interface SplashFlags {
  readonly device: string;
  readonly variant?: string;
  readonly image?: string;
  readonly message?: string;
  readonly preview?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** `mnx splash`: the boot picture on the desk, and its framebuffer bytes. */
export function splashCommand(): Command {
  return needDevice(new Command('splash'))
    .description("render a device's splash: a preview picture, or raw framebuffer bytes")
    .option('--device <name|file>', 'the device whose panel it is for')
    .option('--variant <name>', 'a variant of the device')
    .option('--image <picture>', 'SVG, PNG or JPEG instead of the default picture')
    .option('--message <text>', 'a line of text over the picture')
    .option('--preview <file.png>', 'write what the panel will show')
    .option('-o, --output <folder>', 'write boot.raw, the bytes for the framebuffer')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx splash --device asus-z00t --preview splash.png
  mnx splash --device asus-flo --image logo.svg -o frames/`,
    )
    .action(run);
}

async function run(flags: SplashFlags): Promise<void> {
  if (flags.preview === undefined && flags.output === undefined) {
    throw new UsageError('cli.splash-output', 'nothing to write', {
      hint: 'Give --preview splash.png, or -o FOLDER for the raw frame.',
    });
  }
  const { loadDevice } = await import('../device/index.ts');
  const { encodePng, renderSplash } = await import('../splash/index.ts');
  const { checkOutput, writeAtomically } = await import('../recipe/index.ts');
  if (flags.preview !== undefined) await checkOutput(flags.preview);
  const device = loadDevice(flags.device, flags.variant === undefined ? {} : { variant: flags.variant });
  if (device.screen === undefined) {
    throw new UsageError('cli.no-screen', `${device.id} has no screen in its definition`);
  }
  const frame = await renderSplash({
    screen: device.screen,
    ...(flags.image === undefined ? {} : { image: flags.image }),
    ...(flags.message === undefined ? {} : { banner: flags.message }),
  });
  const files: { file: string; size: number; sha256: string; note: string }[] = [];
  const write = async (file: string, data: Uint8Array, about: string): Promise<void> => {
    await writeAtomically(file, [data]);
    files.push({ file, size: data.length, sha256: sha256(data), note: about });
  };
  if (flags.preview !== undefined) {
    const about = `${frame.width} x ${frame.height}, as the panel shows it`;
    await write(flags.preview, await encodePng(frame), about);
  }
  if (flags.output !== undefined) {
    await mkdir(flags.output, { recursive: true });
    await write(join(flags.output, 'boot.raw'), frame.data, `${frame.format}, stride ${frame.stride}`);
  }
  if (flags.json) return sayJson({ files });
  for (const { file, size: bytes, note: about } of files)
    say(`${paint('green', 'wrote')} ${file} (${size(bytes)}, ${about})`);
}
