import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addHashFooter,
  bootSignatureFormat,
  footerFormat,
  makeVbmeta,
  vbmetaFormat,
} from '../../src/avb/index.ts';
import { concat, type Format, latin1 } from '../../src/binary/index.ts';
import { buildWindow, windowFormat } from '../../src/bootimg/index.ts';
import { gzipSync, memberFormats, packLz4Frame } from '../../src/compress/index.ts';
import { fdtFormat, writeFdt } from '../../src/devicetree/index.ts';
import { cpioFormat, type OdcArchive, odcFormat, packCpio } from '../../src/initramfs/index.ts';
import { kernelFormat, uncompressedImgFormat } from '../../src/kernel/index.ts';
import { arFormat } from '../../src/payload/index.ts';
import { RSA } from '../avb/boot-signature-file.ts';
import { victims as imageVictims } from '../bootimg/hostile-cases.ts';
import { arm64Image, LK2ND } from '../bootimg/phone.ts';
import { ramp } from '../bootimg/sample.ts';
import { FILTERED_XZ, PACKED, TEXT } from '../compress/packed.ts';
import { node, tree } from '../devicetree/sample.ts';
import { ONE, TABLES } from '../devicetree/table-files.ts';
import { bzimage, GZ, IMAGE, wrapped, zboot, zimage } from '../kernel/kernel-files.ts';
import { DEV, INIT, NULL_DEVICE } from './samples.ts';
import { type Victim, victim } from './victim.ts';

const words = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * 4);

function avb(): Victim[] {
  const key = createPrivateKey(readFileSync(join(import.meta.dirname, '../avb/keys/avb1.pem')));
  const vbmeta = makeVbmeta({
    descriptors: [
      { kind: 'property', key: 'com.android.build', value: latin1('14') },
      { kind: 'kernel-cmdline', flags: 0, cmdline: 'quiet' },
    ],
    key,
  });
  const footed = concat(
    addHashFooter(ramp(9000, 3, 1), {
      partitionName: 'boot',
      partitionSize: 'dynamic',
      salt: ramp(32, 1, 1),
    }),
  );
  const end = footed.length - 64;
  return [
    victim(vbmetaFormat, vbmeta, { header: 256, sizes: words(4, 29), bigEndian: true, version: 4 }),
    victim(footerFormat, footed, { header: 0, sizes: words(end + 4, 8), bigEndian: true, version: end + 4 }),
    victim(bootSignatureFormat, RSA, { header: 64, sizes: [0, 4, 8], bigEndian: true }),
  ];
}

function trees(): Victim[] {
  const blob = writeFdt(
    tree({ model: 'a phone', compatible: ['b', 'c'] }, [
      node('memory@0', { reg: [0, 1, 2, 3] }),
      node('soc', { ranges: true }, [node('usb@1', { status: 'okay' })]),
    ]),
    { slack: 40 },
  );
  const tables = TABLES.map(([name, format, bytes]) => {
    const big = format.name === 'dtbo' || format.name === 'fdts';
    const [count, at] = format.name === 'dtbo' ? [18, 4] : [14, latin1Length(format.name)];
    // What follows the last blob of a vendor's table belongs to nobody, and a chain has no end of its own.
    const found = format.read(bytes) as {
      readonly blobs?: readonly { readonly offset?: number; readonly bytes?: Uint8Array }[];
    };
    const ends = (found.blobs ?? []).map(({ offset = 0, bytes: blob }) => offset + (blob?.length ?? 0));
    const open = format.name === 'fdts' ? { openEnd: ONE.length } : { openEnd: Math.max(...ends) };
    return victim(format as Format<unknown>, bytes, {
      name,
      header: 120,
      sizes: words(at, count),
      bigEndian: big,
      ...open,
    });
  });
  return [victim(fdtFormat, blob, { header: 40, sizes: words(4, 9), bigEndian: true }), ...tables];
}

/** Where the words behind a table's magic begin. */
function latin1Length(name: string): number {
  return { 'pxa-dt': 6, 'pxa-19xx': 8 }[name] ?? 4;
}

