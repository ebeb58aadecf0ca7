import { describe, expect, it } from 'vitest';
import { concat, equal, type Format, FormatError, MnxError } from '../../src/binary/index.ts';
import { packLz4Legacy } from '../../src/compress/index.ts';
import {
  expandKernel,
  kernelEnd,
  kernelFacts,
  kernelFormat,
  kernelPayload,
  readBzimage,
  uncompressedImgFormat,
} from '../../src/kernel/index.ts';
import { extremes, flips, truncations } from '../compress/hostile.ts';
import { stopwatch } from '../stopwatch.ts';
import { bzimage, CONFIG, GZ, IMAGE, wrapped, zboot, zimage } from './kernel-files.ts';

const TAIL = Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 1);
const KERNELS: readonly (readonly [string, Uint8Array, readonly string[]])[] = [
  ['an Image', IMAGE, []],
  ['a compressed Image', GZ, ['gzip']],
  ['EFI zboot of gzip', zboot(GZ, 'gzip'), ['zboot', 'gzip']],
  ['EFI zboot of lz4', zboot(packLz4Legacy([IMAGE], { totalSize: true }), 'lz4'), ['zboot', 'lz4-legacy']],
  ['a zImage', zimage(GZ), ['zimage']],
  ['a bzImage', bzimage(GZ), ['bzimage']],
  ['UNCOMPRESSED_IMG', wrapped(IMAGE, TAIL), ['uncompressed-img']],
];

describe.each(KERNELS)('%s', (_, file, layers) => {
  it('expands to the kernel, its version and its configuration', async () => {
    const facts = await kernelFacts(file);
    expect(facts).toMatchObject({ version: '6.1.2-phone (b@h) #1', config: CONFIG });
    const expanded = await expandKernel(file);
    expect(equal(expanded.image, IMAGE)).toBe(true);
    expect(expanded.layers[0]).toBe(layers[0]);
  });

  it('answers damage with a FormatError or what is left', async () => {
    const bad = [...flips(file, 0x5eed, 1500, 96), ...truncations(file, 96, 301), ...extremes(file, 80)];
    for (const copy of bad) {
      const spent = stopwatch();
      try {
        await kernelFacts(copy, { limit: 1 << 20 });
      } catch (error) {
        if (!(error instanceof MnxError)) throw error;
        // A flip may make another codec's magic, which may be one that is not read.
        if (error.code !== 'compress.codec') expect(error).toBeInstanceOf(FormatError);
      }
      expect(spent()).toBeLessThan(1000);
    }
  });
});

describe('kernelPayload', () => {
  it('is where the headers say', () => {
    expect(kernelPayload(zboot(GZ, 'gzip'))).toEqual({ codec: 'gzip', offset: 0x200, size: GZ.length });
    expect(kernelPayload(bzimage(GZ))).toEqual({ codec: 'gzip', offset: 0x800, size: GZ.length });
    expect(kernelPayload(IMAGE)).toBeUndefined();
    expect(() => kernelPayload(zboot(GZ, 'brotli'))).toThrow(/got "brotli"/);
    expect(() => kernelPayload(zboot(GZ, 'gzip').subarray(0, 0x210))).toThrow(/zboot.payloadSize/);
  });
});

describe('readBzimage', () => {
  it('reads what newer protocols add', () => {
    expect(readBzimage(bzimage(GZ))).toMatchObject({
      protocol: 0x020f,
      setupSize: 0x400,
      details: {
        relocatable: true,
        alignment: 0x200000,
        preferredAddress: 0x1000000n,
        initSize: 0x345000,
        commandLineSize: 2047,
      },
    });
    expect(readBzimage(IMAGE)).toBeUndefined();
  });
});

describe('kernelEnd', () => {
  it('is known of what states it', () => {
    const zImage = zimage(GZ);
    expect(kernelEnd(concat([zImage, TAIL]))).toBe(zImage.length);
    expect(kernelEnd(wrapped(IMAGE, TAIL))).toBe(20 + IMAGE.length);
    expect(kernelEnd(IMAGE)).toBeUndefined();
    expect(kernelEnd(GZ)).toBeUndefined();
  });
});

const FORMATS: readonly (readonly [string, Format<never>, Uint8Array])[] = [
  ['uncompressed-img', uncompressedImgFormat as Format<never>, wrapped(IMAGE, TAIL)],
  ['arm64', kernelFormat as Format<never>, IMAGE],
  ['zimage', kernelFormat as Format<never>, zimage(GZ)],
  ['bzimage', kernelFormat as Format<never>, bzimage(GZ)],
  ['zboot', kernelFormat as Format<never>, zboot(GZ, 'gzip')],
];

describe.each(FORMATS)('%s as a format', (name, format, bytes) => {
  it('comes back byte for byte, and only whole', () => {
    expect(format.detect(bytes)).toBe(true);
    const value = format.read(bytes);
    expect(equal(format.write(value), bytes)).toBe(true);
    expect(format.describe(value).length).toBeGreaterThan(1);
    const needed = {
      'uncompressed-img': 20 + IMAGE.length,
      zimage: bytes.length,
      bzimage: bytes.length,
      arm64: 64,
    };
    const end = needed[name as 'arm64'] ?? 0x200 + GZ.length;
    for (const cut of truncations(bytes.subarray(0, end), 80, 101)) {
      expect(() => format.read(cut), `${cut.length}`).toThrow(FormatError);
    }
  });

  it('answers damage with the same bytes or a FormatError', () => {
    for (const bad of [...flips(bytes, 0xabcdef, 1500, 700), ...extremes(bytes, 64)]) {
      try {
        const value = format.read(bad);
        format.describe(value);
        expect(equal(format.write(value), bad)).toBe(true);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
  });
});
