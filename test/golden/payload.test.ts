import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aptArchive } from '../../src/payload/apt.ts';
import {
  compareVersions,
  type PayloadContext,
  packageRoots,
  payloadContext,
  programPayload,
} from '../../src/payload/index.ts';
import { dearmor, shippedKeys } from '../../src/payload/keyring.ts';
import { hasPrograms, makeSigner, type Signer, scratch, writeSuite } from '../payload/fake-archive.ts';

const place = scratch();
afterAll(() => place.remove());

/** Prints why a test does nothing here. */
function without(what: string): boolean {
  console.log(`skipped: ${what}`);
  return true;
}

describe('versions', () => {
  const version = fc.stringMatching(/^([0-9]:)?[0-9][0-9a-zA-Z.+~]{0,7}(-[0-9a-zA-Z.+~]{1,5})?$/);
  const oracle = (a: string, relation: string, b: string) =>
    spawnSync('dpkg', ['--compare-versions', a, relation, b]).status === 0;

  it.skipIf(!hasPrograms('dpkg') && without('no dpkg'))('order as dpkg orders them', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const order = compareVersions(a, b);
        expect(oracle(a, order < 0 ? 'lt' : order > 0 ? 'gt' : 'eq', b), `${a} ${order} ${b}`).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('keys', () => {
  const folder = '/usr/share/keyrings';
  const files = readdirSync(shippedKeys()).filter((name) => name.endsWith('.asc'));
  const known = files.filter((name) => existsSync(join(folder, name.replace('.asc', '.gpg'))));

  it.skipIf(known.length === 0 && without('no Debian keyrings on this machine'))(
    "are Debian's, byte for byte",
    () => {
      expect(files.length).toBe(4);
      for (const name of known) {
        const original = readFileSync(join(folder, `${basename(name, '.asc')}.gpg`));
        expect(Buffer.from(dearmor(readFileSync(join(shippedKeys(), name), 'utf8'))).equals(original)).toBe(
          true,
        );
      }
    },
  );
});

const canApt = hasPrograms('apt-get', 'gpg', 'gpgconf', 'gpgv');

describe.skipIf(!canApt && without('no apt or no gpg'))('apt with a private state', () => {
  const root = join(place.path, 'debian');
  let signer: Signer;

  beforeAll(async () => {
    signer = makeSigner(place.path);
    await writeSuite(root, {
      suite: 'test',
      arch: 'arm64',
      packages: [
        { name: 'prog', depends: 'libprog' },
        { name: 'libprog', version: '1:2~+x-1' },
      ],
    });
    signer.sign(root, 'test');
  });
  afterAll(() => signer.remove());

  async function context(name: string, keys = signer.keys): Promise<PayloadContext> {
    const made = await payloadContext({ cache: join(place.path, name), keys, lockFile: join(root, 'none') });
    const options = { cache: made.cache, mirror: undefined, keys, report: made.report };
    return { ...made, archive: () => aptArchive({ ...options, uri: `file:${root}` }) };
  }

  const wanted = (name: string, suite = 'test') => [{ name, suite, arch: 'arm64' }];
  const systemState = () =>
    ['/var/lib/apt/lists', '/var/cache/apt/archives'].map((path) =>
      existsSync(path) ? readdirSync(path).sort() : [],
    );

  it('resolves, fetches and unpacks, and leaves the system alone', async () => {
    const before = systemState();
    const made = await context('cache with space');
    const found = await packageRoots(made, wanted('prog'), (name) => name.startsWith('lib'));
    expect(found.packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'prog 1.0-1',
      'libprog 1:2~+x-1',
    ]);
    expect(await found.sysroot.list('/usr')).toHaveLength(2);
    expect(systemState()).toEqual(before);
    expect((await made.cache.list()).filter(({ kind }) => kind === 'tmp')).toEqual([]);
  });

  it.each([
    ['a key that is not known', shippedKeys(), 'test', 'payload.signature', 3],
    ['a suite that is not there', undefined, 'nosuch', 'payload.no-suite', 4],
  ])('refuses %s', async (what, keys, suite, code, exitCode) => {
    const made = await context(what, keys);
    await expect(packageRoots(made, wanted('prog', suite))).rejects.toMatchObject({ code, exitCode });
  });

  it('refuses a .deb that is not the signed one, and names one that is gone', async () => {
    const made = await context('spoilt');
    const pool = join(root, 'pool/main/p/prog/prog_1.0-1_arm64.deb');
    const good = readFileSync(pool);
    execFileSync('sh', ['-c', 'printf x >> "$1"', 'sh', pool]);
    await expect(packageRoots(made, wanted('prog'))).rejects.toMatchObject({ code: 'payload.tampered' });
    execFileSync('rm', [pool]);
    await expect(packageRoots(made, wanted('prog'))).rejects.toMatchObject({ code: 'payload.gone' });
    execFileSync('sh', ['-c', 'cat > "$1"', 'sh', pool], { input: good });
    expect((await packageRoots(made, wanted('prog'))).packages).toHaveLength(1);
  });
});

describe('the real archive', () => {
  it('gives a static busybox', async () => {
    const made = await payloadContext({
      cache: join(place.path, 'real'),
      lockFile: join(place.path, 'none'),
    });
    try {
      const wanted = { packages: ['busybox-static'], suite: 'trixie', arch: 'arm64' };
      const programs = await programPayload(made, wanted);
      const file = await programs.sysroot.find('/bin/busybox');
      expect(
        readFileSync(file ?? '')
          .subarray(0, 4)
          .toString('latin1'),
      ).toBe('\x7fELF');
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'payload.network' && code !== 'payload.no-archive') throw error;
      without('no Debian archive can be reached');
    }
  });
});
