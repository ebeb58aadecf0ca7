import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type AlgorithmName, addHashFooter, makeVbmeta } from '../../src/avb/index.ts';
import { concat, latin1 } from '../../src/binary/index.ts';
import {
  appendBootconfig,
  type ImageContent,
  makeSparse,
  sourceOf,
  vendorBootImageOf,
  wrapperNamed,
  writeBootImage,
  writeSparseImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import { packLz4Legacy } from '../../src/compress/index.ts';
import { buildDtbo } from '../../src/devicetree/index.ts';
import { packCpio } from '../../src/initramfs/index.ts';
import { RSA, signed } from '../avb/boot-signature-file.ts';
import { block, certificate } from '../avb/gki-file.ts';
import { victims as imageVictims, wrappedFiles } from '../bootimg/hostile-cases.ts';
import { DEFAULTS, imageWith, PARTS } from '../bootimg/sample.ts';
import { ONE, TABLES, TWO } from '../devicetree/table-files.ts';
import { victims } from '../inspect/victims.ts';
import { bzimage, GZ, IMAGE, wrapped, zboot, zimage } from '../kernel/kernel-files.ts';

/** A format or wrapper that mnx promises, as a file, and what must be told of that file. */
export interface Promised {
  readonly item: string;
  readonly bytes: Uint8Array;
  /** Each is part of a line `name: format, title` of a layer. */
  readonly tells: readonly string[];
  /** It has no parts that could be files: its format alone reads and writes it. */
  readonly single?: true;
  /** The trees in the sample are cut, as a vendor's table does not mind. */
  readonly cut?: true;
}

const { kernel, ramdisk, second, dt } = PARTS;
const BOTH = { kernel, ramdisk };
const OVERLAY = buildDtbo([{ blob: ONE }]);
const ACPIO = buildDtbo([{ blob: ONE }], { kind: 'acpio' });
const CPIO = packCpio([{ type: 'file', path: 'init', mode: 0o755, data: latin1('#!/bin/sh\n') }]);
/** {@link CPIO} as the tools pack it: xz -9 --check=crc32, xz --format=lzma, bzip2 -9, lz4 -l -9, lz4 -9, zstd -19, lzop -9. */
const ARCHIVES: Readonly<Record<string, string>> = {
  xz: '/Td6WFoAAAFpIt42AgAhARwAAAAQz1jM4AD7AERdABgN3QRjnHIbdqG7bpublPoIB3E/fF4+JnnotvyHgWvH5jIDEZPa77YX87zIyKP3VuRzhR++zlJsuAyg8wlhNmcvi+AAAE/RQqIAAVz8AQAAAGjGYY0+MA2LAgAAAAABWVo=',
  lzma: 'XQAAAAT//////////wAYDd0EY5xyG3ahu26bm5T6CAdxP3xePiZ56Lb8h4Frx+YyAxGT2u+2F/O8yMij91bkc4Ufvs5SbLgMoPMJYTZnbJorH//enIAA',
  bzip2:
    'QlpoOTFBWSZTWZeInicAACX/gEwYCAAoAOrANiQUABBhDAAgAFRENAEwCHoAxSeSGjQMgBFD5OjIHtFxzg7N7AEnIZ0rs26MRUJCQ0spBEfRFJwBWKS+gVCTks82P/AUfou5IpwoSEvETxOA',
  'lz4-legacy':
    'AiFMGF0AAAByMDcwNzAxMAEAAQgAXzgxRUQwAQADGzEQABNBCAAfMyAABAQBABQ1CQD5A2luaXQAACMhL2Jpbi9zaAoAAIAADwEADS8xMAEAIxRCCQDgVFJBSUxFUiEhIQAAAAA=',
  lz4: 'BCJNGGRAp10AAAByMDcwNzAxMAEAAQgAXzgxRUQwAQADGzEQABNBCAAfMyAABAQBABQ1CQD5A2luaXQAACMhL2Jpbi9zaAoAAIAADwEADS8xMAEAIxRCCQDgVFJBSUxFUiEhIQAAAAAAAAAApvrodQ==',
  lzo: 'iUxaTwANChoKEEAgoAlAAwkDAAANAAAAAGsJEdMAAAAAACk+As4AAAD8AAAAV0+kMKoTMDdGADEwoACcAAI4MUVEMDQBADEtPQBB3QAzNXwA4QA14AEPaW5pdAAAIyEvYmluL3NoCgAAK/wBPgIAMTAgFQEAQuABCFRSQUlMRVIhISEAQAARAAAAAAAA',
  zstd: 'KLUv/ST8bQIAokMMEZDPAZ5FLO78eMshp4z70xxTth1CcKsx5N7T1waRjinhCMKucsqX78nR92rt+d7cPAwggK87Gd6J7YKBCbOm2tGGBrlBvWOvYARpgYDM',
};

const KEYS: Readonly<Record<number, string>> = {
  2048: pem(2048),
  4096: pem(4096),
  8192: readFileSync(join(import.meta.dirname, '../avb/keys/rsa8192.pem'), 'utf8'),
};

function pem(modulusLength: number): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

type Spec = Parameters<typeof imageWith>[0];

function boot(item: string, spec: Spec, content: Partial<ImageContent>, ...tells: string[]): Promised {
  const version = `image v${spec.headerVersion ?? 0}`;
  const bytes = concat(writeBootImage(imageWith(spec, { cmdline: 'quiet', parts: BOTH, ...content })));
  return { item, bytes, tells: [version, ...tells] };
}

function bootImages(): Promised[] {
  const trees = concat([ONE, TWO, ONE, TWO]);
  const long = 'c'.repeat(600);
  const signature = block(4096, certificate('boot', kernel));
  return [
    boot('v0, aosp dialect', {}, { cmdline: long }),
    boot('v0, classic dialect', { dialect: 'classic' }, { cmdline: long }),
    boot('v0, SHA-256 id', {}, { id: 'sha256' }),
    boot('v0 with QCDT', { dtb: 'qcdt' }, { parts: { ...BOTH, dt: TABLES[1]?.[2] ?? dt } }, 'dt: qcdt'),
    boot('v0 with second', {}, { parts: { ...BOTH, second } }, 'second: '),
    boot(
      'v1 with recovery_dtbo',
      { headerVersion: 1 },
      { parts: { ...BOTH, recoveryDtbo: OVERLAY } },
      'dtbo',
    ),
    boot('v1 with recovery_acpio', { headerVersion: 1 }, { parts: { ...BOTH, recoveryDtbo: ACPIO } }, 'ACPI'),
    boot(
      'v2 with several FDTs',
      { headerVersion: 2 },
      { parts: { ...BOTH, dtb: trees } },
      'dtb: members, 4 parts: fdt',
    ),
    boot('v3', { headerVersion: 3 }, {}),
    boot(
      'v4 with boot_signature',
      { headerVersion: 4 },
      { parts: { ...BOTH, signature } },
      'boot_signature: vbmeta',
    ),
    boot(
      'init_boot',
      { headerVersion: 4 },
      { parts: { ramdisk: gzip(CPIO) } },
      'ramdisk: gzip',
      'content: cpio',
    ),
    withTail(boot('an unknown tail', {}, {})),
  ];
}

function withTail(row: Promised): Promised {
  return { ...row, bytes: concat([row.bytes, latin1('a mark that nobody knows')]) };
}

function gzip(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(bytes));
}

