import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inStage1, installed, lines, SHELLS, type Tree } from './shell.ts';

/** The start of a LUKS header as it lies on the disk: magic, version, size of the header (LUKS2, 2.1). */
function header(version: number, json = '{}'): Uint8Array {
  const volume = Buffer.alloc(16384);
  volume.set([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe, 0, version]);
  volume.writeBigUInt64BE(16384n, 8);
  volume.write(json, 4096);
  return volume;
}

const slot = (memory: number) => ({
  kdf: { type: 'argon2id', time: 4, memory, cpus: 4, salt: 'memory": 9' },
});
const keyslots = (...memories: number[]) =>
  JSON.stringify({ keyslots: Object.fromEntries(memories.map((memory, i) => [String(i), slot(memory)])) });

interface Volume {
  readonly volume?: Uint8Array;
  readonly conf?: Tree['conf'];
  /** KiB of memory that the phone has. */
  readonly memory?: number;
}

const cryptsetup = installed('cryptsetup');

function formatted(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-luks-'));
  const file = join(folder, 'volume');
  writeFileSync(file, new Uint8Array(20 * 1024 * 1024));
  const memory = ['--pbkdf', 'argon2id', '--pbkdf-memory', '65536', '--pbkdf-force-iterations', '4'];
  const args = ['luksFormat', '--type', 'luks2', ...memory, '--batch-mode', '--key-file', '-', file];
  execFileSync('cryptsetup', args, { input: 'x' });
  const bytes = readFileSync(file).subarray(0, 65536);
  rmSync(folder, { recursive: true });
  return bytes;
}

/** block_device says yes to a volume, and to what cryptsetup has opened. */
const stubs = `block_device() { [ -e "$1" ]; }; coldplug() { :; }; modprobe() { :; }; clock_clear; step_name=80-root
cryptsetup() { key=$(cat); echo "cryptsetup $*" >>"$TREE/calls"
  [ "$key" = 'open sesame' ] || { echo 'No key available with this passphrase.' >&2; return 2; }
  mkdir -p "$MNX_DEV/mapper"; : >"$MNX_DEV/mapper/mnx-vda"; }
root_device=$MNX_DEV/vda\n`;

