import { concat, latin1 } from '../../src/binary/index.ts';
import {
  appendBootconfig,
  bootconfigFormat,
  bootimgFormat,
  makeSparse,
  type PxaImage,
  pxaFormat,
  type SparseChunk,
  sonyElfFormat,
  sourceOf,
  sparseFormat,
  vendorBootFormat,
  vendorBootImageOf,
  type WrapperName,
  wrapperFormats,
  wrapperNamed,
  writeBootImage,
  writePxaImage,
  writeSparseImage,
  writeVendorBootImage,
} from '../../src/bootimg/index.ts';
import { type Victim, victim } from '../inspect/victim.ts';
import { DEFAULTS, imageWith, PARTS, ramp } from './sample.ts';
import { sonyFile } from './sony-file.ts';

const { kernel, ramdisk, second, dtb, recoveryDtbo, dt } = PARTS;
const BOTH = { kernel, ramdisk };

function boot(version: 0 | 1 | 2 | 3 | 4, sizes: readonly number[], header: number): Victim {
  const parts = {
    0: { ...BOTH, second, dt },
    1: { ...BOTH, second, recoveryDtbo },
    2: { ...BOTH, second, recoveryDtbo, dtb },
    3: BOTH,
    4: { ...BOTH, signature: ramp(4096, 3, 2) },
  }[version];
  const image = imageWith({ headerVersion: version, board: 'mnx' }, { cmdline: 'quiet', parts });
  return victim(bootimgFormat, concat(writeBootImage(image)), {
    name: `boot v${version}`,
    header,
    sizes,
    version: 40,
    ...(version < 3 ? { pageSize: 36 } : {}),
  });
}

function vendor(headerVersion: 3 | 4, pageSize: number): Victim {
  const v4 = {
    fragments: [
      { bytes: ramp(5000, 3, 1), type: 1 },
      { bytes: ramp(0, 1, 1), type: 2, name: 'empty' },
      { bytes: ramp(3000, 5, 2), type: 3, name: 'dlkm', boardId: [1, 2, 3] },
    ],
    bootconfig: latin1('androidboot.hardware=mnx\n'),
  };
  const content = headerVersion === 4 ? v4 : { fragments: [{ bytes: ramp(5000, 3, 1) }] };
  const image = vendorBootImageOf(
    { ...DEFAULTS, headerVersion, pageSize, board: 'mnx' },
    { cmdline: 'bootconfig', dtb, ...content },
  );
  const table =
    headerVersion === 4 ? [0, 4, 108, 112, 216, 220].map((at) => pageSize * tablePage(pageSize) + at) : [];
  return victim(vendorBootFormat, concat(writeVendorBootImage(image)), {
    name: `vendor_boot v${headerVersion} in pages of ${pageSize}`,
    header: headerVersion === 4 ? 2128 : 2112,
    sizes: [24, 2096, 2100, ...(headerVersion === 4 ? [2112, 2116, 2120, 2124] : []), ...table],
    version: 8,
    pageSize: 12,
  });
}

/** Page of the table: behind the header, 8000 bytes of ramdisks and 333 of DTB. */
function tablePage(pageSize: number): number {
  return Math.ceil(2128 / pageSize) + Math.ceil(8000 / pageSize) + 1;
}

function pxa(): Victim {
  const image: PxaImage = {
    pageSize: 2048,
    addresses: { kernel: 0x10008000, ramdisk: 0x11000000, second: 0x10f00000, tags: 0x10000100 },
    unknown: 0x02800000,
    board: 'mnx',
    cmdline: 'quiet',
    id: { kind: 'sha1' },
    parts: { ...BOTH, second, dt },
    trailing: new Uint8Array(0),
    keptFields: [],
    keptPaddings: [],
  };
  return victim(pxaFormat, concat(writePxaImage(image)), {
    header: 1640,
    sizes: [8, 16, 24, 32, 36],
    pageSize: 44,
  });
}

function sparse(): Victim {
  const raw = concat([ramp(9000, 3, 1), new Uint8Array(20000), ramp(5000, 7, 1)]);
  const made = makeSparse(sourceOf(raw));
  const empty = { reserved: 0, headerTail: new Uint8Array(0) };
  const chunks: readonly SparseChunk[] = [
    ...made.chunks,
    { ...empty, blocks: 5, kind: 'skip' },
    { ...empty, blocks: 0, kind: 'crc', checksum: 7 },
  ];
  const image = { ...made, chunks, totalBlocks: made.totalBlocks + 5 };
  const starts: number[] = [];
  let at = 28;
  for (const chunk of chunks) {
    starts.push(at);
    at += 12 + (chunk.kind === 'raw' ? chunk.data.size : chunk.kind === 'skip' ? 0 : 4);
  }
  const bytes = concat([...writeSparseImage(image)]);
  const found = victim(sparseFormat, bytes, {
    header: 40,
    sizes: [4, 8, 12, 16, 20, ...starts.flatMap((start) => [start, start + 4, start + 8])],
    version: 4,
    pageSize: 12,
  });
  return { ...found, boundaries: starts.flatMap((start) => [start, start + 4, start + 12]) };
}

