import { startsWith, UsageError } from '../binary/index.ts';
import type { Entry } from './entry.ts';

/** Paths at which keys stand, of whatever program. */
const PRIVATE_PATH = /(^|\/)(\.ssh\/.*|[^/]*_host_([a-z0-9]+_)?key|id_(rsa|ecdsa|ed25519)(_sk)?)$/;

/**
 * Refuses an archive that is to be shared and holds something private, wherever it came from.
 * @throws UsageError `initramfs.release` naming the files.
 */
export function expectPublic(entries: readonly Entry[]): void {
  const found = entries.filter(isPrivate).map(({ path }) => `/${path}`);
  if (found.length === 0) return;
  throw new UsageError('initramfs.release', `an image that is shared must not hold ${found.join(', ')}`, {
    hint: 'Leave them out, or build without --release for your own device.',
  });
}

function isPrivate(entry: Entry): boolean {
  if (entry.type === 'directory') return false;
  if (PRIVATE_PATH.test(entry.path)) return true;
  return entry.type === 'file' && isPrivateKey(entry.data);
}

function isPrivateKey(data: Uint8Array): boolean {
  if (!startsWith(data, '-----BEGIN ')) return false;
  return /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(Buffer.from(data.subarray(0, 80)).toString('latin1'));
}
