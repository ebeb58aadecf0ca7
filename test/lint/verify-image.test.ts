import { generateKeyPairSync } from 'node:crypto';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { addHashFooter, hashDescriptor, makeVbmeta, publicKeyOf, readFooter } from '../../src/avb/index.ts';
import { concat, FormatError } from '../../src/binary/index.ts';
import {
  appendBootconfig,
  type BootImage,
  makeSparse,
  sourceOf,
  vendorBootImageOf,
  WRAPPERS,
  writeBootImage,
  writeSparseImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import { lzop, packLz4Frame, packLz4Legacy } from '../../src/compress/index.ts';
import { type Loader, loadDevice, loadLoader } from '../../src/device/index.ts';
import { packCpio } from '../../src/initramfs/index.ts';
import { type VerifyOptions, verifyImage } from '../../src/lint/index.ts';
import { arm64Image, LK2ND, phoneDtb } from '../bootimg/phone.ts';
import { DEFAULTS, imageWith } from '../bootimg/sample.ts';

const CPIO = packCpio([{ type: 'file', path: 'init', mode: 0o755, data: Buffer.from('#!/bin/sh\n') }]);
const GZIP = new Uint8Array(gzipSync(CPIO));
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const XZ_TAIL =
  'AgAhARYAAAB0L+Wj4AD7AERdABgN3QRjnHIbdqG7bpublPoIB3E/fF4+JnnotvyHgWvH5jIDEZPa77YX87zIyKP3VuRzhR++zlJsuAyg8wlhNmcvi+';
/** The archive by `xz --check=crc32` and `--check=crc64`. */
const XZ = {
  crc32: fromBase64(`/Td6WFoAAAFpIt42${XZ_TAIL}AAAE/RQqIAAVz8AQAAAGjGYY0+MA2LAgAAAAABWVo=`),
  crc64: fromBase64(`/Td6WFoAAATm1rRG${XZ_TAIL}AAAFlxTcmMOfkAAAFg/AEAAAC+Adn+scRn+wIAAAAABFla`),
};

/** An uncompressed kernel that carries a configuration, as CONFIG_IKCONFIG puts it in. */
function kernelWith(config: string, size = 64 * 1024): Uint8Array {
  const kernel = arm64Image(size);
  kernel.set(concat([Buffer.from('IKCFG_ST'), gzipSync(config), Buffer.from('IKCFG_ED')]), 8192);
  return kernel;
}

const KERNEL = arm64Image(64 * 1024);
const DTB = phoneDtb();

function boot(change: Partial<BootImage> = {}, parts: BootImage['parts'] = {}): Uint8Array {
  const image = imageWith({}, { cmdline: 'quiet' });
  const all = { kernel: KERNEL, ramdisk: GZIP, ...parts };
  return concat(writeBootImage({ ...image, parts: all, ...change }));
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
}

const CONFIGURED = concat(appendBootconfig(GZIP, Buffer.from('a = b\n')));

function vendor(pageSize: number, ramdisk: Uint8Array = GZIP, cmdline = ''): Uint8Array {
  const spec = { ...DEFAULTS, headerVersion: 4, pageSize } as const;
  const fragments = [{ bytes: ramdisk, name: 'modules', type: 3 }];
  return concat(writeVendorBootImage(vendorBootImageOf(spec, { cmdline, fragments, dtb: DTB })));
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const footer = (image: Uint8Array, key?: typeof privateKey): Uint8Array =>
  concat(
    addHashFooter(image, {
      partitionName: 'boot',
      partitionSize: 1024 * 1024,
      ...(key === undefined ? {} : { key }),
    }),
  );

/** The image under a footer that was made for a shorter one: what a repack leaves behind. */
function stale(): Uint8Array {
  const out = footer(boot({}, { second: new Uint8Array(3 * 2048) }));
  const at = readFooter(out)?.vbmetaOffset;
  out.set(makeVbmeta({ descriptors: [hashDescriptor([boot()], { partitionName: 'boot' })] }), at);
  return out;
}

const z00t = loadDevice('asus-z00t');
const vendorZ00t = loadDevice('asus-z00t', { variant: 'downstream' });
const appended = concat([new Uint8Array(gzipSync(KERNEL)), DTB]);
const fits = { ...z00t, partitions: { ...z00t.partitions, boot: 1024 * 1024 } };
const READS_VENDOR_BOOT: Loader = { ...LK2ND, headerVersions: [3, 4], dtb: ['section'] };
const noConsole = { ...z00t, bootimg: { ...z00t.bootimg, cmdlineForbidden: ['console='] } };
const full = { ...z00t, partitions: { ...z00t.partitions, boot: 128 * 1024 } };

interface Rule {
  readonly code: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly bad: Uint8Array;
  readonly good: Uint8Array;
  readonly options?: VerifyOptions;
  readonly goodOptions?: VerifyOptions;
}

const base = imageWith({}, { parts: {} });
const v2 = { headerVersion: 2 } as const;
const RULES: readonly Rule[] = [
  {
    code: 'lint.cmdline-length',
    level: 'error',
    bad: boot({ cmdline: 'c'.repeat(512) }),
    good: boot({ cmdline: 'c'.repeat(511) }),
  },
  {
    code: 'lint.cmdline-forbidden',
    level: 'error',
    bad: boot({ cmdline: 'androidboot.console=ttyHSL0 console=ttyHSL0' }, { kernel: appended }),
    good: boot({ cmdline: 'androidboot.console=ttyHSL0' }, { kernel: appended }),
    options: { device: noConsole },
    goodOptions: { device: noConsole },
  },
  {
    code: 'lint.overlap',
    level: 'warning',
    // Stored it ends below the ramdisk, expanded it does not.
    bad: boot(
      { addresses: { ...base.addresses, ramdisk: 0x10010000 } },
      { kernel: new Uint8Array(gzipSync(KERNEL)) },
    ),
    good: boot(
      { addresses: { ...base.addresses, ramdisk: 0x10018000 } },
      { kernel: new Uint8Array(gzipSync(KERNEL)) },
    ),
  },
  { code: 'lint.id', level: 'error', bad: flipped(boot(), DEFAULTS.pageSize + 5000), good: boot() },
  { code: 'lint.dtb-missing', level: 'error', bad: boot(v2), good: boot(v2, { dtb: DTB }) },
  {
    code: 'lint.dtb-damaged',
    level: 'error',
    bad: boot(v2, { dtb: concat([DTB, Buffer.from('junk')]) }),
    good: boot(v2, { dtb: concat([DTB, DTB]) }),
  },
  { code: 'lint.dt-size', level: 'warning', bad: boot({}, { dt: new Uint8Array(2048) }), good: boot() },
  { code: 'lint.vendor-page', level: 'error', bad: vendor(2048), good: vendor(4096) },
  {
    code: 'lint.xz-check',
    level: 'error',
    bad: boot({}, { ramdisk: XZ.crc64 }),
    good: boot({}, { ramdisk: XZ.crc32 }),
  },
  { code: 'lint.xz-check', level: 'error', bad: vendor(4096, XZ.crc64), good: vendor(4096, XZ.crc32) },
  {
    code: 'lint.lzo-settings',
    level: 'error',
    bad: boot({}, { ramdisk: lzop(CPIO) }),
    good: boot({}, { ramdisk: lzop(CPIO, { sums: true }) }),
  },
  {
    code: 'lint.ramdisk-codec',
    level: 'error',
    bad: boot({}, { ramdisk: packLz4Frame([CPIO]) }),
    good: boot({}, { ramdisk: packLz4Legacy([CPIO]) }),
  },
  {
    code: 'lint.kernel-config',
    level: 'error',
    bad: boot({}, { kernel: kernelWith('CONFIG_BLK_DEV_INITRD=y\n') }),
    good: boot({}, { kernel: kernelWith('CONFIG_RD_GZIP=y\n') }),
  },
  {
    code: 'lint.ramdisk-damaged',
    level: 'error',
    bad: boot({}, { ramdisk: GZIP.subarray(0, GZIP.length - 12) }),
    good: boot({}, { ramdisk: GZIP }),
  },
  {
    code: 'lint.ramdisk-damaged',
    level: 'error',
    // The kernel takes a boot configuration off before it unpacks, unless its sum is wrong.
    bad: boot({}, { ramdisk: flipped(CONFIGURED, GZIP.length) }),
    good: boot({}, { ramdisk: CONFIGURED }),
  },
  {
    code: 'lint.ramdisk-unknown',
    level: 'warning',
    bad: boot({}, { ramdisk: Buffer.from('text') }),
    good: boot(),
  },
  {
    code: 'lint.kernel-behind',
    level: 'warning',
    bad: boot(
      {},
      { kernel: concat([new Uint8Array(gzipSync(KERNEL)), Buffer.from('junk'), DTB, new Uint8Array(9)]) },
    ),
    good: boot({}, { kernel: concat([appended, new Uint8Array(9), DTB]) }),
  },
  {
    code: 'lint.overlap',
    level: 'warning',
    // Several trees, of which one is taken to the place of v2's own: only that one counts.
    bad: boot({ ...v2, addresses: { ...base.addresses, dtb: BigInt(base.addresses.kernel) } }, { dtb: DTB }),
    good: boot(
      {
        ...v2,
        addresses: {
          ...base.addresses,
          tags: base.addresses.kernel,
          dtb: BigInt(base.addresses.kernel - DTB.length),
        },
      },
      { dtb: concat([DTB, DTB, DTB]) },
    ),
  },
  {
    code: 'lint.kernel-damaged',
    level: 'error',
    bad: boot({}, { kernel: new Uint8Array(gzipSync(KERNEL)).subarray(0, 60) }),
    good: boot({}, { kernel: new Uint8Array(gzipSync(KERNEL)) }),
  },
  {
    code: 'lint.kernel-unknown',
    level: 'note',
    bad: boot({}, { kernel: new Uint8Array(5000) }),
    good: boot(),
  },
  { code: 'bootimg.truncated', level: 'error', bad: boot().subarray(0, -1), good: boot() },
  { code: 'bootimg.truncated', level: 'error', bad: boot().subarray(0, 3 * 2048 + 7), good: boot() },
  { code: 'lint.avb-image-size', level: 'error', bad: stale(), good: footer(boot()) },
  {
    code: 'lint.avb-hash',
    level: 'error',
    bad: flipped(footer(boot({ headerVersion: 3, pageSize: 4096 })), 100),
    good: footer(boot({ headerVersion: 3, pageSize: 4096 })),
  },
  {
    code: 'lint.avb-digest',
    level: 'error',
    bad: flipped(makeVbmeta({ key: privateKey, flags: 3 }), 123),
    good: makeVbmeta({ key: privateKey, flags: 3 }),
  },
  {
    code: 'lint.avb-signature',
    level: 'error',
    bad: flipped(makeVbmeta({ key: privateKey }), 256 + 32 + 40),
    good: makeVbmeta({ key: privateKey }),
  },
  {
    code: 'lint.avb-damaged',
    level: 'error',
    bad: flipped(footer(boot()), 1024 * 1024 - 64 + 20),
    good: footer(boot()),
  },
  {
    code: 'lint.partition',
    level: 'error',
    bad: boot(
      {},
      { kernel: concat([new Uint8Array(gzipSync(KERNEL)), DTB]), second: new Uint8Array(130 * 1024) },
    ),
    good: boot(
      {},
      { kernel: concat([new Uint8Array(gzipSync(KERNEL)), DTB]), second: new Uint8Array(130 * 1024) },
    ),
    options: { device: full },
    goodOptions: { device: fits },
  },
  {
    code: 'lint.dtb-missing',
    level: 'error',
    bad: boot({}, { kernel: new Uint8Array(gzipSync(KERNEL)) }),
    good: boot({}, { kernel: appended }),
    options: { device: z00t },
  },
  {
    code: 'lint.dtb-way',
    level: 'error',
    bad: boot(v2, { dtb: DTB, kernel: new Uint8Array(gzipSync(KERNEL)) }),
    good: boot(v2, { kernel: appended, dtb: DTB }),
    options: { device: { ...z00t, loader: { ...z00t.loader, headerVersions: [0, 2], dtb: ['append'] } } },
    goodOptions: {
      device: { ...z00t, loader: { ...z00t.loader, headerVersions: [0, 2], dtb: ['section'] } },
    },
  },
  {
    code: 'lint.header-version',
    level: 'error',
    bad: boot({ headerVersion: 1 }, { kernel: appended }),
    good: boot({}, { kernel: appended }),
    options: { device: { ...z00t, loader: { ...z00t.loader, headerVersions: [0] } } },
  },
  {
    code: 'lint.kernel-over-tags',
    level: 'error',
    bad: boot(
      {},
      { kernel: concat([new Uint8Array(gzipSync(arm64Image(64 * 1024, { imageSize: 0x4000000 }))), DTB]) },
    ),
    good: boot({}, { kernel: appended }),
    options: { device: z00t },
  },
];

const briefly = async (bytes: Uint8Array, options?: VerifyOptions): Promise<string[]> =>
  (await verifyImage(bytes, options)).findings.map(({ level, code }) => `${level} ${code}`);

describe('verifyImage', () => {
  it.each(RULES.map((rule, i) => [`${rule.code} (${i})`, rule] as const))(
    '%s is told of an image that breaks exactly this rule, and not of its twin',
    async (_, { code, level, bad, good, options = {}, goodOptions = options }) => {
      expect(await briefly(bad, options)).toEqual([`${level} ${code}`]);
      expect(await briefly(good, goodOptions)).toEqual([]);
    },
  );

  it("judges by a loader's rules without a device, and by another than the device's own", async () => {
    const image = boot({ headerVersion: 2 }, { kernel: appended, dtb: DTB });
    expect(await briefly(image)).toEqual([]);
    const loader = loadLoader('lk2nd-msm8916');
    expect(await briefly(image, { loader })).toContain('error lint.header-version');
    const abl = { ...loader, headerVersions: [2], dtb: ['section'] } as const;
    expect(await briefly(image, { loader: abl })).not.toContain('error lint.header-version');
    expect(await briefly(image, { device: z00t })).toContain('error lint.header-version');
    expect(await briefly(image, { device: z00t, loader: abl })).not.toContain('error lint.header-version');
    // What a device says beside its loader still counts.
    const small = { ...z00t, partitions: { ...z00t.partitions, boot: 4096 } };
    expect(await briefly(image, { device: small, loader: abl })).toContain('error lint.partition');
    expect(() => loadLoader('lk2nd-msm8917')).toThrow('lk2nd-msm8917');
  });

  it('says of each finding what, where, why it matters and what to do', async () => {
    for (const { bad, options } of RULES) {
      const [finding] = (await verifyImage(bad, options)).findings;
      for (const text of [finding?.what, finding?.where, finding?.why, finding?.todo])
        expect(text).toMatch(/\w{2}/);
    }
  });

  it('takes a DT table for what it is where the loader reads such tables', async () => {
    const image = boot({}, { dt: new Uint8Array(2048) });
    expect(await briefly(image)).toEqual(['warning lint.dt-size']);
    expect(await briefly(image, { device: vendorZ00t })).not.toContain('warning lint.dt-size');
  });

  it('finds a forbidden parameter on the command line of vendor_boot as well', async () => {
    const image = (cmdline: string) => vendor(4096, GZIP, cmdline);
    const device = { ...noConsole, loader: READS_VENDOR_BOOT };
    expect(await briefly(image('console=tty0'), { device })).toEqual(['error lint.cmdline-forbidden']);
    expect(await briefly(image('console=tty0'), { device: { ...z00t, loader: READS_VENDOR_BOOT } })).toEqual(
      [],
    );
  });

  it('holds vendor_boot against its own partition and the loader that takes the tree from it', async () => {
    const image = vendor(4096);
    const { partitions } = z00t;
    const known = (vendorBoot: number) => ({
      ...z00t,
      loader: { ...READS_VENDOR_BOOT, partitionReserved: 4096 },
      partitions: { ...partitions, boot: 1, vendorBoot },
    });
    // What the loader keeps of the boot partition it keeps of that one alone.
    expect(await briefly(image, { device: known(image.length) })).toEqual([]);
    const small = await verifyImage(image, { device: known(image.length - 1) });
    expect(small.findings).toMatchObject([{ code: 'lint.partition', level: 'error', where: 'vendor_boot' }]);
    const picky = { ...z00t, loader: { ...READS_VENDOR_BOOT, needsMsmId: true } };
    expect(await briefly(image, { device: picky })).toEqual(['error lint.dtb-msm-id']);
    expect(await briefly(image, { device: z00t })).toEqual(['error lint.dtb-way']);
  });

  it('looks into wrapped and sparse images', async () => {
    const bad = boot({}, { ramdisk: XZ.crc64 });
    for (const name of ['seandroid', 'dhtb', 'lg-bump']) {
      const wrapper = WRAPPERS.find((known) => known.name === name);
      const made = wrapper?.make?.(bad);
      if (wrapper === undefined || made === undefined) throw new Error(name);
      expect(await briefly(concat(wrapper.wrap(made)))).toEqual(['error lint.xz-check']);
    }
    const padded = concat([bad, new Uint8Array(4096 - (bad.length % 4096))]);
    const sparse = concat([...writeSparseImage(makeSparse(sourceOf(padded)))]);
    expect(await briefly(sparse)).toEqual(['error lint.xz-check']);
    expect(await briefly(sparse.subarray(0, -4))).toEqual(['error bootimg.sparse']);
  });

  it('reports what AVB says, and holds it against a key', async () => {
    const signed = footer(boot(), privateKey);
    const { avb, findings } = await verifyImage(signed);
    expect(findings).toEqual([]);
    expect(avb).toMatchObject({
      kind: 'footer',
      algorithm: 'SHA256_RSA2048',
      digest: 'match',
      signature: 'match',
      hashes: [{ partition: 'boot', verdict: 'match' }],
    });
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const pem = (key: typeof publicKey): Uint8Array =>
      Buffer.from(key.export({ type: 'spki', format: 'pem' }));
    expect(await briefly(signed, { publicKey: publicKeyOf(pem(publicKey)) })).toEqual([]);
    expect(await briefly(signed, { publicKey: publicKeyOf(pem(other)) })).toEqual(['error lint.avb-key']);
    expect(readFooter(signed)?.originalImageSize).toBe(boot().length);
  });

  it('refuses a file that is no image', async () => {
    await expect(verifyImage(Buffer.from('some text'))).rejects.toBeInstanceOf(FormatError);
    await expect(verifyImage(new Uint8Array(deflateRawSync('x')))).rejects.toBeInstanceOf(FormatError);
  });
});
