import { MnxError, viewOf } from '../binary/index.ts';

/** A filter of a block as its header names it (xz-file-format.txt 5.3). */
export interface XzFilter {
  readonly name: string;
  readonly properties: Uint8Array;
}

type Undo = (data: Uint8Array, start: number) => void;

/** What the kernel's own builds use (scripts/xz_wrap.sh): jumps made absolute, so that they repeat. */
const BRANCHES: Readonly<Record<string, Undo>> = { x86, arm, armthumb, arm64 };

/**
 * Undoes a filter in place.
 * @throws MnxError `compress.codec` for a filter of processors that no phone has
 */
export function undoFilter(data: Uint8Array, filter: XzFilter): void {
  const { name, properties } = filter;
  if (name === 'delta') {
    undoDelta(data, (properties[0] ?? 0) + 1);
    return;
  }
  const undo = BRANCHES[name];
  if (undo === undefined) {
    throw new MnxError('compress.codec', `mnx cannot undo the xz filter ${name}`, {
      hint: 'Expand the file first with the xz tool, then give the expanded file.',
    });
  }
  // 5.3.2: the position of the first byte, when it is not 0.
  undo(data, properties.length === 4 ? viewOf(properties).getUint32(0, true) : 0);
}

function undoDelta(data: Uint8Array, distance: number): void {
  for (let i = distance; i < data.length; i++) data[i] = (data[i] ?? 0) + (data[i - distance] ?? 0);
}

/** BL: 24 bits of words, relative to eight bytes ahead. */
function arm(data: Uint8Array, start: number): void {
  const view = viewOf(data);
  for (let i = 0; i + 4 <= data.length; i += 4) {
    const word = view.getUint32(i, true);
    if (word >>> 24 !== 0xeb) continue;
    const target = ((word << 2) - (start + i + 8)) >>> 2;
    view.setUint32(i, ((0xeb << 24) | (target & 0xffffff)) >>> 0, true);
  }
}

/** BL in two halves of eleven bits, relative to four bytes ahead. */
function armthumb(data: Uint8Array, start: number): void {
  const view = viewOf(data);
  for (let i = 0; i + 4 <= data.length; i += 2) {
    const [high, low] = [view.getUint16(i, true), view.getUint16(i + 2, true)];
    if (high >> 11 !== 0x1e || low >> 11 !== 0x1f) continue;
    const source = (((high & 0x7ff) << 11) | (low & 0x7ff)) << 1;
    const target = (source - (start + i + 4)) >>> 1;
    view.setUint16(i, 0xf000 | ((target >>> 11) & 0x7ff), true);
    view.setUint16(i + 2, 0xf800 | (target & 0x7ff), true);
    i += 2;
  }
}

/** BL, and ADRP within 512 MiB. */
function arm64(data: Uint8Array, start: number): void {
  const view = viewOf(data);
  for (let i = 0; i + 4 <= data.length; i += 4) {
    const word = view.getUint32(i, true);
    if (word >>> 26 === 0x25) {
      view.setUint32(i, (0x94000000 | ((word - ((start + i) >>> 2)) & 0x3ffffff)) >>> 0, true);
    } else if ((word & 0x9f000000) >>> 0 === 0x90000000) {
      const source = ((word >>> 29) & 3) | ((word >>> 3) & 0x1ffffc);
      if (((source + 0x20000) & 0x1c0000) !== 0) continue;
      const target = source - ((start + i) >>> 12);
      const sign = -(target & 0x20000) & 0xe00000;
      const fields = ((target & 3) << 29) | ((target & 0x3fffc) << 3) | sign;
      view.setUint32(i, ((word & 0x9000001f) | fields) >>> 0, true);
    }
  }
}

/** By the last three bytes: how many bits of them began an opcode, and whether a jump may stand here. */
const BIT_OF_MASK = [0, 1, 2, 2, 3, 3, 3, 3] as const;
const ALLOWED = [true, true, true, false, true, false, false, false] as const;

function isSign(byte: number): boolean {
  return byte === 0 || byte === 0xff;
}

/** CALL and JMP with 32 bits, relative to the next instruction; opcodes inside operands are told by a mask. */
function x86(data: Uint8Array, start: number): void {
  const view = viewOf(data);
  let mask = 0;
  let before = -1;
  for (let i = 0; i + 4 < data.length; i++) {
    if (((data[i] ?? 0) & 0xfe) !== 0xe8) continue;
    const gap = i - before;
    before = i;
    mask = gap > 3 ? 0 : (mask << (gap - 1)) & 7;
    const seen = data[i + 4 - (BIT_OF_MASK[mask] ?? 0)] ?? 0;
    if ((mask !== 0 && (!ALLOWED[mask] || isSign(seen))) || !isSign(data[i + 4] ?? 0)) {
      mask = (mask << 1) | 1;
      continue;
    }
    view.setUint32(i + 1, x86Target(view.getUint32(i + 1, true), start + i + 5, mask), true);
    i += 4;
  }
}

function x86Target(operand: number, next: number, mask: number): number {
  let source = operand;
  let target = (source - next) | 0;
  const bits = (BIT_OF_MASK[mask] ?? 0) * 8;
  while (mask !== 0 && isSign((target >>> (24 - bits)) & 0xff)) {
    source = target ^ (2 ** (32 - bits) - 1);
    target = (source - next) | 0;
  }
  return ((target & 0x1ffffff) | -(target & 0x1000000)) >>> 0;
}