function sony(): Victim {
  const bytes = sonyFile([
    { bytes: kernel, address: 0x40208000 },
    { bytes: ramdisk, address: 0x41500000, mark: 'ramdisk' },
    { bytes: latin1('quiet\n'), address: 0, mark: 'cmdline' },
  ]);
  const rows = [52, 84, 116];
  const sizes = [28, 32, 40, 44, 48, ...rows.flatMap((at) => [at + 4, at + 16, at + 20])];
  return victim(sonyElfFormat, bytes, { header: 52 + 3 * 32, sizes });
}

function bootconfig(): Victim {
  const bytes = concat(appendBootconfig(ramp(3001, 3, 1), latin1('kernel.mnx = 1\n')));
  return victim(bootconfigFormat, bytes, {
    header: 0,
    sizes: [bytes.length - 20, bytes.length - 16],
  });
}

function wrapped(name: WrapperName, bytes: Uint8Array, header: number, sizes: readonly number[]): Victim {
  const format = wrapperFormats.find((candidate) => candidate.name === name);
  if (format === undefined) throw new Error(`no format ${name}`);
  const stated = ['mtk', 'dhtb', 'blob', 'krnl'].includes(name);
  return victim(format, bytes, { name, header, sizes, ...(stated ? {} : { openEnd: 0 }) });
}

/** An image in each wrapper that this room makes, and by hand in those that it only knows. */
export function wrappedFiles(): readonly { readonly name: WrapperName; readonly bytes: Uint8Array }[] {
  const image = concat(writeBootImage(imageWith({}, { cmdline: 'quiet', parts: BOTH })));
  const withCmdline = (cmdline: string, board = '') =>
    concat(writeBootImage(imageWith({ board }, { cmdline, parts: { second } })));
  const front = (head: Uint8Array, size: number) => concat([head, new Uint8Array(size - head.length), image]);
  const made = (['mtk', 'dhtb', 'seandroid', 'lg-bump'] as const).map((name) => {
    const wrapper = wrapperNamed(name);
    const wrapping = wrapper.make?.(name === 'mtk' ? kernel : image);
    if (wrapping === undefined) throw new Error(`${name} cannot be made`);
    return { name, bytes: concat(wrapper.wrap(wrapping)) };
  });
  const blob = new Uint8Array(104);
  blob.set(latin1('-SIGNED-BY-SIGNBLOB-'));
  blob.set(latin1('MSM-RADIO-UPDATE'), 28);
  new DataView(blob.buffer).setUint32(56, 1, true);
  new DataView(blob.buffer).setUint32(96, image.length, true);
  const krnl = concat([latin1('KRNL'), new Uint8Array([0x70, 0x17, 0, 0]), ramdisk, ramp(4, 1, 1)]);
  const loki = image.slice();
  loki.set(latin1('LOKI'), 1024);
  const micro = concat([new Uint8Array(100), latin1('microloader'), new Uint8Array(913)]);
  return [
    ...made,
    { name: 'blob', bytes: concat([blob, image]) },
    { name: 'krnl', bytes: krnl },
    { name: 'loki', bytes: loki },
    { name: 'chromeos', bytes: front(latin1('CHROMEOS'), 65536) },
    { name: 'nook', bytes: front(withCmdline('Red Loader 1.0'), 1024 * 1024) },
    { name: 'acclaim', bytes: front(withCmdline('', 'BauwksBoot'), 256 * 1024) },
    { name: 'amonet', bytes: concat([micro, image.subarray(0, 1024), image.subarray(2048)]) },
  ];
}

/** Every format of the room, each as one whole file with everything in it. */
export function victims(): readonly Victim[] {
  const sizeFields: Partial<Record<WrapperName, readonly number[]>> = {
    mtk: [4],
    dhtb: [48],
    blob: [20, 44, 56, 92, 96],
    krnl: [4],
    amonet: [1024 + 36],
  };
  return [
    boot(0, [8, 16, 24, 40], 1632),
    boot(1, [8, 16, 24, 1632, 1636, 1640, 1644], 1648),
    boot(2, [8, 16, 24, 1632, 1636, 1640, 1644, 1648], 1660),
    boot(3, [8, 12, 20], 1580),
    boot(4, [8, 12, 20, 1580], 1584),
    vendor(3, 4096),
    vendor(4, 4096),
    vendor(4, 2048),
    pxa(),
    sony(),
    sparse(),
    bootconfig(),
    ...wrappedFiles().map(({ name, bytes }) => wrapped(name, bytes, 104, sizeFields[name] ?? [])),
  ];
}