function vendorImages(): Promised[] {
  const spec = { ...DEFAULTS, pageSize: 4096 };
  const three = vendorBootImageOf(
    { ...spec, headerVersion: 3 },
    { cmdline: '', fragments: [{ bytes: gzip(CPIO) }], dtb: ONE },
  );
  const four = vendorBootImageOf(
    { ...spec, headerVersion: 4 },
    {
      cmdline: 'bootconfig',
      fragments: [
        { bytes: gzip(CPIO), type: 1 },
        { bytes: gzip(CPIO), type: 2, name: 'recovery' },
        { bytes: gzip(CPIO), type: 3, name: 'dlkm', boardId: [7] },
      ],
      dtb: concat([ONE, TWO]),
      bootconfig: latin1('androidboot.hardware=mnx\n'),
    },
  );
  const modules = vendorBootImageOf(
    { ...spec, headerVersion: 4 },
    { cmdline: '', fragments: [{ bytes: gzip(CPIO), type: 3, name: '16K' }] },
  );
  const footer = { partitionName: 'vendor_kernel_boot', partitionSize: 'dynamic' } as const;
  const row = (item: string, bytes: Uint8Array[], ...tells: string[]) => ({
    item,
    bytes: concat(bytes),
    tells,
  });
  return [
    row('vendor_boot v3', writeVendorBootImage(three), 'vendor_boot image v3', 'dtb: fdt'),
    row(
      'vendor_boot v4 with fragments and bootconfig',
      writeVendorBootImage(four),
      'gzip, platform',
      'gzip, recovery',
      'gzip, dlkm 0x7',
      'bootconfig: text',
      'dtb: members, 2 parts: fdt',
    ),
    row('vendor_kernel_boot', addHashFooter(writeVendorBootImage(modules), footer), 'vendor_kernel_boot'),
  ];
}

