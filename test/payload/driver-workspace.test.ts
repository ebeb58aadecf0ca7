import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHeaders } from '../../src/payload/driver-headers.ts';
import { hostOf } from '../../src/payload/driver-host.ts';
import { releaseSuite, toolchainOf } from '../../src/payload/driver-toolchain.ts';
import { createWorkspace, isPlainPath, type Workspace } from '../../src/payload/driver-workspace.ts';
import { fakePackages } from './driver-packages.ts';

const host = hostOf('linux', 'x64');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnx-workspace-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function workspace(): Promise<{ made: Workspace; cache: string }> {
  const cache = join(folder, "the user's cache: #1");
  const packages = fakePackages(cache);
  const unpack = async (names: readonly string[]) =>
    packages.unpack(await packages.find(names.map((name) => ({ name, suite: 'trixie', arch: 'amd64' }))));
  const [own = '', common = '', kbuild = ''] = await unpack([
    'linux-headers-1.0-test',
    'linux-headers-1.0-common',
    'linux-kbuild-1.0',
  ]);
  const headers = await readHeaders(own, '1.0-test');
  const tools = toolchainOf(headers, host, 'trixie-backports');
  const root = join(folder, 'root');
  mkdirSync(root);
  const made = await createWorkspace(root, {
    tools: {
      headers: own,
      common,
      kbuild,
      compilers: await unpack(tools.compilers.map(({ name }) => name)),
      libraries: await unpack(tools.libraries.map(({ name }) => name)),
    },
    host,
    release: '1.0-test',
    headers,
  });
  return { made, cache };
}

describe('createWorkspace', () => {
  it('runs each program through the unpacked loader, under the name it was called by', async () => {
    const { made, cache } = await workspace();
    const gcc = join(made.programs, 'aarch64-linux-gnu-gcc-14');
    const { stdout, status } = spawnSync(gcc, ['-c', "it's a file.c", ''], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '--inhibit-cache',
      '--library-path',
      join(made.root, 'host'),
      '--argv0',
      gcc,
      join(cache, 'gcc-14-aarch64-linux-gnu/usr/bin/aarch64-linux-gnu-gcc-14'),
      '-c',
      "it's a file.c",
      '',
      '',
    ]);
  });

  it('makes scripts of the programs that gcc and kbuild start, and of nothing else', async () => {
    const { made, cache } = await workspace();
    const kind = (name: string) => {
      const path = join(made.root, name);
      if (!existsSync(path)) return 'absent';
      if (lstatSync(path).isSymbolicLink()) return `link ${readlinkSync(path).replace(cache, '')}`;
      return readFileSync(path, 'latin1').startsWith('#!/bin/sh\n') ? 'script' : 'file';
    };
    expect(kind('tools/usr/libexec/gcc-cross/cc1')).toBe('script');
    expect(kind('usr/lib/linux-kbuild-1.0/scripts/fixdep')).toBe('script');
    expect(kind('tools/usr/aarch64-linux-gnu/bin/as')).toBe('link ../../bin/aarch64-linux-gnu-as');
    expect(kind('tools/usr/aarch64-linux-gnu/bin/nm')).toBe('absent');
    expect(readlinkSync(join(made.root, 'tools/usr/aarch64-linux-gnu/bin/nm'))).toBe(
      '../../bin/aarch64-linux-gnu-nm',
    );
    expect(kind('tools/usr/libexec/gcc-cross/liblto_plugin.so')).toBe(
      'link /gcc-14-aarch64-linux-gnu/usr/libexec/gcc-cross/liblto_plugin.so',
    );
    expect(kind('usr/lib/linux-kbuild-1.0/scripts/Kbuild.include')).toBe(
      'link /linux-kbuild-1.0/usr/lib/linux-kbuild-1.0/scripts/Kbuild.include',
    );
    expect(kind('tools/usr/share')).toBe('absent');
    expect(kind('host/libbfd-1.so')).toBe(
      'link /binutils-aarch64-linux-gnu/usr/lib/x86_64-linux-gnu/libbfd-1.so',
    );
    expect(kind('host/libgmp10.so')).toBe('link /libgmp10/usr/lib/x86_64-linux-gnu/libgmp10.so');
  });

  it('gives the header folders real paths of its own, with the scripts beside them', async () => {
    const { made } = await workspace();
    expect(realpathSync(made.headers)).toBe(join(realpathSync(made.root), 'usr/src/linux-headers-1.0-test'));
    expect(existsSync(join(made.headers, 'include/generated/autoconf.h'))).toBe(true);
    expect(realpathSync(join(made.headers, 'scripts'))).toBe(
      join(realpathSync(made.root), 'usr/lib/linux-kbuild-1.0/scripts'),
    );
  });

  it('leaves the unpacked packages as they are', async () => {
    const { made, cache } = await workspace();
    rmSync(made.root, { recursive: true });
    expect(
      readFileSync(join(cache, 'linux-kbuild-1.0/usr/lib/linux-kbuild-1.0/scripts/fixdep'), 'latin1'),
    ).toMatch(/^\x7fELF/);
  });
});

