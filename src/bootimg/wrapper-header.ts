import {
  bytes,
  concat,
  digest,
  expectSize,
  type Layout,
  layout,
  magic,
  startsWith,
  u32le,
} from '../binary/index.ts';
import { untilNul } from './command-line.ts';
import { applyKept, diffFields } from './kept.ts';
import { decodeText, textField } from './text.ts';
import { checkSeal, sealOf, type Wrapped, type Wrapper, type WrapperName, wrapperFault } from './wrapper.ts';

const EMPTY = new Uint8Array(0);

/** MediaTek's header of a kernel or ramdisk (mkmtkhdr, magiskboot mtk_hdr). */
const MtkHeader = expectSize(
  layout('mtk', { magic: magic('\x88\x16\x88\x58'), size: u32le, name: bytes(32), padding: bytes(472) }),
  512,
);

/** Samsung's and Spreadtrum's header of an image (dhtbsign, magiskboot dhtb_hdr). */
const DhtbHeader = expectSize(
  layout('dhtb', { magic: magic('DHTB\x01\0\0\0'), checksum: bytes(40), size: u32le, padding: bytes(460) }),
  512,
);

/** What must follow the image within a DHTB payload: Samsung's mark and four bytes. */
const DHTB_END = concat([Buffer.from('SEANDROIDENFORCE'), new Uint8Array(4).fill(0xff)]);

/** Signed blob of Asus' Tegra tablets (blobtools, magiskboot blob_hdr). */
const BlobHeader = expectSize(
  layout('blob', {
    secureMagic: magic('-SIGNED-BY-SIGNBLOB-'),
    dataLength: u32le,
    signature: u32le,
    magic: magic('MSM-RADIO-UPDATE'),
    version: u32le,
    headerSize: u32le,
    partOffset: u32le,
    partCount: u32le,
    unknown: bytes(28),
    name: bytes(4),
    offset: u32le,
    size: u32le,
    partVersion: u32le,
  }),
  104,
);

/** Rockchip's ramdisk: a size before, a CRC behind (rkcrc). */
const KrnlHeader = layout('krnl', { magic: magic('KRNL'), size: u32le });
const KrnlCrc = layout('krnl-crc', { crc: u32le });

interface Sized {
  readonly name: WrapperName;
  readonly table: Layout<{ size: number }>;
  /** Bytes that have to follow the payload. */
  readonly behind?: number;
}

/** Cuts a payload out behind a header that states its size. */
function cut(raw: Uint8Array, { name, table, behind = 0 }: Sized): Wrapped {
  const { size } = table.read(raw);
  const end = table.size + size;
  if (end + behind > raw.length) {
    throw wrapperFault(name, {
      field: 'size',
      offset: table.offsets.size,
      got: size,
      wanted: `at most ${Math.max(0, raw.length - table.size - behind)}, what is left of the file`,
    });
  }
  return {
    wrapper: name,
    payload: raw.subarray(table.size, end),
    before: raw.subarray(0, table.size),
    after: raw.subarray(end),
    keptFields: [],
  };
}

function mtkHeader({ payload, label = '' }: Pick<Wrapped, 'payload' | 'label'>): Uint8Array {
  return MtkHeader.write({
    magic: '\x88\x16\x88\x58',
    size: payload.length,
    name: textField(MtkHeader, 'name', label),
    padding: new Uint8Array(MtkHeader.size - MtkHeader.offsets.padding).fill(0xff),
  });
}

export const mtkWrapper: Wrapper = {
  name: 'mtk',
  title: 'MediaTek header',
  holds: 'section',
  detect: (raw) => startsWith(raw, '\x88\x16\x88\x58'),
  unwrap: (raw) => {
    const label = decodeText(untilNul(MtkHeader.read(raw).name));
    const wrapped = { ...cut(raw, { name: 'mtk', table: MtkHeader }), label };
    return { ...wrapped, keptFields: diffFields(MtkHeader, mtkHeader(wrapped), raw) };
  },
  wrap: (wrapped) => [
    applyKept(MtkHeader, mtkHeader(wrapped), wrapped.keptFields),
    wrapped.payload,
    wrapped.after,
  ],
  make: (payload, label = 'KERNEL') => ({
    wrapper: 'mtk',
    payload,
    before: mtkHeader({ payload, label }),
    after: EMPTY,
    label,
    keptFields: [],
  }),
};

function dhtbHeader(payload: Uint8Array): Uint8Array {
  const checksum = new Uint8Array(DhtbHeader.offsets.size - DhtbHeader.offsets.checksum);
  checksum.set(digest('sha256', payload));
  return DhtbHeader.write({
    magic: 'DHTB\x01\0\0\0',
    checksum,
    size: payload.length,
    padding: new Uint8Array(DhtbHeader.size - DhtbHeader.offsets.padding),
  });
}

export const dhtbWrapper: Wrapper = {
  name: 'dhtb',
  title: 'Samsung and Spreadtrum DHTB header',
  holds: 'image',
  detect: (raw) => startsWith(raw, 'DHTB\x01\0\0\0'),
  unwrap: (raw) => {
    const wrapped = cut(raw, { name: 'dhtb', table: DhtbHeader });
    return { ...wrapped, keptFields: diffFields(DhtbHeader, dhtbHeader(wrapped.payload), raw) };
  },
  wrap: ({ payload, keptFields, after }) => [
    applyKept(DhtbHeader, dhtbHeader(payload), keptFields),
    payload,
    after,
  ],
  make: (image) => {
    const ended = startsWith(image, DHTB_END, image.length - DHTB_END.length);
    const payload = ended ? image : concat([image, DHTB_END]);
    return { wrapper: 'dhtb', payload, before: dhtbHeader(payload), after: EMPTY, keptFields: [] };
  },
};

export const blobWrapper: Wrapper = {
  name: 'blob',
  title: 'Asus Tegra blob',
  holds: 'image',
  detect: (raw) => startsWith(raw, '-SIGNED-BY-SIGNBLOB-'),
  unwrap: (raw) => {
    const wrapped = cut(raw, { name: 'blob', table: BlobHeader });
    const alone = BlobHeader.read(raw).partCount === 1;
    return alone ? wrapped : { ...wrapped, sealedFor: sealOf(wrapped.payload) };
  },
  wrap: (wrapped) => {
    checkSeal(wrapped, 'A blob of several parts has to be made with blobpack.');
    const header = { ...BlobHeader.read(wrapped.before), size: wrapped.payload.length };
    return [BlobHeader.write(header), wrapped.payload, wrapped.after];
  },
};

export const krnlWrapper: Wrapper = {
  name: 'krnl',
  title: 'Rockchip KRNL',
  holds: 'section',
  detect: (raw) => startsWith(raw, 'KRNL'),
  unwrap: (raw) => {
    const wrapped = cut(raw, { name: 'krnl', table: KrnlHeader, behind: KrnlCrc.size });
    return { ...wrapped, sealedFor: sealOf(wrapped.payload) };
  },
  wrap: (wrapped) => {
    checkSeal(wrapped, 'Make the section with rkcrc -k.');
    return [wrapped.before, wrapped.payload, wrapped.after];
  },
};
