import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, FormatError, MnxError } from '../../src/binary/index.ts';
import { buildWindow, isWindow, kernelPart, readWindow, splitKernelPart } from '../../src/bootimg/index.ts';
import type { Placement } from '../../src/device/index.ts';
import { findNode, readFdt, textOf } from '../../src/devicetree/index.ts';
import { readKernelImage } from '../../src/kernel/index.ts';
import { followBranch } from '../loader/handover.ts';
import { arm64Image, LK2ND, phoneDtb, ramdiskOf } from './phone.ts';

const MIB = 1024 * 1024;
const { placement } = LK2ND;
if (placement === undefined) throw new Error('the loader has no placement');

/** lk2nd's placement in small, so that payloads take 5 MB. */
const SMALL: Placement = {
  ...placement,
  tags: 2 * MIB,
  ramdisk: 3 * MIB,
  mapped: 16 * MIB,
  reserved: 20 * MIB,
  window: { ramdisk: 0x1000, image: 4 * MIB },
};

const dtb = phoneDtb();

function build(options: {
  image?: Uint8Array;
  ramdisk?: Uint8Array;
  placement?: Placement;
  cmdlineLength?: number;
}) {
  return buildWindow({
    image: arm64Image(300_000),
    ramdisk: ramdiskOf(10_000),
    dtb,
    placement: SMALL,
    cmdlineLength: 0,
    ...options,
  });
}

describe('a gap of a window payload', () => {
  it('has whole pieces for whoever takes the payload by the MiB', () => {
    const ends = new Set([0]);
    let at = 0;
    for (const piece of build({}).pieces) {
      at += piece.length;
      ends.add(at);
    }
    for (const mib of [1, 3, 4]) expect(ends).toContain(mib * MIB);
  });
});

