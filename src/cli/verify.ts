import { Command, Option } from 'commander';
import type { Verified, VerifyOptions } from '../lint/index.ts';
import { sayFindings } from './findings.ts';
import { readInput } from './input-file.ts';
import { paint, say, sayJson, size } from './terminal.ts';

interface VerifyFlags {
  readonly device?: string;
  readonly variant?: string;
  readonly loader?: string;
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
    .option(
      '--loader <name>',
      "hold it against this loader: without a device, or in place of the device's own",
    )
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
  mnx verify boot.img --loader qcom-abl
  mnx verify boot.img --vendor-boot stock-vendor_boot.img
  mnx verify vbmeta.img --avb-key testkey.pem --json

Exits 3 when an error is found or the image is damaged.`,
    )
    .action(run);
}

async function run(file: string, flags: VerifyFlags): Promise<void> {
  const { hasErrors, verifyImage } = await import('../lint/index.ts');
  const judge = await judgeOf(flags);
  const publicKey = flags.avbKey === undefined ? undefined : await keyOf(flags.avbKey);
  const verified = await verifyImage(await readInput(file), {
    ...judge,
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(flags.vendorBoot === undefined ? {} : { vendorBoot: await readInput(flags.vendorBoot) }),
    ...(flags.for === undefined ? {} : { purpose: flags.for }),
  });
  if (flags.json) sayJson({ file, ...verified });
  else report(file, verified, judge);
  if (hasErrors(verified.findings)) process.exitCode = 3;
}

/** Whose rules the image is held against. */
async function judgeOf({ device: name, variant, loader }: VerifyFlags): Promise<Judge> {
  const { loadDevice, loadLoader } = await import('../device/index.ts');
  if (name === undefined) return loader === undefined ? {} : { loader: loadLoader(loader) };
  const options = {
    ...(variant === undefined ? {} : { variant }),
    ...(loader === undefined ? {} : { loader }),
  };
  return { device: loadDevice(name, options) };
}

type Judge = Pick<VerifyOptions, 'device' | 'loader'>;

async function keyOf(file: string): Promise<Uint8Array> {
  const { publicKeyOf } = await import('../avb/index.ts');
  return publicKeyOf(await readInput(file));
}

function report(
  file: string,
  { format, size: bytes, findings, avb, gki }: Verified,
  { device, loader }: Judge,
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
  const who = loader?.name ?? device?.loader.name;
  const against = who === undefined ? '' : ` and nothing that ${who} would refuse`;
  say(`${paint('green', 'no findings')}: nothing is damaged${against}`);
}
