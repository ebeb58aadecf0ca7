import { createHash } from 'node:crypto';
import { bytes, concat, latin1, layout, u32le, u64le } from '../../src/binary/index.ts';

const Header = layout('boot-v2', {
  magic: bytes(8),
  kernelSize: u32le,
  kernel: u32le,
  ramdiskSize: u32le,
  ramdisk: u32le,
  secondSize: u32le,
  second: u32le,
  tags: u32le,
  page: u32le,
  version: u32le,
  os: u32le,
  board: bytes(16),
  cmdline: bytes(512),
  id: bytes(32),
  more: bytes(1024),
  dtboSize: u32le,
  dtboOffset: u64le,
  headerSize: u32le,
  dtbSize: u32le,
  dtb: u64le,
});

const PAGE = 4096;
const BASE = 0x80000000;

function part(size: number, a: number, b: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * a + b) & 255);
}

function padTo(data: Uint8Array, size: number): Uint8Array {
  return concat([data, new Uint8Array(size - data.length)]);
}

function page(data: Uint8Array): Uint8Array {
  return padTo(data, Math.ceil(data.length / PAGE) * PAGE);
}

/** The v2 image with all parts whose digest is pinned: what AOSP mkbootimg 34.0.5 writes. */
export function bootV2(): Uint8Array {
  const kernel = part(10000, 31, 7);
  const ramdisk = part(6000, 17, 3);
  const second = part(700, 13, 5);
  const dtbo = part(129, 7, 1);
  const dtb = part(333, 11, 9);
  const sections = [kernel, ramdisk, second, dtbo, dtb];
  const sha = createHash('sha1');
  for (const data of sections) {
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, data.length, true);
    sha.update(data).update(size);
  }
  const before = [kernel, ramdisk, second].reduce((sum, data) => sum + page(data).length, PAGE);
  const header = Header.write({
    magic: latin1('ANDROID!'),
    kernelSize: kernel.length,
    kernel: BASE + 0x8000,
    ramdiskSize: ramdisk.length,
    ramdisk: BASE + 0x01000000,
    secondSize: second.length,
    second: BASE + 0x00f00000,
    tags: BASE + 0x100,
    page: PAGE,
    version: 2,
    os: (14 << 25) | ((2024 - 2000) << 4) | 3,
    board: new Uint8Array(16),
    cmdline: padTo(latin1('quiet'), 512),
    id: padTo(new Uint8Array(sha.digest()), 32),
    more: new Uint8Array(1024),
    dtboSize: dtbo.length,
    dtboOffset: BigInt(before),
    headerSize: Header.size,
    dtbSize: dtb.length,
    dtb: BigInt(BASE + 0x01f00000),
  });
  return concat([header, ...sections].map(page));
}
