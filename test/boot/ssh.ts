import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { knownHosts, type SshRequest } from '../../src/recipe/index.ts';
import { onDesk } from './desk.ts';
import type { Phone } from './phone.ts';

/** A key pair of OpenSSH's own making. */
export interface Key {
  readonly file: string;
  /** Public half, as the `.pub` file has it. */
  readonly text: string;
}

export function makeKey(name: string, type = 'ed25519'): Key {
  const file = onDesk(name);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', `${name}@desk`, '-f', file]);
  return { file, text: readFileSync(`${file}.pub`, 'utf8') };
}

/** A request in which this key may log in. */
export function keyed(key: Key): SshRequest {
  return { files: [{ name: 'key', text: key.text }], personal: false, passwordless: false };
}

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Login {
  readonly key?: Key;
  /** Typed at the password prompt. */
  readonly password?: string;
  /** What the command reads. */
  readonly input?: string;
}

/** Runs a command on the phone with the real client, which checks the phone's identity. */
export async function ssh(phone: Phone, words: readonly string[], login: Login = {}): Promise<Answer> {
  const child = await startSsh(phone, words, login);
  child.stdin.end(login.input ?? '');
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** Types lines on a terminal of the phone, each once the pattern before it has come; gives all that it showed. */
export async function typed(
  phone: Phone,
  words: readonly string[],
  key: Key,
  lines: readonly (readonly [prompt: RegExp, line: string])[],
): Promise<string> {
  const child = await startSsh(phone, ['-tt', ...words], { key });
  let shown = '';
  const left = [...lines];
  for await (const chunk of child.stdout) {
    shown += String(chunk);
    const [next] = left;
    if (next === undefined || !next[0].test(shown)) continue;
    left.shift();
    child.stdin.write(`${next[1]}\n`);
  }
  return shown;
}

async function startSsh(phone: Phone, words: readonly string[], login: Login) {
  const known = await knownHosts(phone.request.device.id);
  const terminal = words[0] === '-tt' ? ['-tt'] : [];
  const args = [
    terminal,
    ['-F', '/dev/null', '-p', String(phone.sshPort), '-o', 'ConnectTimeout=60'],
    ['-o', `UserKnownHostsFile=${known?.file ?? '/dev/null'}`, '-o', 'GlobalKnownHostsFile=/dev/null'],
    ['-o', `HostKeyAlias=${known?.alias ?? 'unknown'}`, '-o', 'StrictHostKeyChecking=yes'],
    ['-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none', '-o', 'NumberOfPasswordPrompts=1'],
    login.key === undefined ? ['-o', 'PubkeyAuthentication=no'] : ['-i', login.key.file],
    login.password === undefined ? ['-o', 'BatchMode=yes'] : [],
    ['root@127.0.0.1', ...words.slice(terminal.length)],
  ].flat();
  const child = spawn('ssh', args, { env: { ...process.env, ...askpass(login.password) } });
  child.stdin.on('error', () => undefined);
  return child;
}

/** ssh takes a password from a program when it is told to. */
function askpass(password: string | undefined): Record<string, string> {
  if (password === undefined) return {};
  const file = onDesk('askpass');
  writeFileSync(file, `#!/bin/sh\necho '${password}'\n`);
  chmodSync(file, 0o755);
  return { SSH_ASKPASS: file, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' };
}
