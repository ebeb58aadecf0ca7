import { Command } from 'commander';
import type { Check } from './doctor-checks.ts';
import { paint, say, sayJson, table } from './terminal.ts';

interface DoctorFlags {
  readonly device?: string;
  readonly variant?: string;
  readonly mirror?: string;
  readonly json?: boolean;
}

/** `mnx doctor`: what this computer lacks, and which phone is plugged in. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look whether this computer has what mnx uses, and which phone is on USB')
    .option('--device <name|file>', 'also whether this device could be built')
    .option('--variant <name>', 'a variant of the device')
    .option('--mirror <url>', 'Debian mirror for hosts without apt (also MNX_DEBIAN_MIRROR)')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Nothing is fetched and nothing is changed. Exits 4 when something is missing that a build needs.

Examples:
  mnx doctor
  mnx doctor --device asus-z00t`,
    )
    .action(run);
}

async function run({ device: named, variant, mirror, json }: DoctorFlags): Promise<void> {
  const { hostChecks, phoneChecks } = await import('./doctor-checks.ts');
  const { usbPhones } = await import('./usb-phones.ts');
  const { loadDevice } = await import('../device/index.ts');
  const device =
    named === undefined ? undefined : loadDevice(named, variant === undefined ? {} : { variant });
  const checks = [
    ...(await hostChecks(device, mirror ?? process.env['MNX_DEBIAN_MIRROR'])),
    ...phoneChecks(usbPhones()),
  ];
  const lacking = checks.some(({ state, needed }) => needed && state === 'missing');
  if (lacking) process.exitCode = 4;
  if (json) return sayJson({ ready: !lacking, checks });
  sayChecks(checks);
}

const MARK = { ok: 'ok', missing: 'missing', absent: '-' } as const;

function sayChecks(checks: readonly Check[]): void {
  const rows = checks.map(({ subject, state, about, todo }) => [
    MARK[state],
    subject,
    todo === undefined ? about : `${about}: ${todo}`,
  ]);
  for (const line of table(rows)) {
    say(line.replace(/^(ok|missing)/, (mark) => paint(mark === 'ok' ? 'green' : 'yellow', mark)));
  }
}
