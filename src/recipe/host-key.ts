import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MnxError } from '../binary/index.ts';
import { knownHostsLine } from '../initramfs/index.ts';
import { writeAtomically } from './output.ts';

/** The user's own folder for what must outlive caches. */
export function stateFolder(): string {
  const explicit = process.env['MNX_STATE'];
  if (explicit) return explicit;
  const base = process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state');
  return join(base, 'mnx');
}

/** Name under which ssh knows a device, whatever address it has today. */
function aliasOf(device: string): string {
  return `mnx-${device}`;
}

/**
 * The device's SSH host key: made once, kept in the user's state folder, so that a phone that is
 * booted twenty times a day keeps its identity.
 */
export async function hostKey(device: string): Promise<KeyObject> {
  const folder = join(stateFolder(), 'host-keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${device}.pem`);
  const key = (await readKey(file)) ?? (await makeKey(file));
  await writeAtomically(join(folder, `${device}.known_hosts`), [
    Buffer.from(knownHostsLine(aliasOf(device), key)),
  ]);
  return key;
}

/** What `ssh` needs to check a device; undefined when no image with SSH was made for it. */
export async function knownHosts(device: string): Promise<{ file: string; alias: string } | undefined> {
  const file = join(stateFolder(), 'host-keys', `${device}.known_hosts`);
  const there = await readFile(file).then(
    () => true,
    () => false,
  );
  return there ? { file, alias: aliasOf(device) } : undefined;
}

async function readKey(file: string): Promise<KeyObject | undefined> {
  const pem = await readFile(file, 'utf8').catch(() => undefined);
  if (pem === undefined) return undefined;
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new MnxError('recipe.host-key', `${file} is not a private key`, {
      hint: 'Remove the file; the next build makes a new key, and ssh will ask about it once.',
      cause: error,
    });
  }
}

/** Created exclusively: of two builds at once one makes the key, the other reads it. */
async function makeKey(file: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await handle.sync();
    await handle.close();
    return privateKey;
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKey(file) : undefined;
    if (other === undefined) throw error;
    return other;
  }
}