describe('window payload', () => {
  it('comes apart into what went in', () => {
    const size = fc.integer({ min: 64, max: 200_000 });
    fc.assert(
      fc.property(
        size,
        fc.integer({ min: 4, max: 2 * MIB - 0x1000 }),
        fc.constantFrom(0, 0x80000),
        (length, packed, textOffset) => {
          const image = arm64Image(length, { textOffset });
          const ramdisk = ramdiskOf(packed);
          const window = build({ image, ramdisk });
          const payload = concat(window.pieces);
          expect(payload.length).toBe(window.size);
          expect(isWindow(payload)).toBe(true);
          const parts = readWindow(payload);
          expect(Buffer.compare(parts.image, image)).toBe(0);
          expect(Buffer.compare(parts.ramdisk, ramdisk)).toBe(0);
          expect(Buffer.compare(parts.dtb, window.dtb)).toBe(0);
          expect(parts).toMatchObject({
            imageOffset: 4 * MIB + textOffset,
            ramdiskOffset: 0x1000,
            dtbOffset: 2 * MIB,
            base: 0x80000000,
          });
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is an arm64 Image to a loader, whose first instruction leads to the real one', () => {
    const image = arm64Image(300_000, { imageSize: 400_000, textOffset: 0x80000 });
    const { pieces, size } = build({ image });
    const payload = concat(pieces);
    expect(readKernelImage(payload)).toMatchObject({ kind: 'arm64', textOffset: 0, imageSize: size });
    expect(followBranch(payload, 0)).toBe(4 * MIB + 0x80000);
  });

  it('tells the kernel where its ramdisk is, and keeps the rest of the tree', () => {
    const chosen = findNode(readFdt(build({}).dtb), '/chosen');
    expect(chosen?.properties.get('linux,initrd-start')).toEqual(Uint8Array.of(0, 0, 0, 0, 0x80, 0, 0x10, 0));
    expect(chosen?.properties.get('linux,initrd-end')).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0x80, 0, 0x37, 0x10),
    );
    expect(chosen === undefined ? '' : textOf(chosen, 'stdout-path')).toBe('serial0');
  });

  it('makes no copy of kernel and ramdisk', () => {
    const image = arm64Image(300_000);
    const ramdisk = ramdiskOf(5000);
    const { pieces } = build({ image, ramdisk });
    expect(pieces.filter(({ buffer }) => buffer === image.buffer || buffer === ramdisk.buffer)).toHaveLength(
      2,
    );
    const own = new Set(pieces.map(({ buffer }) => buffer));
    own.delete(image.buffer);
    own.delete(ramdisk.buffer);
    expect([...own].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(2 * MIB);
  });

  it.each([
    ['a ramdisk that reaches the device tree', { ramdisk: ramdiskOf(2 * MIB - 0x1000 + 1) }, /ramdisk needs/],
    ['a command line that fills the space below the kernel', { cmdlineLength: 2 * MIB }, /device tree needs/],
    ['a placement without a window', { placement: { ...SMALL, window: undefined } }, /no place for a window/],
    [
      'a kernel place off the 2 MiB grid',
      { placement: { ...SMALL, window: { ramdisk: 0x1000, image: 4 * MIB + 0x1000 } } },
      /2 MiB boundary/,
    ],
    [
      'a place that no branch reaches',
      { placement: { ...SMALL, window: { ramdisk: 0x1000, image: 128 * MIB } } },
      /no branch reaches 0x8000000/,
    ],
  ] as const)('refuses %s', (_what, options, message) => {
    expect(() => build(options)).toThrow(MnxError);
    expect(() => build(options)).toThrow(message);
  });

  it('refuses what is no arm64 Image', () => {
    expect(() => build({ image: ramdiskOf(100_000) })).toThrow(
      expect.objectContaining({ code: 'kernel.not-a-kernel' }),
    );
  });
});

describe('reading a payload', () => {
  const payload = concat(build({}).pieces);

  it('takes an ordinary Image for what it is', () => {
    const image = arm64Image(100_000);
    new DataView(image.buffer).setUint32(0, 0x14000000 + 0x1000, true);
    expect(isWindow(image)).toBe(false);
    expect(() => readWindow(image)).toThrow(FormatError);
    expect(isWindow(new Uint8Array(10))).toBe(false);
    expect(isWindow(new Uint8Array(0))).toBe(false);
  });

  it.each([
    ['no device tree', (bytes: Uint8Array) => bytes.fill(0, 2 * MIB, 2 * MIB + 4), /no device tree/],
    ['no ramdisk', (bytes: Uint8Array) => bytes.fill(0, 64, 2 * MIB), /only zeros/],
    [
      'a branch backwards',
      (bytes: Uint8Array) => new DataView(bytes.buffer).setUint32(0, 0x16000000, true),
      /no branch/,
    ],
  ])('with %s', (_what, damage, message) => {
    const bytes = payload.slice();
    damage(bytes);
    expect(() => readWindow(bytes)).toThrow(FormatError);
    expect(() => readWindow(bytes)).toThrow(message);
  });

  it('never ends in anything but a FormatError', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(dtb.length + 200), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        (changes) => {
          const bytes = payload.slice();
          for (const [at, value] of changes) bytes[at < 64 ? at : 2 * MIB + at - 64] = value;
          try {
            readWindow(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('kernel section', () => {
  const image = arm64Image(50_000);
  const other = phoneDtb({ msmId: true });

  it.each([
    ['gzip', []],
    ['gzip', [dtb]],
    ['gzip', [dtb, other]],
    ['none', []],
    ['none', [dtb, other]],
  ] as const)('%s with %# trees comes apart', async (compression, appended) => {
    const half = image.length / 2;
    const part = await kernelPart({
      image: [image.subarray(0, half), image.subarray(half)],
      compression,
      appended,
    });
    const again = splitKernelPart(part);
    expect(again.compression).toBe(compression);
    expect(Buffer.compare(again.image, image)).toBe(0);
    expect(again.storedSize).toBe(part.length - appended.reduce((sum, { length }) => sum + length, 0));
    expect(again.appended).toEqual(appended);
  });

  it('a magic inside the kernel is no appended tree', () => {
    const odd = image.slice();
    odd.set([0xd0, 0x0d, 0xfe, 0xed], 1000);
    expect(splitKernelPart(concat([odd, dtb])).appended).toHaveLength(1);
    expect(splitKernelPart(odd).appended).toHaveLength(0);
  });

  it('does not expand beyond its limit', async () => {
    const part = await kernelPart({ image: [image], compression: 'gzip' });
    expect(() => splitKernelPart(part, { limit: image.length - 1 })).toThrow(
      expect.objectContaining({ code: 'compress.limit' }),
    );
  });

  it('is refused with something else behind the kernel', async () => {
    const part = await kernelPart({ image: [image], compression: 'gzip' });
    expect(() => splitKernelPart(concat([part, Buffer.from('junk')]))).toThrow(FormatError);
  });
});
