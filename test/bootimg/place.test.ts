import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/binary/index.ts';
import { kernelPart, placeImage, writeBootImage } from '../../src/bootimg/index.ts';
import { Memory } from '../../src/bootimg/memory.ts';
import type { BootimgSpec, Loader } from '../../src/device/index.ts';
import { findNode, numberOf, readFdt, textOf } from '../../src/devicetree/index.ts';
import { expectBootable } from '../loader/handover.ts';
import { cmdBoot, FastbootFail, MSM8916 } from '../loader/lk2nd.ts';
import { arm64Image, LK2ND, phoneDtb, ramdiskOf } from './phone.ts';
import { imageWith } from './sample.ts';

const image = arm64Image(200_000, { imageSize: 300_000, textOffset: 0x80000 });
const ramdisk = ramdiskOf(7001);
const dtb = phoneDtb();

interface Content {
  readonly appended?: readonly Uint8Array[];
  readonly compression?: 'gzip' | 'none';
  readonly spec?: Partial<BootimgSpec>;
  readonly parts?: Readonly<Record<string, Uint8Array>>;
  readonly kernel?: Uint8Array;
}

async function packed(content: Content = {}): Promise<Uint8Array> {
  const { appended = [dtb], compression = 'gzip', spec = {}, parts = {} } = content;
  const kernel = await kernelPart({ image: [content.kernel ?? image], compression, appended });
  return concat(writeBootImage(imageWith(spec, { cmdline: 'quiet', parts: { kernel, ramdisk, ...parts } })));
}

const HEADER: Loader = { ...LK2ND, id: 'header', addresses: 'header', placement: undefined };

describe('an image in memory', () => {
  it('lies at the fixed addresses of the loader', async () => {
    const placed = placeImage(await packed(), LK2ND, 'boot');
    expect(placed.entry).toBe(0x80080000);
    expect(placed.dtbAddress).toBe(0x81e00000);
    expect(placed.regions.map(({ name, address }) => [name, address])).toEqual([
      ['kernel', 0x80080000],
      ['dtb', 0x81e00000],
      ['ramdisk', 0x82000000],
    ]);
    expectBootable(
      cmdBoot(await packed(), MSM8916),
      MSM8916,
      {
        image,
        imageSize: 300_000,
        ramdisk,
        bootargs: 'quiet',
      },
      0x80000,
    );
  });

  it('has a device tree with command line and ramdisk, and the memory that it came with', async () => {
    const placed = placeImage(await packed({ appended: [phoneDtb({ bootargs: 'first' })] }), LK2ND, 'flash');
    const fdt = readFdt(placed.regions.find(({ name }) => name === 'dtb')?.bytes ?? new Uint8Array(0));
    const chosen = findNode(fdt, '/chosen');
    const memory = findNode(fdt, '/memory');
    if (chosen === undefined || memory === undefined) throw new Error('a node is gone');
    expect(textOf(chosen, 'bootargs')).toBe('first quiet');
    expect(numberOf(chosen, 'linux,initrd-start', 1)).toBe(0x82000000n);
    expect(numberOf(chosen, 'linux,initrd-end', 1)).toBe(0x82000000n + 7001n);
    expect(numberOf(memory, 'reg', 2)).toBe(0x80000000n);
  });

  it('lies where its header says for a loader that reads it', async () => {
    const placed = placeImage(await packed({ spec: { base: 0x80000000 } }), HEADER, 'boot');
    expect(placed.entry).toBe(0x80008000);
    expect(placed.regions.map(({ name, address }) => [name, address])).toEqual([
      ['dtb', 0x80000100],
      ['kernel', 0x80008000],
      ['ramdisk', 0x81000000],
    ]);
  });

  it('takes the v2 section to its own address', async () => {
    const loader: Loader = { ...HEADER, headerVersions: [2], dtb: ['section'] };
    const bytes = await packed({
      appended: [],
      spec: { headerVersion: 2, base: 0x80000000 },
      parts: { dtb },
    });
    expect(placeImage(bytes, loader, 'boot').dtbAddress).toBe(0x81f00000);
  });
});

