import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../src/binary/index.ts';
import {
  joinImages,
  placeImage,
  readBootconfig,
  readBootImage,
  readVendorBootImage,
  vendorBootImageOf,
  writeBootImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import type { Loader } from '../../src/device/index.ts';
import { findNode, numberOf, readFdt, textOf } from '../../src/devicetree/index.ts';
import { arm64Image, LK2ND, phoneDtb, ramdiskOf } from './phone.ts';
import { DEFAULTS, imageWith, ramp } from './sample.ts';

const kernel = arm64Image(200_000, { imageSize: 300_000 });
const ramdisk = ramdiskOf(7001);
const dtb = phoneDtb();
const [first, second] = [ramp(1001, 3, 1), ramp(502, 5, 2)];

interface Vendor {
  readonly version?: 3 | 4;
  readonly fragments?: readonly Uint8Array[];
  readonly bootconfig?: string;
  readonly tree?: Uint8Array;
}

function vendorBoot({ version = 4, fragments = [], bootconfig = '', tree = dtb }: Vendor = {}): Uint8Array {
  const spec = { ...DEFAULTS, headerVersion: version, pageSize: 4096, base: 0x80000000 };
  const named = fragments.map((bytes, i) => (version === 3 ? { bytes } : { bytes, name: `part${i}` }));
  const content = { cmdline: 'vendor=1', fragments: named, dtb: tree, bootconfig: utf8(bootconfig) };
  return concat(writeVendorBootImage(vendorBootImageOf(spec, content)));
}

function boot(headerVersion: 3 | 4 = 4): Uint8Array {
  const image = imageWith({ headerVersion }, { cmdline: 'own=1', parts: { kernel, ramdisk } });
  return concat(writeBootImage(image));
}

const joined = (vendor: Uint8Array, version: 3 | 4 = 4) =>
  joinImages(readBootImage(boot(version)), readVendorBootImage(vendor));

describe('boot.img and vendor_boot together', () => {
  it('have the ramdisks of vendor_boot first, without padding, and its words first', () => {
    const image = joined(vendorBoot({ fragments: [first, second] }));
    expect(image.cmdline).toBe('vendor=1 own=1');
    expect(Buffer.compare(image.parts.ramdisk ?? dtb, concat([first, second, ramdisk]))).toBe(0);
    expect(Buffer.compare(image.parts.dtb ?? ramdisk, dtb)).toBe(0);
    expect(image.addresses).toMatchObject({ kernel: 0x80008000, dtb: 0x81f00000n });
  });

  it('have the ramdisk of boot.img alone where vendor_boot has none', () => {
    for (const version of [3, 4] as const) {
      const image = joined(vendorBoot({ version }), version);
      expect(Buffer.compare(image.parts.ramdisk ?? dtb, ramdisk)).toBe(0);
    }
  });

  it('have the boot configuration behind all ramdisks, as the kernel looks for it', () => {
    const image = joined(vendorBoot({ fragments: [first], bootconfig: 'androidboot.hardware=mnx\n' }));
    const { initrd, text } = readBootconfig(image.parts.ramdisk ?? dtb);
    expect(Buffer.from(text).toString()).toBe('androidboot.hardware=mnx\n');
    expect(Buffer.compare(initrd, concat([first, ramdisk]))).toBe(0);
    const older = joined(vendorBoot({ bootconfig: 'a=b\n' }), 3);
    expect(Buffer.compare(older.parts.ramdisk ?? dtb, ramdisk)).toBe(0);
  });
});

const HEADER: Loader = {
  ...LK2ND,
  id: 'header',
  addresses: 'header',
  placement: undefined,
  headerVersions: [3, 4],
  dtb: ['section'],
};

describe('a loader that takes both', () => {
  it.each([3, 4] as const)('puts version %i where vendor_boot says', (version) => {
    const vendor = vendorBoot({ version, fragments: [first] });
    const placed = placeImage(boot(version), HEADER, 'flash', vendor);
    expect(placed).toMatchObject({ entry: 0x80008000, dtbAddress: 0x81f00000 });
    expect(placed.regions.map(({ name, address }) => [name, address])).toEqual([
      ['kernel', 0x80008000],
      ['ramdisk', 0x81000000],
      ['dtb', 0x81f00000],
    ]);
    const [, both, tree] = placed.regions;
    expect(Buffer.compare(both?.bytes ?? dtb, concat([first, ramdisk]))).toBe(0);
    const chosen = findNode(readFdt(tree?.bytes ?? dtb), '/chosen');
    if (chosen === undefined) throw new Error('no /chosen');
    expect(textOf(chosen, 'bootargs')).toBe('vendor=1 own=1');
    expect(numberOf(chosen, 'linux,initrd-end', 1)).toBe(0x81000000n + BigInt(first.length + ramdisk.length));
  });

  const refused = (message: RegExp) =>
    expect.objectContaining({ code: 'bootimg.refused', message: expect.stringMatching(message) });

  it('refuses boot.img alone, a damaged vendor_boot, and one without a tree', () => {
    expect(() => placeImage(boot(), HEADER, 'boot')).toThrow(refused(/v4 needs vendor_boot/));
    const cut = vendorBoot().subarray(0, 5000);
    expect(() => placeImage(boot(), HEADER, 'boot', cut)).toThrow(
      refused(/Invalid vendor_boot image header/),
    );
    expect(() => placeImage(boot(), HEADER, 'boot', boot())).toThrow(refused(/Invalid vendor_boot/));
    const bare = vendorBoot({ tree: new Uint8Array() });
    expect(() => placeImage(boot(), HEADER, 'boot', bare)).toThrow(refused(/dtb not found/));
  });
});
