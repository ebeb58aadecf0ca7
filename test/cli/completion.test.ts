import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listDevices } from '../../src/device/index.ts';
import { desk, MAIN, mnx, run } from './mnx.ts';

const { env, fresh, clear } = desk();
afterAll(clear);
const cwd = fresh();
const DEVICES = listDevices().map(({ id }) => id);

function installed(shell: string): boolean {
  const found = spawnSync(shell, ['-c', 'true']).status === 0;
  if (!found) console.log(`skipped: no ${shell}`);
  return found;
}

const scripts = new Map<string, string>();

beforeAll(async () => {
  const program = join(cwd, 'mnx');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(program, 0o755);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await mnx(['completion', shell], { env, cwd });
    expect(code).toBe(0);
    const file = join(cwd, `mnx.${shell}`);
    writeFileSync(file, stdout);
    scripts.set(shell, file);
  }
});

const path = { ...env, PATH: `${cwd}:${env['PATH']}` };

async function inBash(...words: readonly string[]): Promise<string[]> {
  const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mnx; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const all = ['-c', script, 'bash', scripts.get('bash') ?? '', 'mnx', ...words];
  const { stdout, stderr } = await run('bash', all, { env: path, cwd });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe('the script for bash', () => {
  it('is what bash takes', () => {
    expect(execFileSync('bash', ['-n', scripts.get('bash') ?? '']).toString()).toBe('');
  });

  it('completes commands', async () => {
    expect(await inBash('boot')).toEqual(['bootimg', 'boot']);
    expect(await inBash('fla')).toEqual(['flash']);
    expect(await inBash('dev')).toEqual(['devices', 'device']);
    expect(await inBash('')).toEqual(expect.arrayContaining(['bootimg', 'emulate', 'ssh', '--version']));
    expect(await inBash('device', '')).toEqual(expect.arrayContaining(['show', 'check', 'coverage']));
    expect(await inBash('cache', 'cl')).toEqual(['clean']);
  });

  it('completes options, those of a default command too', async () => {
    expect(await inBash('bootimg', '--ke')).toEqual(['--kernel', '--kernel-config', '--kernel-tree']);
    expect(await inBash('bootimg', '--device', 'asus-z00t', '--pass')).toEqual(['--passwordless']);
    expect(await inBash('initramfs', '--ker')).toEqual(['--kernel', '--kernel-config', '--kernel-tree']);
    expect(await inBash('devices', '--ke')).toEqual([]);
  });

  it('completes devices, choices and shells', async () => {
    expect(await inBash('bootimg', '--device', '')).toEqual(DEVICES);
    expect(await inBash('bootimg', '--device', 'asus-')).toEqual(['asus-flo', 'asus-z00t']);
    expect(await inBash('device', 'show', 'qemu')).toEqual(['qemu-aarch64', 'qemu-x86_64']);
    expect(await inBash('bootimg', '--stage2', '')).toEqual(['switch-root', 'kexec', 'shell']);
    expect(await inBash('completion', 'z')).toEqual(['zsh']);
  });

  it('knows what an option takes in this command, whatever it takes in others', async () => {
    expect(await inBash('bootimg', '--ramdisk', '')).toEqual([]);
    expect(await inBash('unpack', '--ramdisk', '--js')).toEqual(['--json']);
    expect(await inBash('splash', '--fit', '')).toEqual(['contain', 'cover', 'stretch', 'none']);
    expect(await inBash('bootimg', '--fit', '--offl')).toEqual(['--offline']);
    expect(await inBash('avb', 'footer', 'add', '--partition', '')).toEqual([]);
  });

  it('completes the flags of AOSP that mkbootimg takes', async () => {
    expect(await inBash('mkbootimg', '--ker')).toEqual(['--kernel_offset', '--kernel']);
    expect(await inBash('mkbootimg', '--kernel', '')).toEqual([]);
    expect(await inBash('mkbootimg', '--ramdisk_type', 'd')).toEqual(['dlkm']);
  });

  it('leaves files to the shell', async () => {
    expect(await inBash('bootimg', '--kernel', '')).toEqual([]);
    expect(await inBash('bootimg', '-o', '')).toEqual([]);
  });
});

describe('the script for zsh', () => {
  const zsh = installed('zsh');

  it.skipIf(!zsh)('is what zsh takes', () => {
    execFileSync('zsh', ['-n', scripts.get('zsh') ?? '']);
  });

  it.skipIf(!zsh)('completes commands and devices', async () => {
    const stubs = 'compdef() { :; }; compadd() { print -r -- "$@"; }; _files() { print files; }';
    const complete = async (...words: readonly string[]) => {
      const line = `${stubs}; source "$1"; shift; words=("$@"); CURRENT=$#; _mnx`;
      const all = ['-f', '-c', line, 'zsh', scripts.get('zsh') ?? '', 'mnx', ...words];
      return (await run('zsh', all, { env: path, cwd })).stdout;
    };
    expect(await complete('device', '')).toMatch(/^-- show check coverage /);
    expect(await complete('bootimg', '--device', '')).toBe(`-- ${DEVICES.join(' ')}\n`);
    expect(await complete('bootimg', '--kernel', '')).toBe('files\n');
  });
});

describe('the script for fish', () => {
  const fish = installed('fish');

  it.skipIf(!fish)('is what fish takes', () => {
    execFileSync('fish', ['--no-execute', scripts.get('fish') ?? '']);
  });

  it.skipIf(!fish)('completes commands, devices and choices', async () => {
    const complete = async (line: string) => {
      const all = ['-c', `source $argv[1]; complete -C$argv[2]`, scripts.get('fish') ?? '', line];
      const { stdout } = await run('fish', all, { env: path, cwd });
      return stdout.split('\n').flatMap((row) => row.split('\t')[0] || []);
    };
    expect(await complete('mnx device ')).toEqual(['check', 'coverage', 'show']);
    expect(await complete('mnx bootimg --device ')).toEqual(DEVICES);
    expect(await complete('mnx bootimg --for ')).toEqual(['boot', 'flash']);
  });
});

it('refuses a shell that it does not know', async () => {
  const { code, stderr } = await mnx(['completion', 'tcsh'], { env, cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('bash, zsh, fish');
});
