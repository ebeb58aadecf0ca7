import { FormatError, hex, MnxError, startsWith } from '../binary/index.ts';
import type { Placement, WindowSpec } from '../device/index.ts';
import {
  ensureNode,
  type FdtNode,
  fdtSize,
  findNode,
  isFdt,
  numberOf,
  readFdt,
  setU64,
  writeFdt,
} from '../devicetree/index.ts';
import { Arm64Header, readKernelImage } from '../kernel/index.ts';
import { allZero, sizeOf, zeros } from './zeros.ts';

/** Every offset in the payload is a multiple of this, which is how a reader finds the parts. */
export const WINDOW_PAGE = 4096;

/** The kernel's own rule for its first byte: text_offset above such a boundary (booting.rst). */
export const KERNEL_ALIGN = 2 * 1024 * 1024;

/** Free bytes in the payload's device tree for the nodes that a loader adds. */
export const DTB_SLACK = 4096;

/** Most bytes by which the payload's tree is larger than the one given: slack, /chosen with two properties, their names. */
export const DTB_GROWTH = DTB_SLACK + 128;

/** arm64 `b label`: the distance in words in the lower 26 bits, signed. */
const BRANCH = 0x14000000;
const BRANCH_MASK = 0xfc000000;
/** First distance in bytes that an unconditional branch does not reach. */
export const BRANCH_REACH = 128 * 1024 * 1024;

/** Properties of /chosen through which the kernel finds its ramdisk (booting.rst; drivers/of/fdt.c). */
const INITRD = { start: 'linux,initrd-start', end: 'linux,initrd-end' } as const;

/** What of a loader's placement a payload is made from. */
export type WindowPlacement = Pick<Placement, 'base' | 'tags' | 'fdtSlack' | 'window'>;

export interface WindowOptions {
  /** The real arm64 Image. */
  readonly image: Uint8Array;
  /** The ramdisk as stored (compressed). */
  readonly ramdisk: Uint8Array;
  readonly dtb: Uint8Array;
  /** The loader's placement; must have a `window`. */
  readonly placement: WindowPlacement;
  /** Bytes of the command line that the loader will append to bootargs. */
  readonly cmdlineLength: number;
}

export interface Window {
  /** The payload as consecutive pieces; the Image and the ramdisk are views. */
  readonly pieces: readonly Uint8Array[];
  /** Bytes of all pieces. */
  readonly size: number;
  /** The device tree with the ramdisk's place in it: to be appended behind the compressed payload. */
  readonly dtb: Uint8Array;
}

/**
 * Builds the payload that brings a large kernel through a loader's small window. It begins with an
 * arm64 header whose first instruction branches over ramdisk and device tree to the real Image; as
 * the loader's copy of the kernel overwrites the device tree it has placed, the payload has the tree
 * at that very place, already naming the ramdisk that lies in the payload (loaders set
 * linux,initrd-start only for a ramdisk section, lk2nd update_device_tree).
 *
 * The parts of the image are `kernelPart({ image: pieces, appended: [dtb] })` and no ramdisk.
 * @throws MnxError `bootimg.window` when the loader's placement has no window or the parts do not fit
 */
export function buildWindow(options: WindowOptions): Window {
  const { image, ramdisk, placement } = options;
  const spec = windowOf(placement);
  const header = imageHeader(image);
  const imageOffset = spec.image + Number(header.textOffset);
  if (imageOffset >= BRANCH_REACH) {
    throw new MnxError('bootimg.window', `no branch reaches ${hex(imageOffset)}; 128 MiB is the limit`);
  }
  const start = BigInt(placement.base + spec.ramdisk);
  const dtb = dtbNamingRamdisk(options.dtb, start, start + BigInt(ramdisk.length));
  const size = imageOffset + image.length;
  const jump = Arm64Header.write({
    ...header,
    code0: BRANCH + imageOffset / 4,
    code1: 0,
    textOffset: 0n,
    imageSize: BigInt(size),
    reserved: new Uint8Array(header.reserved.length),
    peOffset: 0,
  });
  const grown = dtb.length + placement.fdtSlack + options.cmdlineLength;
  const pieces = join([
    { name: 'jump', offset: 0, bytes: jump },
    { name: 'ramdisk', offset: spec.ramdisk, bytes: ramdisk },
    { name: 'device tree', offset: placement.tags, bytes: dtb, room: grown },
    { name: 'Image', offset: imageOffset, bytes: image },
  ]);
  return { pieces, size: sizeOf(pieces), dtb };
}

/** A payload taken apart. */
export interface WindowParts {
  readonly image: Uint8Array;
  readonly ramdisk: Uint8Array;
  readonly dtb: Uint8Array;
  /** Offsets in the payload. */
  readonly imageOffset: number;
  readonly ramdiskOffset: number;
  readonly dtbOffset: number;
  /** Address for which the payload was made. */
  readonly base: number;
}

/** Whether a kernel image is a window payload: its first instruction leads to another arm64 Image. */
export function isWindow(payload: Uint8Array): boolean {
  const target = branchTarget(payload);
  return target !== undefined && hasImageMagic(payload, target);
}

/**
 * Takes a window payload apart; the parts are views.
 * @throws FormatError `bootimg.window` when it is none, or its parts are not where they must be
 */
