import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, type Format, FormatError, sha256 } from '../../src/binary/index.ts';
import {
  bootconfigFormat,
  bootimgFormat,
  findWrapper,
  pxaFormat,
  readBootImage,
  sparseFormat,
  vendorBootFormat,
  writeBootImage,
} from '../../src/bootimg/index.ts';
import { random } from '../bootimg/random.ts';
import { type Case, KINDS, makeCase } from './mkbootimg-cases.ts';
import { haveMkbootimg, tool } from './mkbootimg-tool.ts';

const installed = haveMkbootimg();

const SEED = Number(process.env['MNX_SEED'] ?? 20261121);
/** Sets of arguments for each kind of image. */
const RUNS = 84;

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

describe.skipIf(!installed)(`mkbootimg 34, random arguments from seed ${SEED}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mnx-bootimg-'));
    console.log(`arguments for mkbootimg are drawn from seed ${SEED} (MNX_SEED)`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(KINDS)(`writes the same bytes ${RUNS} times: %s`, (kind) => {
    const next = random(SEED + KINDS.indexOf(kind));
    const cases = Array.from({ length: RUNS }, () => makeCase(kind, next));
    runAll('mkbootimg', cases.map(withFiles));
    for (const [run, { pieces, args }] of cases.entries()) {
      const wanted = sha256(readFileSync(join(folder, `${kind}-${run}-out`)));
      expect(sha256(...pieces), `run ${run}: mkbootimg ${args.join(' ')}`).toBe(wanted);
    }
  });

  it.each(KINDS)('unpack_bootimg finds the parts: %s', (kind) => {
    const next = random(SEED + 100 + KINDS.indexOf(kind));
    const drawn = Array.from({ length: 24 }, () => makeCase(kind, next));
    // unpack_bootimg ends with a traceback where mkbootimg has cut a command line within a character.
    const cases = drawn.filter(({ args }) => /^[\x20-\x7e]*$/.test(args.join('')));
    expect(cases.length).toBeGreaterThan(5);
    const out = (run: number): string => join(folder, `${kind}-${run}-parts`);
    const lists = cases.map(({ pieces }, run) => [
      '--boot_img',
      store(`${kind}-${run}.img`, concat(pieces)),
      '--out',
      out(run),
    ]);
    runAll('unpack_bootimg', lists);
    for (const [run, { unpacked }] of cases.entries()) {
      for (const [name, bytes] of Object.entries(unpacked)) {
        expect(sha256(readFileSync(join(out(run), name))), `run ${run}: ${name}`).toBe(sha256(bytes));
      }
    }
  });

  function withFiles({ kind, args, files }: Case, run: number): string[] {
    return args.map((arg) => {
      const name = arg.slice(1);
      const file = `${kind}-${run}-${name}`;
      if (arg === '@out') return join(folder, file);
      const bytes = arg.startsWith('@') ? files[name] : undefined;
      return bytes === undefined ? arg : store(file, bytes);
    });
  }

  function store(name: string, bytes: Uint8Array): string {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return file;
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
const VENDOR = ['samsung-dm1q-vendor_boot.img', 'uboot-vboot_img_hex.img'];
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

  it('every file that a format of this room knows comes back byte for byte', () => {
    const formats: readonly Format<unknown>[] = [
      pxaFormat as Format<unknown>,
      bootimgFormat as Format<unknown>,
      vendorBootFormat as Format<unknown>,
      sparseFormat as Format<unknown>,
      bootconfigFormat as Format<unknown>,
    ];
    const known: string[] = [];
    for (const name of readdirSync(CORPUS)) {
      const bytes = new Uint8Array(readFileSync(join(CORPUS, name)));
      const format = formats.find((candidate) => candidate.detect(bytes));
      expect(findWrapper(bytes), name).toBeUndefined();
      if (format === undefined || CUT.includes(name)) continue;
      // A header alone, 1024 bytes of it.
      if (bytes.length < 1632) {
        expect(() => format.read(bytes), name).toThrow(FormatError);
        continue;
      }
      known.push(name);
      expect(Buffer.compare(format.write(format.read(bytes)), bytes), name).toBe(0);
    }
    expect(known.sort()).toEqual([...WHOLE, ...VENDOR].sort());
  });

  it('knows the fragments, trees and bootconfig of real vendor_boot images', () => {
    const [phone, uboot] = VENDOR.map((name) =>
      vendorBootFormat.read(new Uint8Array(readFileSync(join(CORPUS, name)))),
    );
    expect(phone).toMatchObject({ headerVersion: 4, pageSize: 4096, keptPaddings: [] });
    expect(phone?.fragments.map(({ type }) => type)).toEqual([1]);
    expect(phone?.bootconfig).toHaveLength(0);
    expect(uboot?.bootconfig.length).toBeGreaterThan(0);
    expect(uboot?.dtb.length).toBeGreaterThan(0);
  });
});
