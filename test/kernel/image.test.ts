import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, latin1 } from '../../src/binary/index.ts';
import { gzipSync } from '../../src/compress/index.ts';
import {
  Arm64Header,
  extractIkconfig,
  parseKernelConfig,
  readKernelImage,
  releaseOf,
} from '../../src/kernel/index.ts';

function arm64(imageSize: bigint, body: string): Uint8Array {
  const header = Arm64Header.write({
    code0: 0x14000010,
    code1: 0,
    textOffset: 0x80000n,
    imageSize,
    flags: 0xan,
    reserved: new Uint8Array(24),
    magic: 'ARM\x64',
    peOffset: 0,
  });
  return Buffer.concat([header, latin1(body)]);
}

/** Bytes with 32-bit and 16-bit little-endian words and texts at offsets that the boot documents state. */
function patched(size: number, words: readonly (readonly [number, number | string])[]): Uint8Array {
  const out = Buffer.alloc(size);
  for (const [at, value] of words) {
    if (typeof value === 'string') out.write(value, at, 'latin1');
    else out.writeUInt32LE(value, at);
  }
  return out;
}

describe('readKernelImage', () => {
  it('reads an arm64 Image and the banner that is a sentence', () => {
    const image = readKernelImage(
      arm64(0x123000n, 'Linux version %s (%s)\0Linux version 6.12.1-mine (b@h) #1\n\0'),
    );
    expect(image).toMatchObject({ kind: 'arm64', imageSize: 0x123000, textOffset: 0x80000, flags: 0xan });
    expect(releaseOf(image.version ?? '')).toBe('6.12.1-mine');
  });

  it('ends a zImage where it says, so that a DTB may follow', () => {
    const zimage = patched(0x300, [
      [0x24, 0x016f2818],
      [0x28, 0x1000],
      [0x2c, 0x1200],
    ]);
    expect(readKernelImage(zimage)).toMatchObject({ kind: 'zimage', fileSize: 0x200, imageSize: 0x200 });
  });

  it('reads a bzImage', () => {
    const bzimage = patched(0x2000, [
      [0x1f1, 3],
      [0x1f4, 0x100],
      [0x202, 'HdrS'],
      [0x206, 0x020f],
      [0x20e, 0x400],
      [0x260, 0x345000],
      [0x600, '6.1.0 (b@h) #1 SMP'],
    ]);
    expect(readKernelImage(bzimage)).toMatchObject({
      kind: 'bzimage',
      fileSize: 4 * 512 + 0x1000,
      imageSize: 0x345000,
      version: '6.1.0 (b@h) #1 SMP',
    });
  });

  it('knows EFI zboot', () => {
    expect(
      readKernelImage(
        patched(0x100, [
          [0, 'MZ'],
          [4, 'zimg'],
        ]),
      ).kind,
    ).toBe('zboot');
  });

  it('refuses anything else with a FormatError', () => {
    expect(() => readKernelImage(latin1('\x7fELF of a vmlinux'))).toThrow(/want an arm64 Image/);
    expect(() => readKernelImage(new Uint8Array())).toThrow(FormatError);
    const kernels = [
      arm64(0x1000n, 'x'),
      patched(0x300, [[0x24, 0x016f2818]]),
      patched(0x280, [[0x202, 'HdrS']]),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...kernels), fc.nat(0x300), (kernel, end) => {
        try {
          readKernelImage(kernel.subarray(0, end));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});

describe('kernel configuration', () => {
  it('reads a .config', () => {
    const config = parseKernelConfig('# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C="a b"\nCONFIG_D=0x10\n');
    expect([...config]).toEqual([
      ['A', 'n'],
      ['B', 'y'],
      ['C', 'a b'],
      ['D', '0x10'],
    ]);
  });

  it('takes the configuration out of an image, past the marker that code carries', () => {
    const config = 'CONFIG_IKCONFIG=y\n';
    const image = Buffer.concat([
      latin1('code IKCFG_ST nothing'),
      latin1('IKCFG_ST'),
      gzipSync([latin1(config)]),
      latin1('IKCFG_ED'),
    ]);
    expect(extractIkconfig(image)).toBe(config);
    expect(extractIkconfig(latin1('IKCFG_ST'))).toBeUndefined();
  });
});