describe('isPlainPath', () => {
  it.each([
    '/home/a b/x',
    '/home/a:b',
    '/home/a#b',
    '/home/$x',
    '/home/a=b',
    '/home/a%b',
    "/home/a'b",
    '/home/ä',
  ])('refuses %s', (path) => expect(isPlainPath(path)).toBe(false));
  it('takes usual paths', () => expect(isPlainPath('/home/jane/.cache/mnx/tmp/host_12_ab+c')).toBe(true));
});

describe('readHeaders', () => {
  it('says which file of which package is not as Debian writes it', async () => {
    const packages = fakePackages(folder);
    const [own = ''] = await packages.unpack(
      await packages.find([{ name: 'linux-headers-1.0-test', suite: 'trixie', arch: 'arm64' }]),
    );
    await expect(readHeaders(own, '1.0-other')).rejects.toMatchObject({
      code: 'payload.linux-headers',
      field: 'linux-headers Makefile',
      got: 'no such file',
    });
    rmSync(join(own, 'usr/src/linux-headers-1.0-test/scripts'));
    await expect(readHeaders(own, '1.0-test')).rejects.toMatchObject({ field: 'linux-headers scripts' });
  });
});

describe('toolchainOf', () => {
  it('asks for the compiler of the kernel, from the release that it belongs to', () => {
    const { compilers, libraries } = toolchainOf(
      { crossCompile: 'aarch64-linux-gnu-', gcc: '14' },
      host,
      'trixie-backports',
    );
    expect(compilers).toEqual([
      { name: 'gcc-14-aarch64-linux-gnu', suite: 'trixie', arch: 'amd64' },
      { name: 'cpp-14-aarch64-linux-gnu', suite: 'trixie', arch: 'amd64' },
      { name: 'binutils-aarch64-linux-gnu', suite: 'trixie', arch: 'amd64' },
    ]);
    expect(libraries.map(({ name }) => name)).not.toContain('libbinutils');
  });

  it('takes the libraries of native binutils when host and target are the same', () => {
    const { compilers, libraries } = toolchainOf(
      { crossCompile: 'x86_64-linux-gnu-', gcc: '15' },
      host,
      'forky',
    );
    expect(compilers.map(({ name }) => name)).toContain('gcc-15-x86-64-linux-gnu');
    expect(libraries.map(({ name }) => name)).toContain('libbinutils');
  });
});

describe('releaseSuite', () => {
  it.each([
    ['trixie-backports', 'trixie'],
    ['trixie-backports-sloppy', 'trixie'],
    ['trixie-security', 'trixie'],
    ['trixie', 'trixie'],
  ])('%s -> %s', (suite, release) => expect(releaseSuite(suite)).toBe(release));
});
