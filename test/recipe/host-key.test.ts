import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { knownHostsLine } from '../../src/initramfs/index.ts';
import { hostKey, knownHosts, ownHostKey, stateFolder } from '../../src/recipe/host-key.ts';
import { knownKey, opensshFile, opensshParts } from '../initramfs/openssh-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnx-state-'));
  vi.stubEnv('MNX_STATE', join(folder, 'mnx'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const keys = () => join(folder, 'mnx', 'host-keys');
const publicOf = (key: Awaited<ReturnType<typeof hostKey>>) =>
  createPublicKey(key).export({ type: 'spki', format: 'pem' });

describe('hostKey', () => {
  it('is made once per device and kept for its owner alone', async () => {
    const before = process.umask(0);
    try {
      const first = await hostKey('asus-z00t');
      expect(publicOf(await hostKey('asus-z00t'))).toBe(publicOf(first));
      expect(publicOf(await hostKey('asus-flo'))).not.toBe(publicOf(first));
      expect(statSync(join(keys(), 'asus-z00t.pem')).mode & 0o777).toBe(0o600);
      expect(statSync(keys()).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(before);
    }
  });

  it('is one key for all who ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 24 }, () => hostKey('asus-z00t')));
    expect(new Set(all.map(publicOf)).size).toBe(1);
    expect(readdirSync(keys()).sort()).toEqual(['asus-z00t.known_hosts', 'asus-z00t.pem']);
  });

  it('is never seen half-written', async () => {
    const file = join(keys(), 'asus-z00t.pem');
    let made = false;
    const making = Promise.all([hostKey('asus-z00t'), hostKey('asus-z00t')]).then(() => {
      made = true;
    });
    while (!made) {
      const text = (() => {
        try {
          return readFileSync(file, 'utf8');
        } catch {
          return undefined;
        }
      })();
      if (text !== undefined)
        expect(text).toMatch(/^-----BEGIN PRIVATE KEY-----\n[\s\S]*-----END PRIVATE KEY-----\n$/);
      await new Promise(setImmediate);
    }
    await making;
  });

  it('gives way to a key of the user, by which ssh knows the phone from then on', async () => {
    const kept = await hostKey('asus-z00t');
    const own = join(folder, 'own');
    writeFileSync(own, opensshFile(opensshParts(knownKey())));
    const given = await ownHostKey(own);
    const line = () => readFileSync(join(keys(), 'asus-z00t.known_hosts'), 'utf8');
    expect(publicOf(await hostKey('asus-z00t', given))).toBe(publicOf(knownKey()));
    expect(line()).toBe(knownHostsLine('mnx-asus-z00t', knownKey()));
    expect(publicOf(await hostKey('asus-z00t'))).toBe(publicOf(kept));
    expect(line()).toBe(knownHostsLine('mnx-asus-z00t', kept));
    expect(readdirSync(keys()).sort()).toEqual(['asus-z00t.known_hosts', 'asus-z00t.pem']);
  });

  it('is made for no device that has one of the user', async () => {
    await hostKey('asus-z00t', knownKey());
    expect(readdirSync(keys())).toEqual(['asus-z00t.known_hosts']);
    await expect(ownHostKey(join(folder, 'nowhere'))).rejects.toMatchObject({ exitCode: 4 });
  });

  it('is not replaced when its file is damaged', async () => {
    await hostKey('asus-z00t');
    writeFileSync(join(keys(), 'asus-z00t.pem'), 'no key');
    await expect(hostKey('asus-z00t')).rejects.toMatchObject({
      code: 'recipe.host-key',
      message: expect.stringContaining('asus-z00t.pem'),
      hint: expect.stringContaining('Remove the file'),
    });
    expect(readFileSync(join(keys(), 'asus-z00t.pem'), 'utf8')).toBe('no key');
  });

  it('says which folder is wanted when there is none to write to', async () => {
    writeFileSync(join(folder, 'file'), '');
    vi.stubEnv('MNX_STATE', join(folder, 'file'));
    await expect(hostKey('asus-z00t')).rejects.toMatchObject({
      code: 'recipe.state',
      hint: expect.stringContaining('MNX_STATE'),
    });
  });
});

describe('knownHosts', () => {
  it('is what ssh-keygen finds the device in', async () => {
    expect(await knownHosts('asus-z00t')).toBeUndefined();
    await hostKey('asus-z00t');
    const known = await knownHosts('asus-z00t');
    expect(known?.alias).toBe('mnx-asus-z00t');
    const file = known?.file ?? '';
    expect(readFileSync(file, 'utf8')).toMatch(/^mnx-asus-z00t ssh-ed25519 \S+\n$/);
    if (spawnSync('ssh-keygen', ['-?']).error !== undefined) {
      console.log('skipped: no ssh-keygen (Debian package openssh-client)');
      return;
    }
    const found = execFileSync('ssh-keygen', ['-F', 'mnx-asus-z00t', '-f', file], { encoding: 'utf8' });
    expect(found).toContain('ssh-ed25519');
  });
});

describe('stateFolder', () => {
  it('is what MNX_STATE, XDG_STATE_HOME or the home say', () => {
    vi.stubEnv('MNX_STATE', '/a');
    vi.stubEnv('XDG_STATE_HOME', '/b');
    vi.stubEnv('HOME', '/c');
    expect(stateFolder()).toBe('/a');
    vi.stubEnv('MNX_STATE', undefined);
    expect(stateFolder()).toBe('/b/mnx');
    vi.stubEnv('XDG_STATE_HOME', undefined);
    expect(stateFolder()).toBe('/c/.local/state/mnx');
  });
});
