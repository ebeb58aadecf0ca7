import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostOf, requireHostPrograms } from '../../src/payload/driver-host.ts';
import { findProgram } from '../../src/payload/host-program.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnx-host-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, mode = 0o755): void {
  writeFileSync(join(folder, name), '#!/bin/sh\n');
  chmodSync(join(folder, name), mode);
}

describe('requireHostPrograms', () => {
  it('names the Debian package of a program that is absent', async () => {
    for (const name of ['sh', 'sed', 'awk', 'grep', 'cmp', 'rm']) program(name);
    await expect(requireHostPrograms(folder)).rejects.toMatchObject({
      code: 'payload.driver-tool',
      exitCode: 4,
      message: 'building a driver needs the program make',
      hint: 'On Debian: apt-get install make',
    });
    program('make');
    await requireHostPrograms(folder);
  });
});

describe('findProgram', () => {
  it('looks only in absolute folders, in their order', async () => {
    program('tool');
    expect(await findProgram('tool', `/nonexistent:.:${folder}`)).toBe(join(folder, 'tool'));
    expect(await findProgram('tool', '.::relative')).toBeUndefined();
    expect(await findProgram('other', folder)).toBeUndefined();
  });
});

describe('hostOf', () => {
  it('knows the machines that Debian compilers run on', () => {
    expect(hostOf('linux', 'x64')).toMatchObject({ arch: 'amd64', loader: 'ld-linux-x86-64.so.2' });
    expect(hostOf('linux', 'arm64').triple).toBe('aarch64-linux-gnu');
  });

  it.each([
    ['darwin', 'arm64'],
    ['linux', 'riscv64'],
  ])('says what to do on %s %s', (platform, machine) => {
    expect(() => hostOf(platform, machine)).toThrow(
      expect.objectContaining({ code: 'payload.driver-host', exitCode: 4 }),
    );
  });
});
