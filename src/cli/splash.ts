import { Command } from 'commander';
import { UsageError } from '../binary/index.ts';
import { say, size } from './terminal.ts';

interface SplashFlags {
  readonly device: string;
  readonly variant?: string;
  readonly image?: string;
  readonly message?: string;
  readonly preview?: string;
  readonly output?: string;
}

/** `mnx splash`: the boot picture on the desk, and its framebuffer bytes. */
export function splashCommand(): Command {
  return new Command('splash')
    .description("render a device's splash: a preview picture, or raw framebuffer bytes")
    .requiredOption('--device <name|file>', 'the device whose panel it is for')
    .option('--variant <name>', 'a variant of the device')
    .option('--image <picture>', 'SVG, PNG or JPEG instead of the default picture')
    .option('--message <text>', 'a line of text over the picture')
    .option('--preview <file.png>', 'write what the panel will show')
    .option('-o, --output <folder>', 'write boot.raw, the bytes for the framebuffer')
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
  const { writeAtomically } = await import('../recipe/index.ts');
  const device = loadDevice(flags.device, flags.variant === undefined ? {} : { variant: flags.variant });
  if (device.screen === undefined) {
    throw new UsageError('cli.no-screen', `${device.id} has no screen in its definition`);
  }
  const frame = await renderSplash({
    screen: device.screen,
    ...(flags.image === undefined ? {} : { image: flags.image }),
    ...(flags.message === undefined ? {} : { banner: flags.message }),
  });
  if (flags.preview !== undefined) {
    await writeAtomically(flags.preview, [await encodePng(frame)]);
    say(`wrote ${flags.preview} (${frame.width} x ${frame.height}, as the panel shows it)`);
  }
  if (flags.output !== undefined) {
    const { mkdir } = await import('node:fs/promises');
    const { join } = await import('node:path');
    await mkdir(flags.output, { recursive: true });
    const file = join(flags.output, 'boot.raw');
    await writeAtomically(file, [frame.data]);
    say(`wrote ${file} (${size(frame.data.length)}, ${frame.format}, stride ${frame.stride})`);
  }
}
