import { MnxError } from '../binary/index.ts';
import type { Placement } from '../device/index.ts';

export interface WindowOptions {
  /** The real arm64 Image. */
  readonly image: Uint8Array;
  /** The ramdisk as stored (compressed). */
  readonly ramdisk: Uint8Array;
  readonly dtb: Uint8Array;
  /** The loader's placement; must have a `window`. */
  readonly placement: Placement;
  /** Length of the command line that the loader will append to bootargs. */
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

/** Builds the payload that brings a large kernel through a loader's small window. */
export function buildWindow(_options: WindowOptions): Window {
  throw new MnxError('bootimg.window', 'being written');
}

/** Whether a kernel image is a window payload. */
export function isWindow(_payload: Uint8Array): boolean {
  return false;
}

/** Takes a window payload apart. */
export function readWindow(_payload: Uint8Array): WindowParts {
  throw new MnxError('bootimg.window', 'being written');
}
