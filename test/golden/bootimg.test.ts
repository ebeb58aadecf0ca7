import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/binary/index.ts';
import {
  type ImageContent,
  packOsVersion,
  readBootImage,
  readVendorBootImage,
  vendorBootImageOf,
  writeBootImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import type { BootimgSpec } from '../../src/device/index.ts';
import { DEFAULTS, imageWith, PARTS, ramp } from '../bootimg/sample.ts';

const { kernel, ramdisk, second, dtb, recoveryDtbo, dt } = PARTS;

interface Vector {
  readonly name: string;
  readonly spec: Partial<BootimgSpec>;
  readonly content: Partial<ImageContent>;
  /** Digest of what AOSP's mkbootimg (34.0.5) writes. */
  readonly aosp?: string;
  /** Digest of what osm0sis' mkbootimg writes. */
  readonly classic?: string;
}

const BOTH = { kernel, ramdisk };

/** The ZenFone 2 Laser's offsets. */
const Z00T = { ramdiskOffset: 0x02000000 };

const VECTORS: readonly Vector[] = [
  {
    name: 'v0 kernel and ramdisk',
    spec: {},
    content: { parts: BOTH },
    aosp: 'c7e5549bdb87f56edb7e7b1f2010ceccc48b9e63a715cdec8bca46c79c9e63a1',
    classic: 'a3704ce791c066e634258170c201fbfa9c366aa2543efadf33d8ccd5731b9880',
  },
  {
    name: 'v0 second, board and command line',
    spec: { board: 'mnx' },
    content: { parts: { ...BOTH, second }, cmdline: 'quiet console=ttyMSM0' },
    aosp: 'ec2db58d2db3a969ad9412ec5297759d832e0a3b57c34b4661664dc70d8d0a1f',
    classic: 'ec2db58d2db3a969ad9412ec5297759d832e0a3b57c34b4661664dc70d8d0a1f',
  },
  {
    name: 'v0 at the offsets of asus-z00t',
    spec: Z00T,
    content: { parts: BOTH, cmdline: 'androidboot.hardware=qcom' },
    aosp: '126cad3d8900a5408df99aedb4dff40cd3007299854bcd4cffc3ed20e75daa6c',
    classic: 'f866f34f2439a44d518f4d952f853399c64bcdd5a55e4f14311b36c9b13711cc',
  },
  {
    name: 'v0 with a QCDT',
    spec: {},
    content: { parts: { ...BOTH, dt } },
    classic: '7b7a7ee85d8f96bbcd45aed8ab2038d7acd78869632db2aef055c3e13ed1bea1',
  },
  {
    name: 'v0 with a SHA-256 id',
    spec: {},
    content: { parts: BOTH, id: 'sha256' },
    classic: '98a493f7333e8f77608cba8f7a59be5247e2ce6cd40c4fe24c2b138abf801a4b',
  },
  {
    name: 'v0 with 600 characters of command line',
    spec: {},
    content: { parts: BOTH, cmdline: 'c'.repeat(600) },
    aosp: '0c56c02e48d121cc3ce797bffc9d6571c65d6d5c1701d27303585d2c0c4253e4',
    classic: '3b857da91be8aa74a4ff2e65e6c6a312b74cf6a12030d1ecfe84c9b07fac0078',
  },
  {
    name: 'v1 with second and recovery DTBO',
    spec: { headerVersion: 1 },
    content: { parts: { ...BOTH, second, recoveryDtbo } },
    aosp: '8ce40fdc2e13ad5a4ed29c3b150a8facace2f32916a857d66a8025a209c680e1',
    classic: '8ce40fdc2e13ad5a4ed29c3b150a8facace2f32916a857d66a8025a209c680e1',
  },
  {
    name: 'v2 with everything',
    spec: { headerVersion: 2, pageSize: 4096, base: 0x80000000 },
    content: {
      parts: { ...BOTH, second, recoveryDtbo, dtb },
      cmdline: 'quiet',
      osVersion: packOsVersion('14.0.0', '2024-03'),
    },
    aosp: '4ff63ee0929f9b185635191ed250f3b639b096dcdc01a6767d4ce8560f0a3e1e',
    classic: '4ff63ee0929f9b185635191ed250f3b639b096dcdc01a6767d4ce8560f0a3e1e',
  },
  {
    name: 'v3',
    spec: { headerVersion: 3 },
    content: { parts: BOTH, cmdline: 'quiet', osVersion: packOsVersion('11', '2021-01') },
    aosp: '862ba0f16fe239e513803367eeb475d2b85414fbc7410b7bf86c0b16afe6f616',
    classic: '862ba0f16fe239e513803367eeb475d2b85414fbc7410b7bf86c0b16afe6f616',
  },
  {
    name: 'v4',
    spec: { headerVersion: 4 },
    content: { parts: BOTH, cmdline: 'quiet', osVersion: packOsVersion('12', '2022-01-05') },
    aosp: 'b2d5e04e0a934f813d93fbf4065d3474fb0d4933e2ca8c93eeb6b4dcb5bda2f3',
  },
  {
    name: 'v4 init_boot',
    spec: { headerVersion: 4 },
    content: { parts: { ramdisk }, osVersion: packOsVersion('13', '2023-01') },
    aosp: 'e2bdd0902fbcdb807fc2498f3d98c3c99fbab6aa9035696df6bbabae54370bdf',
  },
];

const ROWS = VECTORS.flatMap(({ name, spec, content, aosp, classic }) => [
  ...(aosp === undefined ? [] : [{ name, spec, content, dialect: 'aosp' as const, want: aosp }]),
  ...(classic === undefined ? [] : [{ name, spec, content, dialect: 'classic' as const, want: classic }]),
]);

describe('bytes of the two families of mkbootimg', () => {
  it.each(ROWS)('$name ($dialect)', ({ spec, content, dialect, want }) => {
    const pieces = writeBootImage(imageWith({ ...spec, dialect }, content));
    expect(sha256(...pieces)).toBe(want);
    const bytes = new Uint8Array(Buffer.concat(pieces));
    expect(sha256(...writeBootImage(readBootImage(bytes)))).toBe(want);
  });
});

describe("bytes of AOSP's mkbootimg --vendor_boot", () => {
  const platform = ramp(5000, 3, 1);
  const spec = { ...DEFAULTS, pageSize: 4096 };
  const dlkmBoard = [0x12, ...new Array<number>(14).fill(0), 7];
  const bootconfig = Buffer.from('androidboot.hardware=mnx\nandroidboot.serialconsole=1\n');
  const vectors = [
    {
      name: 'v3',
      image: vendorBootImageOf(
        { ...spec, headerVersion: 3, board: 'mnx' },
        { cmdline: 'bootconfig', fragments: [{ bytes: platform }], dtb },
      ),
      want: 'd78796471bf4b418f0e02dc0cb6e6ead4843c16312cac022720c75f9f49caa0a',
    },
    {
      name: 'v4 with two fragments',
      image: vendorBootImageOf(
        { ...spec, headerVersion: 4 },
        {
          cmdline: '',
          fragments: [
            { bytes: platform, type: 1 },
            { bytes: ramp(3000, 5, 2), type: 3, name: 'dlkm', boardId: dlkmBoard },
          ],
          dtb,
          bootconfig,
        },
      ),
      want: 'ec4dc0a146f3e76b8976602113aa24da1c09ee7df7371f0cf9fb15b8cc1f5272',
    },
  ];

  it.each(vectors)('vendor_boot $name', ({ image, want }) => {
    const pieces = writeVendorBootImage(image);
    expect(sha256(...pieces)).toBe(want);
    const again = readVendorBootImage(new Uint8Array(Buffer.concat(pieces)));
    expect(again.keptFields).toEqual([]);
    expect(sha256(...writeVendorBootImage(again))).toBe(want);
  });
});
