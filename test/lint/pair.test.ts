import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { vendorBootImageOf, writeBootImage, writeVendorBootImage } from '../../src/bootimg/index.ts';
import { packLz4Legacy } from '../../src/compress/index.ts';
import { loadDevice } from '../../src/device/index.ts';
import { packCpio } from '../../src/initramfs/index.ts';
import { verifyImage } from '../../src/lint/index.ts';
import { arm64Image, phoneDtb } from '../bootimg/phone.ts';
import { DEFAULTS, imageWith } from '../bootimg/sample.ts';

const file = (path: string) =>
  ({ type: 'file', path, mode: 0o755, data: Buffer.from('#!/bin/sh\n') }) as const;
const stage1 = packCpio([file('init')]);
const maker = packCpio([file('init'), file('first_stage.sh')]);
const gzip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));

interface Version {
  readonly version?: 3 | 4;
  readonly cmdline?: string;
}

function boot(ramdisk: Uint8Array, { version = 4, cmdline = 'quiet' }: Version = {}): Uint8Array {
  const parts = { kernel: arm64Image(64 * 1024), ramdisk };
  return concat(writeBootImage(imageWith({ headerVersion: version }, { cmdline, parts })));
}

function vendor(ramdisk: Uint8Array, { version = 4, cmdline = '' }: Version = {}): Uint8Array {
  const spec = { ...DEFAULTS, headerVersion: version, pageSize: 4096 };
  const fragments = ramdisk.length === 0 ? [] : [{ bytes: ramdisk }];
  const content = { cmdline, fragments, dtb: phoneDtb() };
  return concat(writeVendorBootImage(vendorBootImageOf(spec, content)));
}

async function codes(image: Uint8Array, vendorBoot: Uint8Array): Promise<string[]> {
  const { findings } = await verifyImage(image, { vendorBoot });
  return findings.map(({ level, code }) => `${level} ${code}`);
}

describe('boot.img with the vendor_boot of a phone', () => {
  const none = new Uint8Array();
  const lz4 = packLz4Legacy([maker]);

  it.each<[string, Uint8Array, Uint8Array, string[]]>([
    ['no ramdisk there', none, gzip(stage1), []],
    ['gzip behind gzip', gzip(maker), gzip(stage1), []],
    ['lz4 behind lz4', lz4, packLz4Legacy([stage1]), []],
    ['lz4 behind gzip', gzip(maker), packLz4Legacy([stage1]), []],
    // lib/decompress_unlz4.c takes the next bytes for the size of a block.
    ['gzip behind lz4', lz4, gzip(stage1), ['error lint.pair-ramdisk']],
    ['an archive as it is, on no multiple of 4', concat([gzip(maker), none]), stage1, aligned(gzip(maker))],
  ])('%s', async (_what, theirs, own, found) => {
    expect(await codes(boot(own), vendor(theirs))).toEqual(found);
  });

  it('loses what the other ramdisk is in the way of', async () => {
    const folder = packCpio([{ type: 'directory', path: 'init', mode: 0o755 }, file('init/sub')]);
    expect(await codes(boot(gzip(stage1)), vendor(gzip(folder)))).toEqual(['warning lint.pair-lost']);
  });

  it('has a command line that is long, or forbidden, only with that of vendor_boot', async () => {
    const long = `a=${'x'.repeat(1400)}`;
    expect(await codes(boot(gzip(stage1), { cmdline: long }), vendor(none, { cmdline: long }))).toEqual([
      'error lint.cmdline-length',
    ]);
    const qemu = loadDevice('qemu-aarch64');
    const device = { ...qemu, bootimg: { ...qemu.bootimg, cmdlineForbidden: ['console='] } };
    const check = async (vendorLine: string, bootLine: string) => {
      const vendorBoot = vendor(none, { cmdline: vendorLine });
      const { findings } = await verifyImage(boot(gzip(stage1), { cmdline: bootLine }), {
        device,
        vendorBoot,
      });
      return findings.map(({ code, where }) => `${code} ${where}`);
    };
    expect(await check('console=tty0', 'quiet')).toEqual(['lint.cmdline-forbidden cmdline with vendor_boot']);
    expect(await check('quiet', 'console=tty0')).toEqual(['lint.cmdline-forbidden cmdline']);
  });

  it('has another version', async () => {
    expect(await codes(boot(gzip(stage1)), vendor(none, { version: 3 }))).toEqual([
      'warning lint.pair-version',
    ]);
  });

  it('is none with an old image, or with a second boot image', async () => {
    const usage = expect.objectContaining({ code: 'lint.vendor-boot', exitCode: 2 });
    const old = concat(writeBootImage(imageWith({}, { parts: {} })));
    await expect(codes(old, vendor(none))).rejects.toThrow(usage);
    await expect(codes(boot(gzip(stage1)), boot(gzip(stage1)))).rejects.toThrow(usage);
  });
});

/** A raw archive is read where it begins on a multiple of 4. */
function aligned({ length }: Uint8Array): string[] {
  return length % 4 === 0 ? [] : ['error lint.pair-ramdisk'];
}