export function readWindow(payload: Uint8Array): WindowParts {
  const imageOffset = branchTarget(payload);
  if (imageOffset === undefined || !hasImageMagic(payload, imageOffset)) {
    throw damaged('code0', 0, 'no branch to an arm64 Image', 'a payload made for a loader window');
  }
  const dtbOffset = findDtb(payload, imageOffset);
  const dtb = payload.subarray(dtbOffset, dtbOffset + fdtSize(payload.subarray(dtbOffset, imageOffset)));
  const chosen = findNode(readFdt(dtb), '/chosen');
  const start = initrdAddress(chosen, INITRD.start, dtbOffset);
  const end = initrdAddress(chosen, INITRD.end, dtbOffset);
  const ramdiskOffset = findRamdisk(payload, dtbOffset);
  const size = end - start;
  if (size <= 0 || ramdiskOffset + size > dtbOffset) {
    throw damaged(INITRD.end, dtbOffset, hex(end), `an end behind ${hex(start)} and below the device tree`);
  }
  return {
    image: payload.subarray(imageOffset),
    ramdisk: payload.subarray(ramdiskOffset, ramdiskOffset + size),
    dtb,
    imageOffset,
    ramdiskOffset,
    dtbOffset,
    base: start - ramdiskOffset,
  };
}

function windowOf(placement: WindowPlacement): WindowSpec {
  const spec = placement.window;
  if (spec === undefined) {
    throw new MnxError('bootimg.window', 'this loader has no place for a window payload');
  }
  const offsets = [spec.ramdisk, placement.tags, spec.image];
  const aligned = offsets.every((offset) => offset % WINDOW_PAGE === 0);
  if (!aligned || (placement.base + spec.image) % KERNEL_ALIGN !== 0) {
    throw new MnxError(
      'bootimg.window',
      `window offsets ${offsets.map((offset) => hex(offset)).join(', ')} from ${hex(placement.base)}: ` +
        'want multiples of 4 KiB, and the Image on a 2 MiB boundary',
    );
  }
  return spec;
}

function imageHeader(image: Uint8Array) {
  const { kind } = readKernelImage(image);
  if (kind !== 'arm64') {
    throw new MnxError(
      'bootimg.window',
      `a window payload carries an arm64 Image, got a kernel of kind ${kind}`,
    );
  }
  return Arm64Header.read(image);
}

/** The tree that the payload carries: where its ramdisk lies, and room for what the loader adds. */
function dtbNamingRamdisk(dtb: Uint8Array, start: bigint, end: bigint): Uint8Array {
  const fdt = readFdt(dtb);
  const chosen = ensureNode(fdt.root, 'chosen');
  setU64(chosen, INITRD.start, start);
  setU64(chosen, INITRD.end, end);
  return writeFdt(fdt, { slack: DTB_SLACK });
}

interface Item {
  readonly name: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Bytes that must be free from `offset` on, when more than `bytes` takes. */
  readonly room?: number;
}

/** Puts items at their offsets, zeros between them. */
function join(items: readonly Item[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const [i, { name, offset, bytes, room = bytes.length }] of items.entries()) {
    const next = items[i + 1];
    if (next !== undefined && offset + room > next.offset) {
      throw new MnxError(
        'bootimg.window',
        `window payload: ${name} needs ${room} bytes from ${hex(offset)}, ${next.name} begins at ${hex(next.offset)}`,
      );
    }
    pieces.push(...zeros(offset - at, at), bytes);
    at = offset + bytes.length;
  }
  return pieces;
}

/** Offset to which a payload's first instruction branches. */
function branchTarget(payload: Uint8Array): number | undefined {
  if (!hasImageMagic(payload, 0)) return undefined;
  const { code0 } = Arm64Header.read(payload);
  // Compared as unsigned numbers: `&` gives a signed one.
  if ((code0 & BRANCH_MASK) >>> 0 !== BRANCH) return undefined;
  const distance = (code0 - BRANCH) * 4;
  return distance >= Arm64Header.size && distance < BRANCH_REACH ? distance : undefined;
}

function hasImageMagic(payload: Uint8Array, offset: number): boolean {
  return (
    payload.length >= offset + Arm64Header.size &&
    startsWith(payload, 'ARM\x64', offset + Arm64Header.offsets.magic)
  );
}

/** The device tree is the last thing before the Image; only zeros lie between. */
function findDtb(payload: Uint8Array, imageOffset: number): number {
  const last = imageOffset - (imageOffset % WINDOW_PAGE);
  for (let at = last; at >= WINDOW_PAGE; at -= WINDOW_PAGE) {
    if (isFdt(payload, at)) return at;
  }
  throw damaged('dtb', last, 'no device tree', 'one on a page before the Image');
}

/** The ramdisk is the first thing behind the header's page. */
function findRamdisk(payload: Uint8Array, dtbOffset: number): number {
  for (let at = WINDOW_PAGE; at < dtbOffset; at += WINDOW_PAGE) {
    if (!allZero(payload.subarray(at, at + WINDOW_PAGE))) return at;
  }
  throw damaged('ramdisk', WINDOW_PAGE, 'only zeros', 'a ramdisk between header and device tree');
}

function initrdAddress(chosen: FdtNode | undefined, property: string, dtbOffset: number): number {
  const width = (chosen?.properties.get(property)?.length ?? 0) / 4;
  const value = chosen === undefined ? undefined : numberOf(chosen, property, width);
  if (value === undefined || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw damaged(property, dtbOffset, value ?? 'nothing', 'an address in /chosen');
  }
  return Number(value);
}

function damaged(field: string, offset: number, got: string | bigint, wanted: string): FormatError {
  return new FormatError('bootimg.window', { field: `window.${field}`, offset, got, wanted });
}