function kernels(): Victim[] {
  const { placement } = LK2ND;
  if (placement === undefined) throw new Error('the loader has no placement');
  const small = { ...placement, tags: 0x8000, window: { ramdisk: 0x1000, image: 0x200000 } };
  const window = buildWindow({
    image: arm64Image(8192),
    ramdisk: ramp(9000, 3, 1),
    dtb: ONE,
    placement: small,
    cmdlineLength: 0,
  });
  const kernel = (name: string, bytes: Uint8Array, sizes: readonly number[], more = {}): Victim =>
    victim(kernelFormat, bytes, { name, header: 64, sizes, ...more });
  return [
    kernel('arm64 Image', IMAGE, words(8, 4), { openEnd: 64 }),
    kernel('zImage', zimage(GZ), [0x28, 0x2c]),
    kernel('bzImage', bzimage(GZ), [0x1f1, 0x1f4, 0x206, 0x20e, 0x248, 0x24c, 0x260], { header: 0x268 }),
    kernel('zboot', zboot(GZ, 'gzip'), [8, 12], { openEnd: 0x200 + GZ.length }),
    victim(uncompressedImgFormat, wrapped(IMAGE, ONE), {
      header: 20,
      sizes: [16],
      openEnd: 20 + IMAGE.length,
    }),
    victim(windowFormat, concat(window.pieces), { header: 64, sizes: words(0, 8), openEnd: 0x200000 + 64 }),
  ];
}

const SIZES_OF: Readonly<Record<string, readonly number[]>> = {
  gzip: [4, -4, -8],
  xz: [8, 12, 16, -12, -8, -20],
  zstd: [4, 5, 6],
  'lz4-legacy': [4],
  lz4: [4, 6, 10, 15],
  lzma: [1, 5, 9],
  lzo: [17, 38, 42],
  bzip2: [4, 10],
};

function members(): Victim[] {
  const files = [
    ['gzip', gzipSync([TEXT])],
    ...Object.entries(PACKED),
    ['xz', FILTERED_XZ],
    ['lz4', packLz4Frame([TEXT])],
  ] as const;
  return files.map(([codec, bytes], i) => {
    const format = memberFormats.find(({ name }) => name === codec);
    if (format === undefined) throw new Error(`no format ${codec}`);
    const sizes = (SIZES_OF[codec] ?? []).map((at) => (at < 0 ? bytes.length + at : at));
    return victim(format, bytes, {
      name: `${codec} ${i}`,
      header: bytes.length,
      sizes,
      sealed: codec === 'xz' || bytes === PACKED['lz4'],
      // Blocks follow each other to the end of the file.
      ...(codec === 'lz4-legacy' ? { ends: [4] } : {}),
    });
  });
}

function archives(): Victim[] {
  const cpio = packCpio([DEV, INIT, NULL_DEVICE, { type: 'hardlink', path: 'linked', target: 'init' }]);
  const end = cpio.findLastIndex((byte) => byte !== 0) + 1;
  const trimmed = cpio.subarray(0, Math.ceil((end + 1) / 4) * 4);
  const old = (name: string, mode: number, data: Uint8Array): OdcArchive['members'][number] => ({
    header: {
      magic: '070707',
      dev: 1,
      ino: 2,
      mode,
      uid: 0,
      gid: 1000,
      nlink: 1,
      rdev: 0x103,
      mtime: 5,
      nameSize: name.length + 1,
      fileSize: data.length,
    },
    name: latin1(`${name}\0`),
    data,
  });
  const odc = odcFormat.write({
    members: [
      old('init', 0o100755, ramp(301, 3, 1)),
      old('null', 0o020666, new Uint8Array(0)),
      old('TRAILER!!!', 0, new Uint8Array(0)),
    ],
    trailing: new Uint8Array(0),
  });
  const member = (name: string, data: Uint8Array): Uint8Array =>
    concat([
      latin1(`${name.padEnd(16)}${'0'.padEnd(12)}0     0     100644  ${String(data.length).padEnd(10)}\`\n`),
      data,
      latin1('\n'.repeat(data.length % 2)),
    ]);
  const deb = concat([
    latin1('!<arch>\n'),
    member('debian-binary', latin1('2.0\n')),
    member('control.tar.gz', gzipSync([TEXT])),
    member('data.tar', ramp(1001, 3, 1)),
  ]);
  return [
    victim(cpioFormat, trimmed, { header: 120, sizes: words(6, 26) }),
    victim(odcFormat, odc, { header: 76 + 5, sizes: [6, 18, 59, 65, 72, 76] }),
    victim(arFormat, deb, { header: 68, sizes: [8 + 48, 8 + 52], ends: [8] }),
  ];
}

/** Every format of the registry, each as at least one whole file with everything in it. */
export function victims(): readonly Victim[] {
  return [...imageVictims(), ...avb(), ...trees(), ...kernels(), ...members(), ...archives()];
}
