import { Command } from 'commander';
import { deviceCoverage } from './device-coverage.ts';
import { sayFindings } from './findings.ts';
import { paint, say, sayJson } from './terminal.ts';

/** `mnx device`: look at one definition. */
export function deviceCommand(): Command {
  return new Command('device')
    .description('show, check and judge one device definition')
    .addCommand(showCommand())
    .addCommand(checkCommand())
    .addCommand(deviceCoverage())
    .addHelpText(
      'after',
      `
Examples:
  mnx device show asus-z00t
  mnx device check my-phone.toml
  mnx device coverage asus-z00t`,
    );
}

function showCommand(): Command {
  return new Command('show')
    .description('print a definition as a build sees it, merged and with every default')
    .argument('<name|file>')
    .option('--variant <name>', 'a variant of the device')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  mnx device show asus-z00t\n  mnx device show asus-z00t --variant downstream --json',
    )
    .action(async (name: string, options: { variant?: string; json?: boolean }) => {
      const { loadDevice } = await import('../device/index.ts');
      const device = loadDevice(name, options.variant === undefined ? {} : { variant: options.variant });
      if (options.json) return sayJson(device);
      const { deviceText } = await import('./device-text.ts');
      for (const line of deviceText(device)) say(line);
    });
}

function checkCommand(): Command {
  return new Command('check')
    .description('check a device file: keys, numbers, overlaps, impossible combinations')
    .argument('<name|file>')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  mnx device check my-phone.toml\n  mnx device check asus-flo --json\n\nExits 1 when a build would be refused, 3 when the file is no TOML.',
    )
    .action(async (file: string, options: { json?: boolean }) => {
      const { checkDevice } = await import('../device/index.ts');
      const findings = checkDevice(file);
      if (options.json) sayJson(findings);
      else if (findings.length === 0) say(`${file}: ${paint('green', 'no findings')}`);
      else {
        sayFindings(findings);
      }
      if (findings.some(({ code }) => code === 'device.syntax')) process.exitCode = 3;
      else if (findings.some(({ level }) => level === 'error')) process.exitCode = 1;
    });
}
