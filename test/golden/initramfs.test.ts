import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Arch } from '../../src/device/index.ts';
import {
  busyboxApplets,
  dropbearHostKey,
  elfClosure,
  knownHostsLine,
  parsePublicKeys,
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

describe.skipIf(dropbearkey === undefined)('a host key', () => {
  it('is read by dropbear, which shows the same public half', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const file = join(scratch, 'dropbear');
    writeFileSync(file, dropbearHostKey(privateKey));
    const [, type, blob] = knownHostsLine('x', privateKey).trim().split(' ');
    expect(output(dropbearkey ?? '', ['-y', '-f', file])).toContain(`${type} ${blob}`);
  });
});