describe('an image that the loader refuses', () => {
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: 'bootimg.refused', message: expect.stringMatching(message) });

  it.each([
    ['no device tree', { appended: [] }, /dtb not found/],
    ['two device trees', { appended: [dtb, dtb] }, /dtb not found/],
    ['an uncompressed arm64 kernel', { compression: 'none' }, /dtb not found/],
    ['a header version that is read as a DT size', { spec: { headerVersion: 1 } }, /header version 1/],
    ['large pages', { spec: { pageSize: 16384 } }, /page size/],
    ['a device tree without /chosen', { appended: [withoutNode('chosen')] }, /Could not find chosen node/],
    ['a device tree without /memory', { appended: [withoutNode('memory')] }, /Could not find memory node/],
  ] satisfies [string, Content, RegExp][])('%s', async (what, content, message) => {
    const bytes = await packed(content);
    expect(() => placeImage(bytes, LK2ND, 'boot')).toThrow(refused(message));
    // Written down a second time, the loader does not take it either; it limits pages from the partition only.
    if (what !== 'large pages') expect(() => cmdBoot(bytes, MSM8916)).toThrow();
  });

  it('one without qcom,msm-id, where the loader asks for it', async () => {
    const loader = { ...LK2ND, needsMsmId: true };
    const bytes = await packed();
    expect(() => placeImage(bytes, loader, 'boot')).toThrow(refused(/dtb not found/));
    const good = await packed({ appended: [phoneDtb({ msmId: true })] });
    expect(placeImage(good, loader, 'boot').entry).toBe(0x80080000);
  });

  it('one that is cut off, too large to download, or expands to more than the buffer', async () => {
    const bytes = await packed();
    expect(() => placeImage(bytes.subarray(0, 4096), LK2ND, 'boot')).toThrow(
      refused(/bootimage header fields are invalid/),
    );
    expect(() => cmdBoot(bytes.subarray(0, 4096), MSM8916)).toThrow(FastbootFail);
    expect(() => placeImage(bytes, { ...LK2ND, maxDownload: 10_000 }, 'boot')).toThrow(
      refused(/data too large/),
    );
    expect(() => placeImage(bytes, { ...LK2ND, maxDownload: 220_000 }, 'boot')).toThrow(
      refused(/decompressing image failed/),
    );
  });

  it('one for a loader whose addresses nobody knows', async () => {
    const bytes = await packed();
    const loader: Loader = { ...HEADER, addresses: 'loader' };
    expect(() => placeImage(bytes, loader, 'boot')).toThrow(
      expect.objectContaining({ code: 'bootimg.loader' }),
    );
  });
});

/** The tree with a node renamed to what nobody looks for; the name keeps its length. */
function withoutNode(name: string): Uint8Array {
  const tree = Buffer.from(dtb);
  tree.set(Buffer.from('x'), tree.indexOf(name, tree.readUInt32BE(8)));
  return new Uint8Array(tree);
}

describe('memory', () => {
  it('gives back what was written last at each address', () => {
    const write = fc.record({ at: fc.nat(60), size: fc.nat(30), value: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 12 }), fc.nat(60), fc.nat(40), (writes, from, size) => {
        const memory = new Memory();
        const model = new Uint8Array(100);
        for (const { at, size: length, value } of writes) {
          memory.write('x', at, new Uint8Array(length).fill(value));
          model.fill(value, at, at + length);
        }
        const seen = new Uint8Array(100);
        let last = 0;
        for (const { address, bytes } of memory.regions) {
          expect(address).toBeGreaterThanOrEqual(last);
          seen.set(bytes, address);
          last = address + bytes.length;
        }
        expect(seen).toEqual(model);
        const wanted = model.subarray(from, from + size);
        expect(memory.read(from, size)).toEqual(wanted.includes(0) ? undefined : wanted);
      }),
    );
  });
});
