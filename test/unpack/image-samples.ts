import { generateKeyPairSync } from 'node:crypto';
import { AVBTOOL_RELEASE, addHashFooter, makeVbmeta } from '../../src/avb/index.ts';
import { concat, utf8 } from '../../src/binary/index.ts';
import {
  makeSparse,
  sourceOf,
  vendorBootImageOf,
  WRAPPERS,
  writeBootImage,
  writeSparseImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import { gzip } from '../../src/compress/index.ts';
import { buildDtbo, writeFdt } from '../../src/devicetree/index.ts';
import { packCpio } from '../../src/initramfs/index.ts';
import { DEFAULTS, imageWith, PARTS, ramp } from '../bootimg/sample.ts';
import { sonyFile } from '../bootimg/sony-file.ts';
import { SAMPLE } from '../initramfs/samples.ts';

function tree(model: string): Uint8Array {
  const root = { name: '', properties: new Map([['model', utf8(`${model}\0`)]]), children: [] };
  return writeFdt({ bootCpuid: 0, reserve: [], root });
}

const TREES = [tree('one'), tree('two')];
const { kernel, ramdisk, second, recoveryDtbo } = PARTS;

function boot(spec: Parameters<typeof imageWith>[0], content: Parameters<typeof imageWith>[1]): Uint8Array {
  return concat(writeBootImage(imageWith(spec, content)));
}

/** A wrapper of each kind around, or in, a boot image. */
function wrapped(): [string, Uint8Array][] {
  const plain = boot({ headerVersion: 0, dtb: 'none' }, { cmdline: 'quiet', parts: { kernel, ramdisk } });
  return WRAPPERS.flatMap((wrapper): [string, Uint8Array][] => {
    if (wrapper.make === undefined) return [];
    const make = wrapper.make;
    if (wrapper.holds === 'image') return [[`in ${wrapper.name}`, concat(wrapper.wrap(make(plain)))]];
    const section = (bytes: Uint8Array, label: string) => concat(wrapper.wrap(make(bytes, label)));
    const parts = { kernel: section(kernel, 'KERNEL'), ramdisk: section(ramdisk, 'ROOTFS') };
    return [[`with ${wrapper.name} in it`, boot({ headerVersion: 0 }, { cmdline: '', parts })]];
  });
}

function vendor(): [string, Uint8Array][] {
  const spec = { ...DEFAULTS, pageSize: 4096 };
  const four = vendorBootImageOf(
    { ...spec, headerVersion: 4 },
    {
      cmdline: 'bootconfig',
      fragments: [
        { bytes: ramp(5000, 3, 1), type: 1 },
        { bytes: ramp(3000, 5, 2), type: 3, name: 'dlkm', boardId: [0x12, 0, 7] },
        { bytes: ramp(10, 5, 2), type: 9, name: 'odd/name' },
      ],
      dtb: concat(TREES),
      bootconfig: utf8('androidboot.hardware=mnx\n'),
    },
  );
  const three = vendorBootImageOf(
    { ...spec, headerVersion: 3, pageSize: 2048 },
    { cmdline: '', fragments: [{ bytes: ramdisk }], dtb: TREES[0] ?? ramdisk },
  );
  return [
    ['vendor_boot v4', concat(writeVendorBootImage(four))],
    ['vendor_boot v3', concat(writeVendorBootImage(three))],
  ];
}

/** Images of all kinds that mnx makes, by what they are. */
export async function samples(): Promise<Map<string, Uint8Array>> {
  const archive = packCpio(SAMPLE);
  const packed = await gzip([archive]);
  const v2 = boot(
    { headerVersion: 2, pageSize: 4096, board: 'mnx', base: 0x8000_0000 },
    {
      cmdline: 'quiet console=ttyMSM0',
      parts: { kernel, ramdisk: packed, second, recoveryDtbo, dtb: concat(TREES) },
      osVersion: 0x1c000183,
    },
  );
  const name20 = imageWith({ board: 'samsung' }, { cmdline: 'console=null', parts: { kernel, ramdisk } });
  const padded = concat([v2, new Uint8Array(30_000)]);
  const odd = v2.slice();
  odd.fill(0x5a, 1700, 1800);
  odd.fill(0xee, 576, 608);
  odd.set(utf8('\xff\xfe'), 70);
  const footed = concat(
    addHashFooter(v2, { partitionName: 'boot', partitionSize: 1 << 20, salt: Uint8Array.of(1, 2) }),
  );
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signed = concat(
    addHashFooter(v2, {
      partitionName: 'boot',
      partitionSize: 1 << 20,
      salt: Uint8Array.of(3),
      key: privateKey,
    }),
  );
  const sparse = (bytes: Uint8Array) => concat([...writeSparseImage(makeSparse(sourceOf(bytes)))]);
  const all: [string, Uint8Array][] = [
    [
      'boot v0',
      boot({ headerVersion: 0 }, { cmdline: '', parts: { kernel: concat([kernel, ...TREES]), ramdisk } }),
    ],
    [
      'boot v0 classic with QCDT',
      boot(
        { headerVersion: 0, dialect: 'classic', dtb: 'qcdt' },
        { cmdline: 'x'.repeat(700), parts: { kernel, ramdisk, dt: PARTS.dt } },
      ),
    ],
    [
      'boot v0 with sha256',
      boot({ headerVersion: 0 }, { cmdline: '"quotes" \\ and \t', parts: { kernel }, id: 'sha256' }),
    ],
    [
      'boot v1',
      boot({ headerVersion: 1 }, { cmdline: 'quiet', parts: { kernel, ramdisk, second, recoveryDtbo } }),
    ],
    ['boot v2', v2],
    [
      'boot v3',
      boot({ headerVersion: 3 }, { cmdline: 'quiet', parts: { kernel, ramdisk }, osVersion: 0x16000151 }),
    ],
    [
      'boot v4',
      boot({ headerVersion: 4 }, { cmdline: '', parts: { kernel, ramdisk, signature: ramp(4096, 3, 3) } }),
    ],
    ['init_boot', boot({ headerVersion: 4 }, { cmdline: '', parts: { ramdisk: packed } })],
    ['boot v2 with zeros behind', padded],
    ['boot v2 with something behind', concat([v2, utf8('a mark that nobody knows')])],
    ['boot v2 with odd fields and paddings', odd],
    ['boot v2 with an AVB footer', footed],
    ['boot v2 with a signed AVB footer', signed],
    ['sparse', sparse(padded)],
    ['sparse with an AVB footer', sparse(footed)],
    ["boot v0 with Samsung's name of 20 bytes", concat(writeBootImage({ ...name20, nameSize: 20 }))],
    [
      'Sony ELF',
      sonyFile([
        { bytes: kernel, address: 0x40208000 },
        { bytes: packed, address: 0x41500000, mark: 'ramdisk' },
        { bytes: second, address: 0x20000, mark: 'rpm' },
        { bytes: second, address: 0x30000, mark: 'rpm' },
        { bytes: utf8('console=ttyHSL0\n'), address: 0, mark: 'cmdline' },
      ]),
    ],
    [
      'Sony ELF with its table turned round',
      sonyFile(
        [
          { bytes: kernel, address: 0x40208000 },
          { bytes: packed, address: 0x41500000, mark: 'ramdisk' },
        ],
        [1, 0],
      ),
    ],
    ['dtbo v0', buildDtbo(TREES.map((blob, i) => ({ blob, id: i })))],
    [
      'dtbo v1',
      buildDtbo(
        TREES.map((blob) => ({ blob })),
        { version: 1 },
      ),
    ],
    ['vbmeta', makeVbmeta({ flags: 3, release: AVBTOOL_RELEASE })],
    ['trees', concat(TREES)],
    ['ramdisk', packed],
    ['archive', archive],
    ...vendor(),
    ...wrapped(),
  ];
  return new Map(all);
}
