import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { writeBootImage } from '../../src/bootimg/index.ts';
import { packCpio } from '../../src/initramfs/index.ts';
import { arm64Image } from '../bootimg/phone.ts';
import { imageWith } from '../bootimg/sample.ts';
import { desk, documentOf, mnx } from './mnx.ts';
import { phoneFiles } from './phone-files.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

function folderWith(cmdline: string): string {
  const cwd = fresh();
  const image = imageWith({}, { cmdline, parts: { kernel: arm64Image(8192) } });
  writeFileSync(join(cwd, 'boot.img'), concat(writeBootImage(image)));
  return cwd;
}

describe('mnx verify', () => {
  it('is quiet about a good image', async () => {
    const run = await mnx(['verify', 'boot.img'], { env, cwd: folderWith('quiet') });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('boot v0');
    expect(run.stdout).toContain('no findings');
  });

  it('exits 3 with what, why and what to do when there is an error', async () => {
    const cwd = folderWith('c'.repeat(600));
    const run = await mnx(['verify', 'boot.img'], { env, cwd });
    expect(run).toMatchObject({ code: 3, stderr: '' });
    expect(run.stdout).toMatch(/^error: cmdline: the command line has 600 bytes.*\[lint\.cmdline-length\]$/m);
    expect(run.stdout).toMatch(/^ {2}why .*never reach the kernel/m);
    expect(run.stdout).toMatch(/^ {2}do .*shorten/m);
    const json = await mnx(['verify', 'boot.img', '--json'], { env, cwd });
    expect(json.code).toBe(3);
    expect(documentOf(json)).toMatchObject({
      format: 'boot v0',
      findings: [{ code: 'lint.cmdline-length' }],
    });
  });

  it("judges by a loader's rules", async () => {
    const cwd = fresh();
    const image = imageWith({ headerVersion: 3 }, { cmdline: 'quiet', parts: { kernel: arm64Image(8192) } });
    writeFileSync(join(cwd, 'boot.img'), concat(writeBootImage(image)));
    const run = await mnx(['verify', 'boot.img', '--loader', 'qcom-abl-v3'], { env, cwd });
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain('nothing that Qualcomm ABL with vendor_boot would refuse');
    const old = await mnx(['verify', 'boot.img', '--loader', 'qcom-lk'], { env, cwd });
    expect(old.code).toBe(3);
    expect(old.stdout).toContain('[lint.header-version]');
    const other = await mnx(['verify', 'boot.img', '--device', 'asus-z00t', '--loader', 'qcom-abl-v3'], {
      env,
      cwd,
    });
    expect(other.stdout).not.toContain('lint.header-version');
    const typo = await mnx(['verify', 'boot.img', '--loader', 'qcom-abl-v4'], { env, cwd });
    expect(typo.code).toBe(2);
    expect(typo.stderr).toContain('Did you mean qcom-abl-v3?');
  });

  it('finds nothing in what mnx bootimg has built for a device', async () => {
    const cwd = fresh();
    const files = phoneFiles(cwd);
    const init = { type: 'file', path: 'init', mode: 0o755, data: Buffer.from('#!/bin/sh\n') } as const;
    writeFileSync(files[files.indexOf('--ramdisk') + 1] ?? '', gzipSync(packCpio([init])));
    const built = await mnx(['bootimg', '--device', 'asus-z00t', ...files, '-o', 'b.img', '--json'], {
      env,
      cwd,
    });
    expect(built.code).toBe(0);
    const { findings } = documentOf(built) as { findings: { code: string; level: string }[] };
    const run = await mnx(['verify', 'b.img', '--device', 'asus-z00t', '--json'], { env, cwd });
    const told = (documentOf(run) as { findings: { code: string; level: string }[] }).findings;
    // The build has no IKCONFIG to look at but a configuration beside the kernel.
    const codes = (list: typeof findings) =>
      list.map(({ code }) => code).filter((code) => code !== 'lint.kernel-config');
    expect(codes(told).filter((code) => !codes(findings).includes(code))).toEqual([]);
  });

  it('says when a file is missing or no image', async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, 'text'), 'some text that is no image');
    expect((await mnx(['verify', 'absent'], { env, cwd })).code).toBe(2);
    expect((await mnx(['verify', 'text'], { env, cwd })).code).toBe(3);
  });
});