describe.each(SHELLS)('a LUKS volume under $name', (shell) => {
  const run = (script: string, { volume = header(2), conf = {}, memory = 996_000 }: Volume = {}) =>
    inStage1(shell, stubs + script, {
      conf: { root: '/dev/vda', ssh: 'on', unlock_wait: '1', ...conf },
      files: { 'dev/vda': volume, 'proc/meminfo': `MemTotal:         ${memory} kB\nMemFree: 1 kB\n` },
    });
  const unlock = 'root_unlock; echo "rc $? $root_device"';

  it('is known by its header alone', () => {
    expect(run(unlock, { volume: Buffer.alloc(16384) }).stdout).toBe('rc 0 /dev/vda\n');
    expect(run(unlock, { volume: new Uint8Array(3) }).stdout).toBe('rc 0 /dev/vda\n');
    expect(run(unlock, { volume: header(1) }).stdout).toMatch(/^rc 1/);
  });

  it('is waited for, until somebody has opened it', () => {
    const run2 = run(
      `{ until_so [ -e "$MNX_RUN/unlock" ]; printf 'open barley\\nopen sesame\\n' | (. "$MNX_LIB/bin/mnx-unlock") >"$TREE/said" 2>&1; } & ${unlock}; wait; ls "$MNX_RUN"`,
      { conf: { unlock_wait: '20' } },
    );
    expect(lines(run2.stdout)[0]).toBe('rc 0 /dev/mapper/mnx-vda');
    expect(run2.stdout).not.toMatch(/^unlock$/m);
    expect(lines(run2.read('calls') ?? '')).toEqual(
      Array(2).fill('cryptsetup open --type luks --key-file - /dev/vda mnx-vda'),
    );
    expect(run2.read('said')).toContain('No key available with this passphrase.\n/dev/vda is open');
    expect(run2.kmsg.join('\n')).toContain(
      '/dev/vda is locked. Unlock it: ssh -t root@172.16.42.1 mnx-unlock',
    );
    expect(run2.read('run/mnx/root-layers')).toBe('luks mnx-vda\n');
    for (const file of ['dev/kmsg', 'run/mnx/stage1.log', 'run/mnx/output', 'said']) {
      expect(run2.read(file)).not.toMatch(/sesame|barley/);
    }
  });

  it('keeps its key where a growth finds it, when it is to grow', () => {
    const asked = run(
      'remember unlock "/dev/vda mnx-vda --disable-keyring"; echo "open sesame" | (. "$MNX_LIB/bin/mnx-unlock"); echo "rc $?"',
    );
    expect(asked.stdout).toContain('/dev/vda is open');
    expect(lines(asked.read('calls') ?? '')).toEqual([
      'cryptsetup open --type luks --disable-keyring --key-file - /dev/vda mnx-vda',
    ]);
    const told = (root: string) =>
      run(`root_spec "$mnx_root"; remember() { [ "$1" != unlock ] || echo "$2"; }; ${unlock}`, {
        conf: { root },
      }).stdout;
    expect(told('/dev/vda,luks')).toMatch(/^\/dev\/vda mnx-vda\n/);
    expect(told('/dev/vda,luks,resize')).toMatch(/^\/dev\/vda mnx-vda --disable-keyring\n/);
  });

  it('that is open already is taken as it is', () => {
    const open = 'mkdir -p "$MNX_DEV/mapper"; : >"$MNX_DEV/mapper/mnx-vda"; ';
    const found = run(`${open} mnx_ssh=off; ${unlock}`);
    expect(found.stdout).toBe('rc 0 /dev/mapper/mnx-vda\n');
  });

  it('is open under the name that the real system has for it', () => {
    const open = 'mkdir -p "$MNX_DEV/mapper"; : >"$MNX_DEV/mapper/crypt_root"; root_spec "$mnx_root"; ';
    const named = run(open + unlock, { conf: { root: '/dev/vda,luks=crypt_root,fsck' } });
    expect(named.stdout).toBe('rc 0 /dev/mapper/crypt_root\n');
  });

  it('that nobody opens is the error root-unlock', () => {
    const late = run(unlock);
    expect(late.stdout).toMatch(/^rc 1/);
    expect(late.read('run/mnx/failures')).toBe('root-unlock 80-root nobody unlocked /dev/vda within 1 s\n');
    expect(late.read('run/mnx/unlock')).toBeUndefined();
  });

  it('is not waited for where nobody can open it', () => {
    expect(run(unlock, { conf: { ssh: 'off' } }).read('run/mnx/failures')).toContain('SSH is off');
    const without = run(
      `unset -f cryptsetup; PATH=/nowhere:$PATH; command() { [ "$2" != cryptsetup ]; }; ${unlock}`,
    );
    expect(without.read('run/mnx/failures')).toContain(
      'root-unlock 80-root /dev/vda is encrypted (LUKS), and the image has no cryptsetup: build it with --root /dev/vda,luks',
    );
  });

  it.each([
    [keyslots(1048576), /wants 1024 MiB for its Argon2, and the phone has 972 MiB/],
    [keyslots(65536, 2097152, 1024), /wants 2048 MiB/],
    [keyslots(65536), undefined],
    ['{}', undefined],
  ])('warns when the memory of %s is more than there is', (json, warning) => {
    const { kmsg } = run('luks_memory "$root_device"', { volume: header(2, json) });
    if (warning === undefined) expect(kmsg).toEqual([]);
    else expect(kmsg[0]).toMatch(warning);
  });

  it.skipIf(!cryptsetup)('reads the memory from a header of cryptsetup itself, and tells who unlocks', () => {
    const real = run(
      'luks_memory "$root_device"; remember unlock "a b"; (. "$MNX_LIB/bin/mnx-unlock") </dev/null',
      {
        volume: formatted(),
        memory: 60_000,
      },
    );
    expect(real.kmsg[0]).toMatch(/a key slot of \/dev\/vda wants 64 MiB .* the phone has 58 MiB/);
    expect(real.stderr).toContain('mnx-unlock: a key slot of /dev/vda wants 64 MiB');
  });

  it('gives the step more time', () => {
    const clock = 'clock_set 7 100 60 80-root; root_unlock; cat "$MNX_RUN/step"';
    expect(run(clock).stdout).toBe('7 100 61 80-root\n');
  });

  it('is opened for whoever asks while nothing waits: not at all', () => {
    const idle = run('echo x | (. "$MNX_LIB/bin/mnx-unlock"); echo "rc $?"');
    expect(idle.stdout).toBe('rc 1\n');
    expect(idle.stderr).toContain('waits for no passphrase');
  });

  it('keeps its prompt at the end of the input', () => {
    const ended = run(
      'remember unlock "/dev/vda mnx-vda"; printf "open barley" | (. "$MNX_LIB/bin/mnx-unlock"); echo "rc $?"',
    );
    expect(ended.stdout).toBe('rc 1\n');
    expect(lines(ended.read('calls') ?? '')).toHaveLength(1);
  });
});