function treeFiles(): Promised[] {
  const vendors = ['dtbh', 'sprd', 'pxa-dt', 'pxa-19xx'];
  const tables = TABLES.map(([item, { name }, bytes]): Promised => {
    const row = { item, bytes, tells: [name === 'fdts' ? '3 parts: fdt' : name] };
    return vendors.includes(name) ? { ...row, cut: true } : row;
  });
  return [
    { item: 'FDT', bytes: ONE, tells: ['fdt'], single: true },
    { item: 'Image.gz-dtb', bytes: concat([GZ, ONE, TWO]), tells: ['arm64 Image', 'fdt'] },
    { item: 'zImage-dtb', bytes: concat([zimage(GZ), ONE]), tells: ['arm zImage', 'fdt'] },
    {
      item: 'UNCOMPRESSED_IMG',
      bytes: wrapped(IMAGE, ONE),
      tells: ['UNCOMPRESSED_IMG', 'arm64 Image', 'fdt'],
    },
    ...tables,
  ];
}

function kernels(): Promised[] {
  const inside = ['Linux 6.1.2-phone', 'ikconfig, IKCONFIG, 2 options'];
  return [
    { item: 'arm64 Image', bytes: IMAGE, tells: ['arm64 Image', ...inside] },
    { item: 'zImage', bytes: zimage(GZ), tells: ['arm zImage', ...inside] },
    { item: 'EFI zboot', bytes: zboot(GZ, 'gzip'), tells: ['EFI zboot', ...inside] },
    { item: 'bzImage', bytes: bzimage(GZ), tells: ['x86 bzImage', ...inside] },
  ];
}

const ALGORITHMS = [
  'NONE',
  'SHA256_RSA2048',
  'SHA256_RSA4096',
  'SHA256_RSA8192',
  'SHA512_RSA2048',
  'SHA512_RSA4096',
  'SHA512_RSA8192',
] as const satisfies readonly AlgorithmName[];

