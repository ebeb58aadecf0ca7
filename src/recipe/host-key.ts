import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MnxError, utf8 } from '../binary/index.ts';
import { knownHostsLine, readHostKey } from '../initramfs/index.ts';
import { writeAtomically } from '../output/index.ts';
import { readInput } from './sources.ts';

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
 * booted twenty times a day keeps its identity. A key of the user's own goes into the image in its
 * place and is kept nowhere else; `mnx ssh` knows the phone by the key of the last build.
 */
export async function hostKey(device: string, own?: KeyObject): Promise<KeyObject> {
  const folder = join(stateFolder(), 'host-keys');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, `${device}.pem`);
    const key = own ?? (await readKey(file)) ?? (await makeKey(file));
    await keepKnownHosts(join(folder, `${device}.known_hosts`), knownHostsLine(aliasOf(device), key));
    return key;
  } catch (error) {
    if (error instanceof MnxError && error.code === 'recipe.host-key') throw error;
    throw new MnxError('recipe.state', `cannot keep the SSH host key of ${device} in ${folder}`, {
      hint: 'Name a folder that you may write to with MNX_STATE.',
      cause: error,
    });
  }
}

/** The key that the user gives the phone. */
export async function ownHostKey(file: string | undefined): Promise<KeyObject | undefined> {
  return file === undefined ? undefined : readHostKey(await readInput(file), file);
}

async function keepKnownHosts(file: string, line: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === line) return;
  await writeAtomically(file, [utf8(line)]);
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

/**
 * Of two builds at once one makes the key, the other reads it: the key is whole under another name
 * before it is linked, and a link never replaces what is there.
 */
async function makeKey(file: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const temporary = `${file}-${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(temporary, file);
    return privateKey;
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKey(file) : undefined;
    if (other === undefined) throw error;
    return other;
  } finally {
    await rm(temporary, { force: true });
  }
}
