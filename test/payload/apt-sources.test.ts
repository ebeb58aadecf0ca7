import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseHostConfig, privateConfig } from '../../src/payload/apt-config.ts';
import { updateFailure } from '../../src/payload/apt-failure.ts';
import {
  debianUri,
  parseSourceLines,
  parseSourceStanzas,
  readSources,
} from '../../src/payload/apt-sources.ts';
import { scratch } from './fake-archive.ts';

const place = scratch();
afterAll(() => place.remove());

const STANZAS = `Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
`;

describe("the machine's apt sources", () => {
  it('reads both formats', () => {
    expect(parseSourceStanzas(STANZAS)).toEqual([
      {
        uri: 'http://mirror.example/debian/',
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main', 'contrib'],
      },
      { uri: 'http://mirror.example/debian-security', suites: ['bookworm-security'], components: ['main'] },
    ]);
    expect(
      parseSourceLines(
        '# deb http://no.example/debian trixie main\ndeb [arch=amd64 signed-by=/x y] https://a.example/debian trixie main non-free # why\ndeb-src http://s.example/debian trixie main\ndeb http://flat.example/ ./\n',
      ),
    ).toEqual([{ uri: 'https://a.example/debian', suites: ['trixie'], components: ['main', 'non-free'] }]);
  });

  it.each([
    ['the archive, not its neighbours', STANZAS, 'http://mirror.example/debian'],
    [
      'official paths before others',
      'Types: deb\nURIs: https://apt.example/repo\nSuites: trixie\nComponents: main\n\nTypes: deb\nURIs: https://b.example/debian\nSuites: stable\nComponents: main',
      'https://b.example/debian',
    ],
    [
      'a private mirror with a path of its own',
      'Types: deb\nURIs: https://proxy.example/r/deb-proxy/\nSuites: trixie\nComponents: main',
      'https://proxy.example/r/deb-proxy',
    ],
    [
      "apt's list of mirrors",
      'Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie\nComponents: main',
      'mirror+file:/etc/apt/mirrors/debian.list',
    ],
    [
      'nothing on Ubuntu',
      'Types: deb\nURIs: http://archive.example/ubuntu\nSuites: noble\nComponents: main',
      undefined,
    ],
    [
      'nothing of a third party',
      'Types: deb\nURIs: https://docker.example/linux/debian\nSuites: bookworm\nComponents: stable',
      undefined,
    ],
  ])('finds %s', (_what, text, wanted) => {
    expect(debianUri(parseSourceStanzas(text))).toBe(wanted);
  });

  it('reads sources.list first, then the folder by name', async () => {
    const folder = join(place.path, 'sources.list.d');
    mkdirSync(folder);
    writeFileSync(join(place.path, 'sources.list'), 'deb http://one.example/debian trixie main\n');
    writeFileSync(join(folder, 'b.list'), 'deb http://three.example/debian trixie main\n');
    writeFileSync(join(folder, 'a.sources'), STANZAS);
    writeFileSync(join(folder, 'c.list.save'), 'deb http://never.example/debian trixie main\n');
    const sources = await readSources(join(place.path, 'sources.list'), folder);
    expect(sources.map(({ uri }) => uri)).toEqual([
      'http://one.example/debian',
      'http://mirror.example/debian/',
      'http://mirror.example/debian-security',
      'http://three.example/debian',
    ]);
    expect(await readSources(join(place.path, 'none'), join(place.path, 'none.d'))).toEqual([]);
  });
});

describe('the private apt state', () => {
  const dump = [
    'Dir "/";',
    'Dir::Etc "etc/apt";',
    'Dir::Etc::sourcelist "my.list";',
    'Acquire "";',
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::AllowInsecureRepositories "1";',
    'Acquire::Languages:: "de";',
    'Acquire::IndexTargets::deb::Packages::Optional "0";',
    'Acquire::Check-Valid-Until "false";',
    'APT::Update::Post-Invoke:: "rm -rf /";',
  ].join('\n');

  it("takes the machine's way to archives along, and nothing that weakens checks", () => {
    expect(parseHostConfig(dump)).toEqual({
      acquire: ['Acquire::http::Proxy "http://proxy.example:3128";', 'Acquire::Check-Valid-Until "false";'],
      sourceList: '/etc/apt/my.list',
      sourceParts: '/etc/apt/sources.list.d',
    });
  });

  it('keeps everything that apt writes in its folder', () => {
    const config = privateConfig({ folder: '/p q', keys: '/k', arch: 'arm64', acquire: ['Acquire::x "1";'] });
    expect(config).toContain('Acquire::x "1";\n');
    for (const name of ['Dir::State', 'Dir::Cache', 'Dir::Log']) {
      expect(config).toMatch(new RegExp(`^${name} "/p q/`, 'm'));
    }
  });

  it.each([
    ['E: The repository is not signed.', 'payload.signature', 3],
    ['W: GPG error: x: The following signatures were invalid: BADSIG 12', 'payload.signature', 3],
    ["E: Failed to fetch x  Could not resolve 'x'", 'payload.network', 4],
    ["E: The repository 'x nosuch Release' does not have a Release file.", 'payload.no-suite', 4],
    ['E: Failed to fetch x  Hash Sum mismatch', 'payload.tampered', 3],
    ['E: Failed to fetch x  Write error - write (28: No space left on device)', 'payload.disk-full', 1],
    ['', 'payload.network', 4],
  ])('puts %j into words', (stderr, code, exitCode) => {
    expect(updateFailure(stderr, 'trixie', 'arm64')).toMatchObject({ code, exitCode });
  });
});
