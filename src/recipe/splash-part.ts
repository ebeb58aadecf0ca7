import { packCpio, packSplash, readCpio } from '../initramfs/index.ts';
import { animationPlan, prepareSplash, splashFiles } from '../splash/index.ts';
import { codeDigest, dataDigest, rendererVersion } from './build-cache.ts';
import { partKey } from './kept-parts.ts';
import type { RamdiskParts } from './ramdisk.ts';
import { stepNames } from './step-names.ts';

type Files = ReadonlyMap<string, Uint8Array>;

/** The splash's files as the archive has them. A picture of the user's own wins over the theme's. */
export async function splashPart(parts: RamdiskParts): Promise<Files> {
  const { plan, request } = parts;
  const { screen, usb, keys } = request.device;
  if (plan.splash === undefined || screen === undefined) return new Map();
  const { picture, inputs } = parts.gathered;
  const { banner, theme } = plan.splash;
  const settings = {
    screen,
    steps: await stepNames(),
    address: usb.address,
    ssh: plan.ssh.on,
    ...(plan.debug ? { shellKey: keys.shell } : {}),
    ...(theme === undefined ? {} : { theme }),
    ...(banner === undefined ? {} : { banner }),
  };
  const code = [codeDigest('splash'), codeDigest('compress'), codeDigest('initramfs'), rendererVersion()];
  // Pictures and themes of the user's own are inputs, with their hashes.
  const own = inputs.filter(({ role }) => role === 'splash' || role === 'theme');
  const key = partKey({ settings, code, own, themes: dataDigest('themes') });
  const kept = parts.keep('splash');
  const known = kept.get(key);
  if (known !== undefined) return filesOf(known);
  parts.report({ label: 'Rendering the splash', done: 0, total: 0 });
  const splash = await prepareSplash({ ...settings, ...(picture === undefined ? {} : { image: picture }) });
  const files = await packSplash(splashFiles(splash), animationPlan(splash));
  kept.set(key, archiveOf(files));
  await kept.save();
  return files;
}

function archiveOf(files: Files): Uint8Array {
  return packCpio([...files].map(([path, data]) => ({ type: 'file', path, mode: 0o644, data })));
}

function filesOf(archive: Uint8Array): Files {
  return new Map(
    readCpio(archive).flatMap((entry) => (entry.type === 'file' ? [[entry.path, entry.data] as const] : [])),
  );
}
