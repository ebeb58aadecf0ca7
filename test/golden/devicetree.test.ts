import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFdt, setText, writeFdt } from '../../src/devicetree/index.ts';

const hasDtc = spawnSync('dtc', ['--version']).status === 0;
if (!hasDtc) console.log('skipped: dtc is not installed');

const modules = process.env['MNX_TEST_MODULES'];
const dtbRoot = modules === undefined ? undefined : join(modules, 'dtb');
const hasDtbs = dtbRoot !== undefined && existsSync(dtbRoot);
if (!hasDtbs) console.log('skipped: MNX_TEST_MODULES names no folder with DTBs');

const scratch = mkdtempSync(join(tmpdir(), 'mnx-dtc-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function dtc(
  input: string | Uint8Array,
  from: 'dts' | 'dtb',
  to: 'dts' | 'dtb',
  flags: string[] = [],
): Buffer {
  const args = ['-q', '-I', from, '-O', to, ...flags];
  return execFileSync('dtc', args, { input, maxBuffer: 1 << 26, stdio: ['pipe', 'pipe', 'ignore'] });
}

const SOURCE = `/dts-v1/;
/memreserve/ 0x80000000 0x1000;
/ {
  #address-cells = <2>;
  model = "a \\"b\\"";
  compatible = "x,y", "z";
  cpus { #size-cells = <0>; cpu@0 { reg = <0>; enable-method = "psci"; }; };
  soc { ranges; uart: serial@1 { reg = /bits/ 64 <1 2>; odd = [01 02 03]; flag; x-reg = <&uart>; }; };
};`;

describe.skipIf(!hasDtc)('blobs of dtc', () => {
  it('come out byte for byte', () => {
    for (const flags of [[], ['-@'], ['-p', '1000'], ['-S', '8192'], ['-b', '5']]) {
      const blob = new Uint8Array(dtc(SOURCE, 'dts', 'dtb', flags));
      expect(writeFdt(readFdt(blob)), flags.join(' ')).toEqual(blob);
    }
  });

  it('are the same tree when dtc wrote version 16', () => {
    const old = new Uint8Array(dtc(SOURCE, 'dts', 'dtb', ['-V', '16']));
    expect(readFdt(old)).toMatchObject({ root: readFdt(new Uint8Array(dtc(SOURCE, 'dts', 'dtb'))).root });
  });

  it('stay readable for fdtdump and dtc after an edit', () => {
    const fdt = readFdt(new Uint8Array(dtc(SOURCE, 'dts', 'dtb')));
    setText(fdt.root, 'added', 'by us');
    const bytes = writeFdt(fdt, { slack: 64 });
    expect(dtc(bytes, 'dtb', 'dts').toString()).toContain('added = "by us";');
    const file = join(scratch, 'edited.dtb');
    writeFileSync(file, bytes);
    expect(execFileSync('fdtdump', [file], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()).toContain(
      'added = "by us";',
    );
  });
});

/** Every so many of the kernel's DTBs; all of them take minutes. */
const STEP = 30;

describe.skipIf(!hasDtc || !hasDtbs)("a kernel's own DTBs", () => {
  const all = hasDtbs
    ? readdirSync(dtbRoot, { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.dtbo?$/.test(path))
        .toSorted()
    : [];
  const sample = all.filter((path, i) => i % STEP === 0 || path.endsWith('asus-z00t.dtb'));

  it('are the same source for dtc before and after', () => {
    expect(sample.length).toBeGreaterThan(5);
    let exact = 0;
    for (const path of sample) {
      const blob = new Uint8Array(readFileSync(join(dtbRoot ?? '', path)));
      const written = writeFdt(readFdt(blob));
      expect(readFdt(written), path).toEqual(readFdt(blob));
      if (Buffer.compare(written, blob) === 0) {
        exact++;
        continue;
      }
      const [before, after] = [blob, written].map((bytes) => dtc(bytes, 'dtb', 'dts', ['-s']).toString());
      expect(after, path).toBe(before);
    }
    // What is not exact was merged from overlays by libfdt, which leaves old bytes in its padding.
    expect(exact / sample.length).toBeGreaterThan(0.75);
  });
});
