import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Arch } from '../../src/device/index.ts';
import {
  busyboxApplets,
  dropbearHostKey,
  elfClosure,
  hostKeyFingerprint,
  knownHostsLine,
  parsePublicKeys,
  readHostKey,
} from '../../src/initramfs/index.ts';

const scratch = mkdtempSync(join(tmpdir(), 'mnx-initramfs-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The full path of a host tool; says so when it is missing. */
function tool(name: string): string | undefined {
  const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  if (stdout.trim() === '') console.log(`skipping ${name}: not installed`);
  return stdout.trim() || undefined;
}

function output(program: string, args: readonly string[], input?: string): string {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8', input });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}

const busybox = tool('busybox');
const ldd = tool('ldd');
const sshKeygen = tool('ssh-keygen');
const dropbearkey = tool('dropbearkey');
const dropbearconvert = tool('dropbearconvert');
const ARCH: Readonly<Record<string, Arch>> = { x64: 'x86_64', arm64: 'aarch64', arm: 'armv7' };
const arch = ARCH[process.arch];

describe.skipIf(busybox === undefined)('the applets of a busybox', () => {
  it('are what it lists itself', () => {
    const file = busybox ?? '';
    expect(busyboxApplets(readFileSync(file))).toEqual(output(file, ['--list']).trimEnd().split('\n'));
  });
});

describe.skipIf(ldd === undefined || arch === undefined)('the closure of the host', () => {
  const programs = ['sh', 'ls', 'node', 'ssh', 'cpio', 'gzip'].map(tool).filter((path) => path !== undefined);

  it.each(programs.filter((path) => existsSync(path)))(
    'of %s has the files that ldd finds',
    async (program) => {
      const real = realpathSync(program);
      const closure = await elfClosure({ sysroots: ['/'], programs: [program], arch: arch ?? 'x86_64' });
      const files = closure.filter(({ type }) => type === 'file').map(({ path }) => `/${path}`);
      const listed = output(ldd ?? '', [real]).match(/\/\S+(?= \(0x)/g) ?? [];
      const wanted = new Set([real, ...listed.map((path) => realpathSync(path))]);
      expect(files.sort()).toEqual([...wanted].sort());
    },
  );
});

describe.skipIf(sshKeygen === undefined)('keys', () => {
  it.each(['ed25519', 'rsa', 'ecdsa'])('of type %s have the fingerprint that ssh-keygen shows', (type) => {
    const file = join(scratch, type);
    output(sshKeygen ?? '', ['-q', '-t', type, '-N', '', '-C', 'someone', '-f', file]);
    const [key] = parsePublicKeys(readFileSync(`${file}.pub`, 'utf8'), type);
    expect(output(sshKeygen ?? '', ['-lf', `${file}.pub`])).toContain(` ${key?.fingerprint} `);
    expect(() => parsePublicKeys(readFileSync(file, 'utf8'), type)).toThrow(/private key/);
  });

  it('are known to ssh under the name of the device', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const file = join(scratch, 'known_hosts');
    writeFileSync(file, knownHostsLine('mnx-phone', privateKey));
    const line = readFileSync(file, 'utf8').trim();
    expect(output(sshKeygen ?? '', ['-F', 'mnx-phone', '-f', file])).toContain(line);
    expect(output(sshKeygen ?? '', ['-lf', file])).toMatch(/^256 SHA256:\S+ mnx-phone \(ED25519\)/);
  });
});

const MADE: readonly (readonly [string, () => KeyObject])[] = [
  ['ed25519', () => generateKeyPairSync('ed25519').privateKey],
  ...(['P-256', 'P-384', 'P-521'] as const).map(
    (namedCurve) => [namedCurve, () => generateKeyPairSync('ec', { namedCurve }).privateKey] as const,
  ),
  ...[1024, 4096].map(
    (modulusLength) =>
      [`RSA ${modulusLength}`, () => generateKeyPairSync('rsa', { modulusLength }).privateKey] as const,
  ),
];

describe.skipIf(dropbearkey === undefined)('a host key for dropbear', () => {
  it.each(MADE)('%s is read by it, and shows the same public half', (name, make) => {
    const key = make();
    const file = join(scratch, `dropbear ${name}`);
    writeFileSync(file, dropbearHostKey(key));
    const [, type, blob] = knownHostsLine('x', key).trim().split(' ');
    const shown = output(dropbearkey ?? '', ['-y', '-f', file]);
    expect(shown).toContain(`${type} ${blob}`);
    expect(shown).toContain(`Fingerprint: ${hostKeyFingerprint(key)}`);
  });
});

describe.skipIf(dropbearconvert === undefined || sshKeygen === undefined)('a host key of OpenSSH', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'])('of type %s becomes the bytes that dropbearconvert writes', (type) => {
    const file = join(scratch, `openssh-${type}`);
    const converted = join(scratch, `converted-${type}`);
    output(sshKeygen ?? '', ['-q', '-t', type, '-N', '', '-f', file]);
    output(dropbearconvert ?? '', ['openssh', 'dropbear', file, converted]);
    const wanted = new Uint8Array(readFileSync(converted));
    for (const path of [file, converted]) {
      expect(dropbearHostKey(readHostKey(new Uint8Array(readFileSync(path)), path))).toEqual(wanted);
    }
  });
});
