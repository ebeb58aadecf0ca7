import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type Desk, mnx } from '../cli/mnx.ts';

/** The cache that a person's builds use. */
export function realCache(): string {
  const own = process.env['MNX_CACHE'];
  if (own) return own;
  const xdg = process.env['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'mnx');
}

/**
 * Whether everything that these devices need is in the real cache, or can be fetched into it now. Says in
 * one line when not.
 */
export async function isWarm({ env, folder }: Desk, devices: readonly string[]): Promise<boolean> {
  const mirror = process.env['MNX_DEBIAN_MIRROR'];
  const real = {
    ...env,
    MNX_CACHE: realCache(),
    ...(mirror === undefined ? {} : { MNX_DEBIAN_MIRROR: mirror }),
  };
  for (const device of devices) {
    const fetch = ['fetch', '--device', device];
    if ((await mnx([...fetch, '--offline'], { env: real, cwd: folder })).code === 0) continue;
    const fetched = await mnx(fetch, { env: real, cwd: folder });
    if (fetched.code === 0) continue;
    console.log(`skipped: no payloads for ${device}: ${fetched.stderr.trim().split('\n').at(-2) ?? ''}`);
    return false;
  }
  return true;
}

/**
 * A cache with everything that was fetched and nothing that was built, at no cost: its folders are links
 * into the real one.
 */
export function unbuiltCache(folder: string, own: readonly string[] = []): string {
  const real = realCache();
  for (const kind of readdirSync(real)) {
    if (['builds', 'parts', 'tmp', ...own].includes(kind)) continue;
    symlinkSync(join(real, kind), join(folder, kind));
  }
  for (const kind of own) mkdirSync(join(folder, kind));
  return folder;
}
