import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MissingError, MnxError, UsageError } from '../binary/index.ts';
import type { BuildRequest } from '../recipe/index.ts';
import { type BuildFlags, payloadSource, requestOf } from './build-options.ts';
import { foreground } from './foreground.ts';
import { note, say } from './terminal.ts';

export interface SendFlags extends BuildFlags {
  /** Serial number of the phone, when several are plugged in. */
  readonly serial?: string;
}

/** Builds the image, says what it is, and hands it to fastboot; the file is gone afterwards. */
export async function buildAndSend(flags: SendFlags, purpose: 'boot' | 'flash'): Promise<void> {
  const request = await requestOf(flags, purpose);
  expectAndroid(request, flags.device);
  await expectFastboot();
  const { planBuild } = await import('../recipe/index.ts');
  const plan = planBuild(request);
  const folder = await mkdtemp(join(tmpdir(), 'mnx-send-'));
  try {
    const image = join(folder, `${plan.device}-boot.img`);
    const result = await buildTo(image, request, flags);
    const { fastbootWords, imageReport, vendorBootAdvice } = await import('./bootimg-report.ts');
    const { vendorBootPath } = await import('../recipe/index.ts');
    for (const line of imageReport({ result, request, plan })) say(line);
    const vendorBoot = plan.vendorBoot === undefined ? undefined : vendorBootPath(image);
    if (purpose === 'boot' && vendorBoot !== undefined)
      note(`boot.img alone is sent: ${vendorBootAdvice(`mnx flash --device ${flags.device}`)}`);
    await send(fastbootWords(purpose, image, vendorBoot), flags.serial);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildTo(image: string, request: BuildRequest, flags: SendFlags) {
  const { build, writeBuild } = await import('../recipe/index.ts');
  const { withProgress } = await import('./progress.ts');
  return withProgress(async (progress) => {
    const result = await build(request, await payloadSource(flags, progress));
    await writeBuild(image, result);
    return result;
  });
}

/** QEMU takes no fastboot. */
function expectAndroid({ device }: BuildRequest, named: string): void {
  if (device.loader.kind === 'android') return;
  throw new UsageError('cli.no-fastboot-device', `${device.id} has no fastboot`, {
    hint: `Run: mnx emulate --device ${named}`,
  });
}

/** Looked for before the build, which may take a minute. */
async function expectFastboot(): Promise<void> {
  const { findProgram } = await import('../payload/index.ts');
  if ((await findProgram('fastboot')) !== undefined) return;
  throw new MissingError('cli.no-program', 'fastboot is not installed', {
    hint: 'Install the Debian package fastboot.',
  });
}

async function send(words: readonly string[], serial: string | undefined): Promise<void> {
  const args = [...(serial === undefined ? [] : ['-s', serial]), ...words];
  const code = await foreground({ program: 'fastboot', args, package: 'fastboot' });
  if (code === 0) return;
  throw new MnxError('cli.fastboot', `fastboot ended with code ${code}`, {
    hint: "Its last line says why; `fastboot devices` shows whether the phone is in its loader's fastboot.",
  });
}
