import { Command, Option } from 'commander';
import type { Verified } from '../lint/index.ts';
import { sayFindings } from './findings.ts';
import { readInput } from './input-file.ts';
import { paint, say, sayJson, size } from './terminal.ts';

interface VerifyFlags {
  readonly device?: string;
  readonly variant?: string;
  readonly for?: 'boot' | 'flash';
  readonly avbKey?: string;
  readonly vendorBoot?: string;
  readonly json?: boolean;
}

/** `mnx verify`: what would make a phone refuse an image. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('check what would make a phone refuse an image, and its AVB signatures')
    .argument('<file>', 'boot, init_boot, vendor_boot, vbmeta or any image with an AVB footer')
    .option('--device <name|file>', "hold it against this device's loader and partition too")
    .option('--variant <name>', 'a variant of the device')
    .addOption(
      new Option('--for <use>', 'what it must fit: the boot partition, or `fastboot boot`').choices([
        'boot',
        'flash',
      ]),
    )
    .option('--avb-key <file>', 'PEM key, private or public, that must have signed')
    .option('--vendor-boot <file>', 'the vendor_boot that the phone has: what goes wrong with both together')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  mnx verify boot.img
  mnx verify boot.img --device asus-z00t
  mnx verify boot.img --vendor-boot stock-vendor_boot.img
  mnx verify vbmeta.img --avb-key testkey.pem --json

Exits 3 when an error is found or the image is damaged.`,
    )
    .action(run);
}

async function run(file: string, flags: VerifyFlags): Promise<void> {
  const { hasErrors, verifyImage } = await import('../lint/index.ts');
  const device = flags.device === undefined ? undefined : await deviceOf(flags.device, flags.variant);
  const publicKey = flags.avbKey === undefined ? undefined : await keyOf(flags.avbKey);
  const verified = await verifyImage(await readInput(file), {
    ...(device === undefined ? {} : { device }),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(flags.vendorBoot === undefined ? {} : { vendorBoot: await readInput(flags.vendorBoot) }),
    ...(flags.for === undefined ? {} : { purpose: flags.for }),
  });
  if (flags.json) sayJson({ file, ...verified });
  else report(file, verified, flags.device);
  if (hasErrors(verified.findings)) process.exitCode = 3;
}

async function deviceOf(name: string, variant: string | undefined) {
  const { loadDevice } = await import('../device/index.ts');
  return loadDevice(name, variant === undefined ? {} : { variant });
}

async function keyOf(file: string): Promise<Uint8Array> {
  const { publicKeyOf } = await import('../avb/index.ts');
  return publicKeyOf(await readInput(file));
}

function report(
  file: string,
  { format, size: bytes, findings, avb, gki }: Verified,
  device: string | undefined,
): void {
  say(`${paint('bold', file)}: ${format ?? 'a damaged image'}, ${size(bytes)}`);
  if (avb !== undefined) {
    const hashes = avb.hashes.map(({ partition, verdict }) => `, ${partition} ${verdict}`).join('');
    say(`AVB ${avb.kind}: ${avb.algorithm}, digest ${avb.digest}, signature ${avb.signature}${hashes}`);
  }
  for (const { name, algorithm, digest, signature } of gki ?? [])
    say(`GKI ${name}: ${algorithm}, digest ${digest}, signature ${signature}`);
  sayFindings(findings);
  if (findings.length > 0) return;
  const against = device === undefined ? '' : ` and nothing that the loader of ${device} would refuse`;
  say(`${paint('green', 'no findings')}: nothing is damaged${against}`);
}
