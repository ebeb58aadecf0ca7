import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type PayloadContext, packageRoots, payloadContext } from '../../src/payload/index.ts';
import { dearmor, shippedKeys, signedText } from '../../src/payload/keyring.ts';
import { parseRelease } from '../../src/payload/release.ts';
import { hasPrograms, makeSigner, type Signer, scratch, writeSuite } from './fake-archive.ts';

const place = scratch();
afterAll(() => place.remove());
const canSign = hasPrograms('gpg', 'gpgv', 'gpgconf');
if (!canSign) console.log('skipped: signatures of archives, no gpg and gpgv');

const HASH = 'b'.repeat(64);

describe('Release', () => {
  const text = `Suite: stable\nCodename: trixie\nAcquire-By-Hash: yes\nMD5Sum:\n ${'c'.repeat(32)} 1 main/x\nSHA256:\n ${HASH}  12 main/binary-arm64/Packages.xz\n`;

  it('names files by SHA-256 only', () => {
    const release = parseRelease(text, 'trixie');
    expect(release.byHash).toBe(true);
    expect(release.find('main/binary-arm64/Packages.xz')).toMatchObject({ sha256: HASH, size: 12 });
    expect(release.find('main/x')).toBeUndefined();
    expect(parseRelease(text, 'stable').byHash).toBe(true);
  });

  it('refuses the release of another suite, and one without hashes', () => {
    expect(() => parseRelease(text, 'bookworm')).toThrow(/want bookworm/);
    expect(() => parseRelease('Codename: trixie\n', 'trixie')).toThrow(/SHA256/);
  });
});

describe('keys', () => {
  it('come out of their armour as they went in', () => {
    const armour = (body: string) =>
      `-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: x\n\n${body}\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n`;
    expect([...dearmor(`${armour('AQID\nBA==')}between\n${armour('BQ==')}`)]).toEqual([1, 2, 3, 4, 5]);
    expect(() => dearmor('no key')).toThrow(/armoured/);
  });

  it('ship as OpenPGP public key packets', () => {
    for (const release of ['bookworm', 'trixie']) {
      for (const kind of ['automatic', 'stable']) {
        const file = join(shippedKeys(), `debian-archive-${release}-${kind}.asc`);
        // RFC 9580 4.2: packet type 6, in either header format.
        expect([0x98, 0x99, 0xc6]).toContain(dearmor(readFileSync(file, 'utf8'))[0]);
      }
    }
  });
});

