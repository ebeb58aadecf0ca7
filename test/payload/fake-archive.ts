import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha256, utf8 } from '../../src/binary/index.ts';
import type { Archive, Component } from '../../src/payload/archive.ts';
import { gone } from '../../src/payload/archive-failure.ts';
import { openMirror } from '../../src/payload/mirror-source.ts';
import { type Member, makeDeb } from './deb-file.ts';

/** A package of the test archive. */
export interface FakePackage {
  readonly name: string;
  readonly version?: string;
  readonly arch?: string;
  readonly depends?: string;
  readonly provides?: string;
  readonly files?: readonly Member[];
  /** `main` when absent. */
  readonly component?: Component;
}

/** A folder for one test file, removed by `remove`. */
export interface Place {
  readonly path: string;
  remove(): void;
}

export function scratch(): Place {
  const path = mkdtempSync(join(tmpdir(), 'mnx-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Lays packages out as a Debian archive does. @returns the text of the package list */
export async function writeSuite(
  root: string,
  { suite, arch, packages }: { suite: string; arch: string; packages: readonly FakePackage[] },
): Promise<string> {
  const stanzas: Record<Component, string[]> = { main: [], 'non-free-firmware': [] };
  for (const one of packages) {
    const { name, version = '1.0-1' } = one;
    const deb = await makeDeb(one.files ?? [{ name: `./usr/share/doc/${name}/copyright`, content: name }]);
    const component = one.component ?? 'main';
    const filename = `pool/${component}/${name[0]}/${name}/${name}_${version.replace(/^\d+:/, '')}_${arch}.deb`;
    put(join(root, filename), deb);
    stanzas[component].push(
      [
        `Package: ${name}`,
        `Version: ${version}`,
        `Architecture: ${one.arch ?? arch}`,
        ...(one.depends === undefined ? [] : [`Depends: ${one.depends}`]),
        ...(one.provides === undefined ? [] : [`Provides: ${one.provides}`]),
        `Description: a test`,
        ` Package: ${name}-lies`,
        `Filename: ${filename}`,
        `Size: ${deb.length}`,
        `SHA256: ${sha256(deb)}`,
      ].join('\n'),
    );
  }
  const lists = Object.entries(stanzas).filter(([name, found]) => name === 'main' || found.length > 0);
  const list = textOf(stanzas.main);
  const folder = join(root, 'dists', suite);
  const files = lists.flatMap(([component, found]): [string, Uint8Array][] => [
    [`${component}/binary-${arch}/Packages`, utf8(textOf(found))],
    [`${component}/binary-${arch}/Packages.gz`, gzipSync(utf8(textOf(found)))],
  ]);
  for (const [path, content] of files) put(join(folder, path), content);
  put(join(folder, 'Release'), utf8(releaseText(suite, arch, files)));
  return list;
}

function textOf(stanzas: readonly string[]): string {
  return `${stanzas.join('\n\n')}\n`;
}

function releaseText(suite: string, arch: string, files: readonly [string, Uint8Array][]): string {
  return [
    'Origin: Test',
    `Codename: ${suite}`,
    'Date: Thu, 19 Nov 2026 02:12:54 UTC',
    `Architectures: ${arch}`,
    'Components: main',
    'SHA256:',
    ...files.map(([path, content]) => ` ${sha256(content)} ${content.length} ${path}`),
    '',
  ].join('\n');
}

function put(path: string, content: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** The archive of a folder without signatures, which counts what it is asked. */
export function folderArchive(root: string): Archive & { readonly asked: string[] } {
  const open = openMirror(root);
  const asked: string[] = [];
  return {
    kind: 'mirror',
    asked,
    packages: async (suite, arch, component = 'main') => {
      asked.push(`list ${suite} ${arch}${component === 'main' ? '' : ` ${component}`}`);
      return join(root, 'dists', suite, component, `binary-${arch}`, 'Packages');
    },
    download: async (wanted) => {
      for (const one of wanted) {
        asked.push(`deb ${one.resolved.name}`);
        const source = await open(one.resolved.filename);
        if (source === undefined) throw gone(one);
        const parts: Uint8Array[] = [];
        for await (const part of source) parts.push(part);
        writeFileSync(one.to, Buffer.concat(parts));
      }
    },
  };
}

/** A throw-away key that signs test archives. */
export interface Signer {
  /** Folder with the armoured public key. */
  readonly keys: string;
  /** Makes InRelease from Release. */
  sign(root: string, suite: string): void;
  remove(): void;
}

export function hasPrograms(...names: readonly string[]): boolean {
  const folders = (process.env['PATH'] ?? '').split(':');
  return names.every((name) => folders.some((folder) => existsSync(join(folder, name))));
}

export function makeSigner(folder: string): Signer {
  const home = mkdtempSync(join(tmpdir(), 'gpg-'));
  const keys = join(folder, 'keys');
  mkdirSync(keys, { recursive: true });
  const gpg = (...args: readonly string[]): Buffer =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--yes', '--quiet', '--passphrase', '', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  gpg(
    '--pinentry-mode',
    'loopback',
    '--quick-gen-key',
    'Test Archive <test@example.org>',
    'ed25519',
    'sign',
    'never',
  );
  writeFileSync(join(keys, 'test.asc'), gpg('--armor', '--export'));
  return {
    keys,
    sign: (root, suite) => {
      const release = join(root, 'dists', suite, 'Release');
      const inRelease = join(root, 'dists', suite, 'InRelease');
      gpg('--pinentry-mode', 'loopback', '--clearsign', '--output', inRelease, release);
    },
    remove: () => {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