function avb(): Promised[] {
  const image = concat(writeBootImage(imageWith({}, { parts: BOTH })));
  const avb1 = signed(image, 'avb1', '2a864886f70d01010b', Uint8Array.of(5, 0));
  const footed = ALGORITHMS.map((algorithm): Promised => {
    const key = KEYS[Number(algorithm.slice(-4))];
    const options = { partitionName: 'boot', partitionSize: 'dynamic', algorithm } as const;
    const bytes = concat(addHashFooter(image, { ...options, ...(key === undefined ? {} : { key }) }));
    return { item: `hash footer, ${algorithm}`, bytes, tells: ['avb-footer', `vbmeta`, 'bootimg'] };
  });
  return [
    ...footed,
    { item: 'vbmeta, flags 3', bytes: makeVbmeta({ flags: 3, padding: 4096 }), tells: ['vbmeta'] },
    { item: 'AVB 1 signature', bytes: RSA, tells: ['AVB 1'], single: true },
    { item: 'an image with an AVB 1 signature', bytes: concat([image, avb1]), tells: ['bootimg'] },
  ];
}

function wrappers(): Promised[] {
  const files = wrappedFiles().map(({ name, bytes }) => ({ item: name, bytes, tells: [`: ${name}`] }));
  const image = concat(writeBootImage(imageWith({}, { parts: BOTH })));
  const sparse = concat([...writeSparseImage(makeSparse(sourceOf(concat([image, new Uint8Array(9000)]))))]);
  const from = (name: string): Uint8Array => {
    const found = [...imageVictims(), ...victims()].find((victim) => victim.name.startsWith(name));
    if (found === undefined) throw new Error(`no sample ${name}`);
    return found.bytes;
  };
  return [
    ...files,
    { item: 'Sony ELF', bytes: from('sony-elf'), tells: ['sony-elf', 'boot image (Sony ELF)', 'ramdisk'] },
    boot(
      'MTK on kernel and ramdisk',
      {},
      { parts: { kernel: mtk(kernel, 'KERNEL'), ramdisk: mtk(ramdisk, 'ROOTFS') } },
      'kernel: mtk',
      'ramdisk: mtk',
    ),
    { item: 'Samsung PXA layout', bytes: from('pxa'), tells: ['pxa'] },
    { item: 'Android sparse', bytes: sparse, tells: ['sparse', 'bootimg'] },
    { item: 'window payload', bytes: from('window'), tells: ['window payload', 'Image', 'dtb: fdt'] },
    {
      item: 'bootconfig trailer',
      bytes: concat(appendBootconfig(gzip(CPIO), latin1('a = 1\n'))),
      tells: ['bootconfig', 'cpio'],
    },
  ];
}

function mtk(payload: Uint8Array, label: string): Uint8Array {
  const wrapper = wrapperNamed('mtk');
  const made = wrapper.make?.(payload, label);
  if (made === undefined) throw new Error('mtk cannot be made');
  return concat(wrapper.wrap(made));
}

function ramdisks(): Promised[] {
  const packed = Object.entries(ARCHIVES).map(([codec, text]) => {
    const bytes = new Uint8Array(Buffer.from(text, 'base64'));
    return { item: `ramdisk, ${codec}`, bytes, tells: [`: ${codec},`, 'content: cpio'] };
  });
  const odd = victims().filter(({ name }) => name === 'cpio-odc' || name === 'odc');
  return [
    ...packed,
    { item: 'gzip', bytes: gzip(CPIO), tells: [': gzip', 'cpio'] },
    {
      item: 'lz4 legacy of LG',
      bytes: packLz4Legacy([CPIO], { totalSize: true }),
      tells: [': lz4-legacy', 'cpio'],
    },
    { item: 'cpio newc, uncompressed', bytes: CPIO, tells: ['cpio'] },
    {
      item: 'several archives joined',
      bytes: concat([CPIO, gzip(CPIO), gzip(CPIO)]),
      tells: ['cpio: cpio', 'gzip: gzip', '2 cpio archives'],
    },
    ...odd.map(({ bytes }) => ({ item: 'cpio odc', bytes, tells: ['odc'], single: true as const })),
  ];
}

/** Every format and every wrapper, each by the name under which it is promised. */
export function promised(): readonly Promised[] {
  return [
    ...bootImages(),
    ...vendorImages(),
    ...treeFiles(),
    ...kernels(),
    ...avb(),
    ...wrappers(),
    ...ramdisks(),
  ];
}
