import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MnxError } from '../binary/index.ts';
import type { SshRequest } from '../recipe/index.ts';
import { isInteractive } from './terminal.ts';

interface Wish {
  readonly files: readonly string[];
  readonly deviceKeys: readonly string[];
  readonly passwordless: boolean;
  readonly release: boolean;
}

/**
 * Who may log in: the named files and the device's keys; with neither, and only when a person is at
 * the terminal, the person's own public keys; else nobody.
 */
export async function sshRequest(wish: Wish): Promise<SshRequest> {
  const named = [
    ...(await Promise.all(wish.files.map(readKeyFile))).flat(),
    ...wish.deviceKeys.map((line) => ({ line, name: "the device file's key" })),
  ];
  const personal = named.length === 0 && !wish.passwordless && !wish.release && isInteractive();
  return {
    keys: personal ? await personalKeys() : named,
    personal,
    passwordless: wish.passwordless,
  };
}

async function readKeyFile(path: string): Promise<{ line: string; name: string }[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new MnxError('cli.ssh-key', `cannot read the SSH key ${path}`, {
      hint: 'Name a public key file, such as ~/.ssh/id_ed25519.pub; `ssh-keygen -t ed25519` makes one.',
      exitCode: 2,
      cause: error,
    });
  });
  return linesOf(text).map((line) => ({ line, name: path }));
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** `~/.ssh/id_*.pub`, certificates skipped. */
async function personalKeys(): Promise<{ line: string; name: string }[]> {
  const folder = join(homedir(), '.ssh');
  const files = (await readdir(folder).catch(() => []))
    .filter((file) => /^id_.*\.pub$/.test(file) && !file.endsWith('-cert.pub'))
    .sort();
  const keys = await Promise.all(
    files.map(async (file) =>
      linesOf(await readFile(join(folder, file), 'utf8')).map((line) => ({ line, name: `~/.ssh/${file}` })),
    ),
  );
  return keys.flat();
}
