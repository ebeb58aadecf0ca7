import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/binary/index.ts';
import { bootFile, CONFIG_TEXT, ramdisk, vendorFile } from '../inspect/samples.ts';
import { desk, documentOf, MAIN, mnx } from './mnx.ts';

const { env, fresh, clear } = desk();
afterAll(clear);

function folderWith(files: Readonly<Record<string, Uint8Array>>): string {
  const cwd = fresh();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(cwd, name), bytes);
  return cwd;
}

describe('mnx inspect', () => {
  it('shows parts, fields, hashes and what is odd as plain lines', async () => {
    const file = bootFile({ cmdline: 'quiet console=null' });
    const run = await mnx(['inspect', 'boot.img'], { env, cwd: folderWith({ 'boot.img': file }) });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).not.toContain('\x1b');
    expect(run.stdout).toMatch(/^boot\.img: boot image v0, .* KiB \(\d+ bytes\)$/m);
    expect(run.stdout).toMatch(/^ {2}0x00000800 +\d+ {2}kernel +2 parts: gzip \+ fdt$/m);
    expect(run.stdout).toMatch(/^ +\d+ {2}│ └ content +arm64 Image, Linux 6\.12\.1-mine$/m);
    expect(run.stdout).toMatch(/^ {2}0x00000024 {2}page size +2048$/m);
    expect(run.stdout).toContain(sha256(file));
    expect(run.stdout).toContain('[lint.console-null]');
    const [tree = ''] = run.stdout.split('\nfields\n');
    const widths = tree.split('\n').filter((line) => line.startsWith('  0x'));
    expect(new Set(widths.map((line) => line.search(/kernel|gzip|dtb|ramdisk/))).size).toBeLessThanOrEqual(2);
  });

  it('reads what a pipe brings', () => {
    const line = [MAIN, 'inspect', '-', '--json'];
    const text = execFileSync(process.execPath, line, {
      env,
      cwd: fresh(),
      input: bootFile(),
      encoding: 'utf8',
    });
    expect(JSON.parse(text)).toMatchObject({ file: '-', format: 'bootimg', sha256: sha256(bootFile()) });
  });

  it('gives all of it as one document', async () => {
    const cwd = folderWith({ 'vendor_boot.img': vendorFile() });
    const document = documentOf(await mnx(['inspect', 'vendor_boot.img', '--json'], { env, cwd }));
    expect(document).toMatchObject({
      file: 'vendor_boot.img',
      format: 'vendor-boot',
      offset: 0,
      findings: [],
      inside: [
        { name: 'ramdisk', format: 'gzip', inside: [{ format: 'cpio', expanded: true }] },
        { name: 'ramdisk dlkm' },
        { name: 'dtb', inside: [{ name: 'dtb 0', offset: 0 }, { name: 'dtb 1' }] },
        { name: 'bootconfig', facts: [{ name: 'line 1', value: 'androidboot.hardware=mnx' }] },
      ],
    });
  });

  it('draws bytes to scale, and names every part however small', async () => {
    const file = bootFile({ parts: { ramdisk: new Uint8Array(300_000).fill(1) } });
    const cwd = folderWith({ 'boot.img': file });
    const { stdout } = await mnx(['inspect', 'boot.img', '--map'], { env, cwd });
    const rows = stdout.split('\n').filter((line) => /^ {2}0x[0-9a-f]{8} {2}\S+$/.test(line));
    const cells = rows.map((row) => row.slice(14)).join('');
    for (const letter of ['h', 'g', 'd', 'r']) expect(cells).toContain(letter);
    const share = [...cells].filter((cell) => cell === 'r').length / cells.length;
    expect(share).toBeCloseTo(300_000 / file.length, 1);
    expect(stdout).toMatch(/^ {2}r {2}ramdisk +0x[0-9a-f]{8}\.\.0x[0-9a-f]{8} +293 KiB +9\d\.\d %$/m);
  });

  it('ends the table of vendor_boot where its rows end: padding around it is padding', async () => {
    const cwd = folderWith({ 'vendor_boot.img': vendorFile() });
    const { stdout } = await mnx(['inspect', 'vendor_boot.img', '--map'], { env, cwd });
    const [, start = '', end = ''] =
      /^ {2}t {2}table +0x([0-9a-f]{8})\.\.0x([0-9a-f]{8}) /m.exec(stdout) ?? [];
    expect(Number.parseInt(start, 16) % 4096).toBe(0);
    expect(Number.parseInt(end, 16) - Number.parseInt(start, 16)).toBe(2 * 108);
  });

  it("prints the kernel's configuration, and says when there is none", async () => {
    const cwd = folderWith({ 'boot.img': bootFile(), 'ramdisk.gz': ramdisk() });
    expect((await mnx(['inspect', 'boot.img', '--config'], { env, cwd })).stdout).toBe(CONFIG_TEXT);
    const without = await mnx(['inspect', 'ramdisk.gz', '--config'], { env, cwd });
    expect(without).toMatchObject({ code: 1, stdout: '' });
    expect(without.stderr).toContain('carries its configuration');
  });

  it('exits 3 for damage inside and shows the rest; an unknown file is an error', async () => {
    const broken = gzipSync(Buffer.alloc(9000, 'mnx'));
    broken[20] = (broken[20] ?? 0) ^ 0xff;
    const cwd = folderWith({
      'boot.img': bootFile({ parts: { ramdisk: new Uint8Array(broken) } }),
      text: Buffer.from('some text'),
    });
    const run = await mnx(['inspect', 'boot.img'], { env, cwd });
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('damaged gzip');
    expect(run.stdout).toContain('arm64 Image');
    const unknown = await mnx(['inspect', 'text', '--json'], { env, cwd });
    expect(unknown.code).toBe(3);
    expect(documentOf(unknown)).toMatchObject({ error: { code: 'inspect.unknown' } });
  });

  it('does not let a file steer the terminal', async () => {
    const cwd = folderWith({ 'boot.img': bootFile({ cmdline: 'quiet \x1b]0;owned\x07 \x9b31m' }) });
    const { stdout } = await mnx(['inspect', 'boot.img'], { env, cwd });
    expect(stdout).toContain('quiet \\x1b]0;owned\\x07');
    expect([...stdout].filter((char) => /[\p{Cc}]/u.test(char) && char !== '\n')).toEqual([]);
  });
});
