import { execFileSync } from 'node:child_process';
import { copyFileSync, statSync, truncateSync } from 'node:fs';
import { onDesk } from './desk.ts';

/** cryptsetup wants twice the header's 16 MiB free behind what it encrypts in place. */
const ROOM = 32 * 1024 * 1024;

/** A LUKS2 volume with a file's content, made without root and without the kernel. */
export function luksDisk(name: string, content: string, passphrase: string): string {
  const file = onDesk(name);
  copyFileSync(content, file);
  truncateSync(file, statSync(content).size + ROOM);
  const cheap = ['--pbkdf-memory', '65536', '--pbkdf-force-iterations', '4', '--pbkdf-parallel', '1'];
  const args = ['reencrypt', '--encrypt', '--type', 'luks2', '--reduce-device-size', String(ROOM)];
  execFileSync(
    'cryptsetup',
    [...args, '--pbkdf', 'argon2id', ...cheap, '--batch-mode', '--key-file', '-', file],
    { input: passphrase, stdio: ['pipe', 'ignore', 'inherit'] },
  );
  return file;
}
