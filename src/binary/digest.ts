import { createHash } from 'node:crypto';

export type HashName = 'sha1' | 'sha256' | 'sha512';

/** Raw digest over parts, as if they were one array. */
export function digest(name: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** SHA-256 in lower-case hex, the form in which manifests and lock files name content. */
export function sha256(...parts: readonly Uint8Array[]): string {
  return Buffer.from(digest('sha256', ...parts)).toString('hex');
}
