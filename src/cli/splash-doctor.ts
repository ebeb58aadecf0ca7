import { Command } from 'commander';
import { readDump } from './splash-decode.ts';
import { paint, say, sayJson } from './terminal.ts';

interface DoctorFlags {
  readonly device?: string;
  readonly variant?: string;
  readonly json?: boolean;
}

/** Keys of a device file's [screen] that a dump of the test card tells. */
const KEYS = ['width', 'height', 'stride', 'format', 'rotation'] as const;

/** `mnx splash doctor`: what a framebuffer really is, from a dump of the test card. */
export function splashDoctorCommand(): Command {
  return new Command('doctor')
    .description("tell a panel's real size, stride, format and rotation from a dump of the test card")
    .argument('<dump>', 'what `cat /dev/fb0` gave on the phone')
    .option('--device <name|file>', 'hold it against the screen of a device')
    .option('--variant <name>', 'a variant of the device')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx bootimg --device my-phone.toml --splash testcard
  mnx ssh --device my-phone.toml cat /dev/fb0 > dump.raw
  mnx splash doctor dump.raw --device my-phone.toml`,
    )
    .action(run);
}

async function run(dump: string, flags: DoctorFlags): Promise<void> {
  const { diagnoseDump } = await import('../splash/index.ts');
  const { loadDevice } = await import('../device/index.ts');
  const bytes = await readDump(dump);
  const device =
    flags.device === undefined
      ? undefined
      : loadDevice(flags.device, flags.variant === undefined ? {} : { variant: flags.variant });
  const found = diagnoseDump(bytes);
  const wrong = KEYS.filter((key) => device !== undefined && device.screen?.[key] !== found[key]);
  const lines = ['[screen]', ...KEYS.map((key) => `${key} = ${JSON.stringify(found[key])}`)];
  if (flags.json) {
    sayJson({ found, device: device?.id, differs: wrong, lines });
    return;
  }
  if (found.offset > 0) say(`the card starts at byte ${found.offset}: the driver shows another buffer`);
  if (found.alpha === 'empty') say('the fourth byte of a pixel is empty');
  if (device !== undefined && wrong.length === 0) {
    say(`${paint('green', 'right')} ${device.id}: the dump is what its file says`);
    return;
  }
  for (const key of wrong) {
    say(
      `${paint('yellow', 'differs')} ${key}: the file says ${device?.screen?.[key] ?? 'nothing'}, the dump ${found[key]}`,
    );
  }
  say(device === undefined ? 'For the device file:' : `For the file of ${device.id}:`);
  say('');
  for (const line of lines) say(line);
}
