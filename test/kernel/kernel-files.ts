import { concat, latin1 } from '../../src/binary/index.ts';
import { gzipSync } from '../../src/compress/index.ts';
import { Arm64Header, uncompressedImgFormat } from '../../src/kernel/index.ts';
import { structured } from '../compress/hostile.ts';

export const CONFIG = 'CONFIG_IKCONFIG=y\nCONFIG_RD_LZ4=y\n';
const BODY = concat([
  structured(5, 3000),
  latin1('Linux version 6.1.2-phone (b@h) #1\n\0'),
  latin1('IKCFG_ST'),
  gzipSync([latin1(CONFIG)]),
  latin1('IKCFG_ED'),
]);
export const IMAGE = concat([
  Arm64Header.write({
    code0: 0x14000010,
    code1: 0,
    textOffset: 0n,
    imageSize: 0x4000n,
    flags: 0xan,
    reserved: new Uint8Array(24),
    magic: 'ARM\x64',
    peOffset: 0,
  }),
  BODY,
]);

/** Bytes with words and texts at places that the boot documents state. */
function patched(
  size: number,
  parts: readonly (readonly [number, number | string | Uint8Array])[],
): Uint8Array {
  const out = Buffer.alloc(size);
  for (const [at, value] of parts) {
    if (typeof value === 'string') out.write(value, at, 'latin1');
    else if (typeof value === 'number') out.writeUInt32LE(value, at);
    else out.set(value, at);
  }
  return new Uint8Array(out);
}

export function zboot(payload: Uint8Array, compression: string): Uint8Array {
  return patched(0x200 + payload.length + 64, [
    [0, 'MZ'],
    [4, 'zimg'],
    [8, 0x200],
    [12, payload.length],
    [24, compression],
    [0x200, payload],
  ]);
}

export function zimage(payload: Uint8Array): Uint8Array {
  // A false start before the real one: code carries magics as well.
  return patched(0x400 + payload.length, [
    [0x24, 0x016f2818],
    [0x28, 0],
    [0x2c, 0x400 + payload.length],
    [0x100, Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3)],
    [0x400, payload],
  ]);
}

export function bzimage(payload: Uint8Array): Uint8Array {
  const size = Math.ceil((0x800 + payload.length) / 16) * 16;
  return patched(size, [
    [0x1f1, 1],
    [0x1f4, (size - 0x400) / 16],
    [0x202, 'HdrS'],
    [0x206, 0x020f],
    [0x230, 0x200000],
    [0x234, 1],
    [0x238, 2047],
    [0x248, 0x400],
    [0x24c, payload.length],
    [0x258, 0x1000000],
    [0x260, 0x345000],
    [0x800, payload],
  ]);
}

export function wrapped(kernel: Uint8Array, appended: Uint8Array): Uint8Array {
  return uncompressedImgFormat.write({ kernel, appended });
}

export const GZ = gzipSync([IMAGE]);
