import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, FormatError, sha256 } from '../../src/binary/index.ts';
import { type BootImage, packOsVersion, readBootImage, writeBootImage } from '../../src/bootimg/index.ts';
import { imageWith, ramp } from '../bootimg/sample.ts';

/** Where `mkbootimg` and `unpack_bootimg` are when not on the PATH. */
const FOLDER = process.env['MNX_MKBOOTIMG_DIR'];

function tool(name: string): string {
  return FOLDER === undefined ? name : join(FOLDER, name);
}

/**
 * Debian's mkbootimg 34.0.5 writes v4 and a v3 header size of 1580; the 29.0.6 of Debian 12 does
 * neither and is no oracle.
 */
function mkbootimgWorks(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-mkbootimg-'));
  try {
    const out = join(folder, 'boot.img');
    execFileSync(tool('mkbootimg'), ['--header_version', '4', '-o', out], { stdio: 'ignore' });
    return readFileSync(out).readUInt32LE(20) === 1584;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const installed = mkbootimgWorks();
if (!installed) console.log('skipped: no mkbootimg 34 (Debian package mkbootimg, or MNX_MKBOOTIMG_DIR)');

const SEED = Number(process.env['MNX_SEED'] ?? 20261121);
const RUNS = 120;

/** mulberry32: the same numbers on every machine. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Runs the script over many argument lists in one interpreter: starting Python takes longer than packing. */
const RUN_ALL = `
import json, runpy, shutil, sys
path = shutil.which(sys.argv[1])
for args in json.load(sys.stdin):
    sys.argv = [path, *args]
    runpy.run_path(path, run_name='__main__')
`;

function runAll(name: string, lists: readonly (readonly string[])[]): void {
  execFileSync('python3', ['-X', 'utf8', '-c', RUN_ALL, tool(name)], { input: JSON.stringify(lists) });
}

interface Case {
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly image: BootImage;
}

/** One random set of arguments, and the same image as a value. */
function makeCase(next: (below: number) => number): Case {
  const headerVersion = next(5) as 0 | 1 | 2 | 3 | 4;
  const hex = (): number => next(0x1000) * 0x1000;
  const spec = {
    headerVersion,
    pageSize: [2048, 4096, 8192, 16384][next(4)] ?? 2048,
    base: hex() * 16,
    kernelOffset: hex(),
    ramdiskOffset: hex(),
    secondOffset: hex(),
    tagsOffset: hex(),
    dtbOffset: hex(),
    board: 'b'.repeat(next(16)),
  };
  const text = (limit: number): string =>
    Array.from({ length: next(limit) }, () => 'abc =.,0é"'[next(10)] ?? 'x').join('');
  const cmdline = text([40, 300, 520, 700][next(4)] ?? 40);
  const part = (): Uint8Array =>
    ramp(next(3) === 0 ? spec.pageSize * (1 + next(3)) : 1 + next(20000), next(256), next(256));
  const names = {
    0: ['kernel', 'ramdisk', 'second'],
    1: ['kernel', 'ramdisk', 'second', 'recoveryDtbo'],
    2: ['kernel', 'ramdisk', 'second', 'recoveryDtbo'],
    3: ['kernel', 'ramdisk'],
    4: ['kernel', 'ramdisk'],
  }[headerVersion];
  const chosen = names.filter(() => next(4) > 0).map((name) => [name, part()] as const);
  const parts: Record<string, Uint8Array> = Object.fromEntries(chosen);
  if (headerVersion === 2) parts['dtb'] = part();
  const version = `${next(128)}.${next(128)}.${next(128)}`;
  const patch = `${2000 + next(128)}-${String(1 + next(12)).padStart(2, '0')}`;
  const args = [
    ['--header_version', headerVersion],
    ['--pagesize', spec.pageSize],
    ['--base', spec.base],
    ['--kernel_offset', spec.kernelOffset],
    ['--ramdisk_offset', spec.ramdiskOffset],
    ['--second_offset', spec.secondOffset],
    ['--tags_offset', spec.tagsOffset],
    ['--dtb_offset', spec.dtbOffset],
    ['--board', spec.board],
    ['--os_version', version],
    ['--os_patch_level', patch],
    ['--cmdline', cmdline],
  ].flatMap(([name, value]) => [String(name), String(value)]);
  const image = imageWith(spec, { cmdline, parts, osVersion: packOsVersion(version, patch) });
  return { args, files: parts, image };
}

describe.skipIf(!installed)(`mkbootimg 34, random arguments from seed ${SEED}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mnx-bootimg-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it(`writes the same bytes ${RUNS} times`, () => {
    const next = random(SEED);
    const cases = Array.from({ length: RUNS }, () => makeCase(next));
    const lists = cases.map(({ args, files }, run) => [
      ...args,
      ...Object.entries(files).flatMap(([name, bytes]) => [flagOf(name), store(`${run}-${name}`, bytes)]),
      '-o',
      join(folder, `${run}.img`),
    ]);
    runAll('mkbootimg', lists);
    for (const [run, { image, args }] of cases.entries()) {
      const wanted = sha256(readFileSync(join(folder, `${run}.img`)));
      expect(sha256(...writeBootImage(image)), `run ${run}: mkbootimg ${args.join(' ')}`).toBe(wanted);
    }
    expect(new Set(cases.map(({ image }) => image.headerVersion)).size).toBe(5);
  });

  it('unpack_bootimg finds the parts', () => {
    const next = random(SEED + 1);
    const cases = Array.from({ length: 40 }, () => makeCase(next));
    const lists = cases.map(({ image }, run) => [
      '--boot_img',
      store(`${run}.img`, concat(writeBootImage(image))),
      '--out',
      join(folder, `out${run}`),
    ]);
    runAll('unpack_bootimg', lists);
    for (const [run, { files }] of cases.entries()) {
      for (const [name, bytes] of Object.entries(files)) {
        const found = readFileSync(
          join(folder, `out${run}`, name === 'recoveryDtbo' ? 'recovery_dtbo' : name),
        );
        expect(sha256(found)).toBe(sha256(bytes));
      }
    }
  });

  function store(name: string, bytes: Uint8Array): string {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return file;
  }

  function flagOf(part: string): string {
    return part === 'recoveryDtbo' ? '--recovery_dtbo' : `--${part}`;
  }
});

const CORPUS = resolve(import.meta.dirname, '../../../shared/corpus/bootimg');
const present = existsSync(CORPUS);
if (!present) console.log('skipped: no folder of real images beside the repository');

/** Real files: whole images, and what must be refused. */
const WHOLE = [
  'htc-marvel-boot.img',
  'uboot-boot_img_hex.img',
  'uboot-img_hex.img',
  'pmbootstrap-normal-boot.img',
  'pmbootstrap-qcdt-boot.img',
  'pmbootstrap-dtb-second-boot.img',
];
const CUT = ['pmbootstrap-boot-header-v2.img', 'pmbootstrap-boot-header-v3.img'];

describe.skipIf(!present)('images of real phones and of other projects', () => {
  it.each(WHOLE)('%s comes back byte for byte', (name) => {
    const bytes = new Uint8Array(readFileSync(join(CORPUS, name)));
    expect(Buffer.compare(concat(writeBootImage(readBootImage(bytes))), bytes)).toBe(0);
  });

  it.each(CUT)('%s is refused as cut off', (name) => {
    const bytes = new Uint8Array(readFileSync(join(CORPUS, name)));
    expect(() => readBootImage(bytes)).toThrow(expect.objectContaining({ code: 'bootimg.truncated' }));
  });

  it('what is no boot image is refused', () => {
    const others = readdirSync(CORPUS).filter((name) => ![...WHOLE, ...CUT].includes(name));
    expect(others.length).toBeGreaterThan(5);
    for (const name of others) {
      const bytes = new Uint8Array(readFileSync(join(CORPUS, name)));
      expect(() => readBootImage(bytes), name).toThrow(FormatError);
    }
  });

  it('knows the classic dialect and the id of a phone of 2011', () => {
    const image = readBootImage(new Uint8Array(readFileSync(join(CORPUS, 'htc-marvel-boot.img'))));
    expect(image).toMatchObject({
      headerVersion: 0,
      dialect: 'classic',
      id: { kind: 'sha1' },
      keptFields: [],
    });
    expect(image.addresses.second).toBe(0x13b00000);
  });
});
