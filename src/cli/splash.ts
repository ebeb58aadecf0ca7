import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { sha256, UsageError, utf8 } from '../binary/index.ts';
import type { Anchor, Fit, Moment, SafeArea, SplashOptions } from '../splash/index.ts';
import { needDevice } from './build-options.ts';
import { splashDecodeCommand } from './splash-decode.ts';
import { splashDoctorCommand } from './splash-doctor.ts';
import { sayJson, sayWrote, size } from './terminal.ts';

interface SplashFlags {
  readonly device: string;
  readonly variant?: string;
  readonly image?: string;
  readonly theme?: string;
  readonly fit?: Fit;
  readonly anchor?: Anchor;
  readonly scale?: number;
  readonly safe?: SafeArea;
  readonly background?: string;
  readonly banner?: string;
  readonly message?: string;
  readonly at?: number;
  readonly error?: string;
  readonly step?: string;
  readonly html?: string;
  readonly preview?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** `mnx splash`: the boot picture on the desk, and its framebuffer bytes. */
export function splashCommand(): Command {
  return needDevice(new Command('splash'))
    .enablePositionalOptions()
    .addCommand(splashDecodeCommand())
    .addCommand(splashDoctorCommand())
    .description("render a device's splash: a preview picture, or raw framebuffer bytes")
    .option('--device <name|file>', 'the device whose panel it is for')
    .option('--variant <name>', 'a variant of the device')
    .option('--image <picture>', "SVG, PNG, JPEG, WebP or GIF instead of the theme's picture")
    .option('--theme <name|folder>', 'default, minimal, testcard, or a folder with a theme.toml')
    .addOption(
      new Option('--fit <way>', 'how the picture takes its size').choices([
        'contain',
        'cover',
        'stretch',
        'none',
      ]),
    )
    .addOption(
      new Option('--anchor <place>', 'edge or corner that it keeps to').choices([
        ...['center', 'top', 'bottom', 'left', 'right'],
        ...['top-left', 'top-right', 'bottom-left', 'bottom-right'],
      ]),
    )
    .option('--scale <factor>', 'size beside what the fit gives', factor)
    .option('--safe <t,r,b,l>', "pixels at the upright panel's edges that a notch takes", safeArea)
    .option('--background <#rrggbb>', 'colour around the picture')
    .option('--banner <text>', 'a warning over the picture')
    .option('--message <name|text>', 'show a message of the theme (root, ready), or a text')
    .option('--at <percent>', 'show the progress bar', percent)
    .option('--error <code>', 'show an error screen: root-not-found, gadget, step-hung, ...')
    .option('--step <name>', 'the step that the error screen names', 'init')
    .option('--preview <file.png>', 'write what the panel will show')
    .option('--html <file.html>', "write a page with the panel's shape and the picture")
    .option('-o, --output <folder>', 'write boot.raw, the bytes for the framebuffer')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx splash --device asus-z00t --preview splash.png
  mnx splash --device asus-z00t --message root --at 40% --preview splash.png
  mnx splash --device asus-z00t --error root-not-found --step 80-root --preview error.png
  mnx splash --device asus-flo --image logo.svg -o frames/`,
    )
    .action(run);
}

async function run(flags: SplashFlags): Promise<void> {
  if (flags.preview === undefined && flags.output === undefined && flags.html === undefined) {
    throw new UsageError('cli.splash-output', 'nothing to write', {
      hint: 'Give --preview splash.png, --html splash.html, or -o FOLDER for the raw frame.',
    });
  }
  const { loadDevice } = await import('../device/index.ts');
  const { encodePng, momentFrame, prepareSplash, previewPage } = await import('../splash/index.ts');
  const { stepNames } = await import('../recipe/index.ts');
  const { checkOutput, ensureFolder, writeAtomically } = await import('../output/index.ts');
  if (flags.preview !== undefined) await checkOutput(flags.preview);
  if (flags.html !== undefined) await checkOutput(flags.html);
  const device = loadDevice(flags.device, flags.variant === undefined ? {} : { variant: flags.variant });
  if (device.screen === undefined) {
    throw new UsageError('cli.no-screen', `${device.id} has no screen in its definition`);
  }
  const splash = await prepareSplash({
    screen: device.screen,
    ...pictureOptions(flags),
    steps: await stepNames(),
    address: device.usb.address,
    ssh: true,
  });
  const frame = momentFrame(splash, momentOf(flags));
  const files: { file: string; size: number; sha256: string; note: string }[] = [];
  const write = async (file: string, data: Uint8Array, about: string): Promise<void> => {
    await writeAtomically(file, [data]);
    files.push({ file, size: data.length, sha256: sha256(data), note: about });
  };
  if (flags.preview !== undefined) {
    const about = `${frame.width} x ${frame.height}, as the panel shows it`;
    await write(flags.preview, await encodePng(frame), about);
  }
  if (flags.html !== undefined) {
    const page = await previewPage(splash, { title: device.name, screen: device.screen });
    await write(flags.html, utf8(page), 'a page to look at');
  }
  if (flags.output !== undefined) {
    ensureFolder(flags.output);
    await write(join(flags.output, 'boot.raw'), frame.data, `${frame.format}, stride ${frame.stride}`);
  }
  if (flags.json) return sayJson({ files });
  for (const { file, size: bytes, note: about } of files) sayWrote(file, `${size(bytes)}, ${about}`);
}

/** What was said, without what was not. */
function pictureOptions(flags: SplashFlags): Omit<SplashOptions, 'screen'> {
  return {
    ...(flags.image === undefined ? {} : { image: flags.image }),
    ...(flags.theme === undefined ? {} : { theme: flags.theme }),
    ...(flags.fit === undefined ? {} : { fit: flags.fit }),
    ...(flags.anchor === undefined ? {} : { anchor: flags.anchor }),
    ...(flags.scale === undefined ? {} : { scale: flags.scale }),
    ...(flags.safe === undefined ? {} : { safeArea: flags.safe }),
    ...(flags.background === undefined ? {} : { background: flags.background }),
    ...(flags.banner === undefined ? {} : { banner: flags.banner }),
  };
}

function momentOf({ message, at, error, step }: SplashFlags): Moment {
  return {
    ...(message === undefined ? {} : { message }),
    ...(at === undefined ? {} : { at }),
    ...(error === undefined ? {} : { error }),
    ...(step === undefined ? {} : { step }),
  };
}

function percent(value: string): number {
  const number = /^(\d{1,3})%?$/.exec(value)?.[1];
  if (number === undefined || Number(number) > 100) throw new InvalidArgumentError('Not 0% to 100%.');
  return Number(number);
}

function factor(value: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(value)) throw new InvalidArgumentError('Not a number.');
  return Number(value);
}

function safeArea(value: string): SafeArea {
  const [top, right, bottom, left] = /^\d+(?:,\d+){3}$/.test(value) ? value.split(',').map(Number) : [];
  if (top === undefined || right === undefined || bottom === undefined || left === undefined) {
    throw new InvalidArgumentError('Not four numbers of pixels: TOP,RIGHT,BOTTOM,LEFT.');
  }
  return { top, right, bottom, left };
}