describe.skipIf(!canSign)('a mirror', () => {
  let signer: Signer;
  let count = 0;
  let root = '';
  let server: Server | undefined;

  beforeAll(() => {
    signer = makeSigner(place.path);
  });
  afterAll(() => signer.remove());
  beforeEach(async () => {
    count += 1;
    root = join(place.path, `archive-${count}`);
    await writeSuite(root, {
      suite: 'test',
      arch: 'arm64',
      packages: [{ name: 'prog' }, { name: 'lib~+x' }],
    });
    signer.sign(root, 'test');
  });
  afterAll(() => server?.close());

  const cacheOf = (name = '') => join(place.path, `cache-${count}${name}`);

  function context(mirror = root, name = ''): Promise<PayloadContext> {
    return payloadContext({ cache: cacheOf(name), mirror, keys: signer.keys, lockFile: join(root, 'none') });
  }

  const roots = async (made: PayloadContext) =>
    packageRoots(made, [{ name: 'prog', suite: 'test', arch: 'arm64' }]);

  it.each([
    ['a folder', (path: string) => path],
    ['a file: address', (path: string) => `file://${path}`],
  ])('is read from %s', async (_what, address) => {
    const { sysroot } = await roots(await context(address(root)));
    expect(await sysroot.list('/usr')).toEqual(['/usr/share/doc/prog/copyright']);
  });

  async function serve(): Promise<string> {
    server?.close();
    server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(root, decodeURIComponent(request.url ?? ''))));
      } catch {
        response.statusCode = 404;
        response.end('gone');
      }
    });
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  it('is read over HTTP, and names the file that it has lost', async () => {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']) vi.stubEnv(name, '');
    const address = await serve();
    const { packages } = await roots(await context(address));
    rmSync(join(root, packages[0]?.filename ?? ''));
    await expect(roots(await context(address, 'fresh'))).rejects.toMatchObject({
      code: 'payload.gone',
      exitCode: 4,
      message: expect.stringContaining('pool/main/p/prog/prog_1.0-1_arm64.deb'),
    });
    server?.close();
    await expect(roots(await context(address, 'down'))).rejects.toMatchObject({
      code: 'payload.network',
      exitCode: 4,
    });
    vi.unstubAllEnvs();
  });

  it('keeps its list in the cache, by content', async () => {
    await roots(await context());
    rmSync(join(root, 'dists/test/main'), { recursive: true });
    const made = await payloadContext({
      cache: cacheOf(),
      mirror: root,
      keys: signer.keys,
      lockFile: join(root, 'none'),
      refresh: true,
    });
    expect((await roots(made)).packages).toHaveLength(1);
  });

  const change = (path: string, from: string, to: string) =>
    writeFileSync(join(root, path), readFileSync(join(root, path), 'latin1').replace(from, to), 'latin1');

  const cut = (path: string, from: string) => {
    const text = readFileSync(join(root, path), 'latin1');
    writeFileSync(join(root, path), text.slice(0, text.indexOf(from)), 'latin1');
  };

  it.each([
    [
      'a changed InRelease',
      () => change('dists/test/InRelease', 'Origin: Test', 'Origin: Evil'),
      'signature',
    ],
    ['no signature', () => cut('dists/test/InRelease', '-----BEGIN PGP SIGNATURE'), 'signature'],
    ['an empty InRelease', () => writeFileSync(join(root, 'dists/test/InRelease'), ''), 'signature'],
    [
      'a changed list',
      () => appendFileSync(join(root, 'dists/test/main/binary-arm64/Packages.gz'), 'x'),
      'tampered',
    ],
    ['a changed .deb', () => change('pool/main/p/prog/prog_1.0-1_arm64.deb', 'debian', 'dEbian'), 'tampered'],
  ])('is refused with %s', async (_what, spoil, reason) => {
    spoil();
    await expect(roots(await context())).rejects.toMatchObject({ code: `payload.${reason}`, exitCode: 3 });
    const kinds = (await (await context()).cache.list()).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'debs' || kind === 'unpacked' || kind === 'tmp')).toEqual([]);
  });

  it('is refused when the shipped keys do not know its key', async () => {
    const made = await payloadContext({ cache: cacheOf(), mirror: root, lockFile: join(root, 'none') });
    await expect(roots(made)).rejects.toMatchObject({ code: 'payload.signature' });
  });

  it('does not count text outside the signature', async () => {
    const file = join(root, 'dists/test/InRelease');
    writeFileSync(file, `Codename: outside\n\n${readFileSync(file, 'utf8')}`);
    const keyring = join(place.path, 'ring.gpg');
    writeFileSync(keyring, dearmor(readFileSync(join(signer.keys, 'test.asc'), 'utf8')));
    const text = await signedText(file, keyring).catch((error: { code: string }) => error.code);
    expect(text).not.toContain('outside');
  });

  it('cannot pass one suite off as another', async () => {
    await writeSuite(root, { suite: 'other', arch: 'arm64', packages: [] });
    const other = readFileSync(join(root, 'dists/test/InRelease'));
    writeFileSync(join(root, 'dists/other/InRelease'), other);
    const made = await context();
    await expect(packageRoots(made, [{ name: 'prog', suite: 'other', arch: 'arm64' }])).rejects.toMatchObject(
      { code: 'payload.release', exitCode: 3 },
    );
  });

  it('says that it lacks a suite or an architecture', async () => {
    const made = await context();
    for (const [suite, arch] of [
      ['nosuch', 'arm64'],
      ['test', 'armhf'],
    ] as const) {
      await expect(packageRoots(made, [{ name: 'prog', suite, arch }])).rejects.toMatchObject({
        code: 'payload.no-suite',
        exitCode: 4,
      });
    }
  });

  it('names the package that brings gpgv', async () => {
    vi.stubEnv('PATH', place.path);
    await expect(roots(await context())).rejects.toMatchObject({
      code: 'payload.gpgv',
      exitCode: 4,
      hint: expect.stringContaining('apt-get install gpgv'),
    });
    vi.unstubAllEnvs();
  });

  it('refuses addresses of other kinds', async () => {
    await expect(roots(await context('ftp://mirror.example/debian'))).rejects.toMatchObject({
      code: 'payload.mirror',
      exitCode: 2,
    });
  });
});
