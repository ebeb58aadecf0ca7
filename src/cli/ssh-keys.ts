import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MnxError, unreadable, utf8Text } from '../binary/index.ts';
import { readWhole } from '../output/index.ts';
import type { SshRequest } from '../recipe/index.ts';
import { isInteractive, shellWord, warn } from './terminal.ts';

interface Wish {
  readonly files: readonly string[];
  readonly deviceKeys: readonly string[];
  readonly passwordless: boolean;
  readonly hostKey?: string | undefined;
  readonly release: boolean;
}

type KeyFile = SshRequest['files'][number];

/**
 * Who may log in: the named files and the device's keys; with neither, and only when a person is at
 * the terminal, the person's own public keys; else nobody.
 */
export async function sshRequest(wish: Wish): Promise<SshRequest> {
  const named = [
    ...(await Promise.all(wish.files.map(readKeyFile))),
    ...wish.deviceKeys.map((text) => ({ name: 'the device file', text })),
  ];
  const personal = named.length === 0 && !wish.passwordless && !wish.release && isInteractive();
  const files = personal ? await personalKeys() : named;
  const { passwordless, hostKey } = wish;
  if (hostKey === undefined) return { files, personal, passwordless };
  await warnOfReaders(hostKey);
  return { files, personal, passwordless, hostKey };
}

/** Whoever reads a private key can pass for the phone. */
async function warnOfReaders(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (process.platform === 'win32' || !found?.isFile() || (found.mode & 0o077) === 0) return;
  // A public key in its place is refused when it is read, with other words.
  if (/^(?:ssh|ecdsa|sk)-/.test(await readWhole(file).then(utf8Text, () => ''))) return;
  warn(`others on this computer may read ${file}, a private key: chmod 600 ${shellWord(file)}`);
}

async function readKeyFile(path: string): Promise<KeyFile> {
  const text = await readWhole(path).then(utf8Text, (error: unknown) => {
    throw new MnxError('cli.ssh-key', `cannot read the SSH key ${path}${unreadable(error)}`, {
      hint: 'Name a public key file, such as ~/.ssh/id_ed25519.pub; `ssh-keygen -t ed25519` makes one.',
      exitCode: 2,
      cause: error,
    });
  });
  return { name: path, text };
}

/** `~/.ssh/id_*.pub`; certificates are skipped. */
async function personalKeys(): Promise<KeyFile[]> {
  const folder = join(homedir(), '.ssh');
  const files = (await readdir(folder).catch(() => []))
    .filter((file) => /^id_.*\.pub$/.test(file) && !file.endsWith('-cert.pub'))
    .sort();
  return Promise.all(
    files.map(async (file) => ({ name: `~/.ssh/${file}`, text: await readFile(join(folder, file), 'utf8') })),
  );
}
