import { MnxError } from '../binary/index.ts';
import type { Loader } from '../device/index.ts';
import type { BootMode } from './plan.ts';

/** Bytes at an address of the device's memory. */
export interface Region {
  readonly name: string;
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What lies where when the loader jumps; regions do not overlap and are sorted by address. */
export interface PlacedImage {
  readonly regions: readonly Region[];
  /** Address that the loader jumps to. */
  readonly entry: number;
  /** Address that it hands over in x0 (r2 on 32 bit). */
  readonly dtbAddress: number;
}

/** Puts an image into memory as the loader does, by the loader's data. */
export function placeImage(_bytes: Uint8Array, _loader: Loader, _mode: BootMode): PlacedImage {
  throw new MnxError('bootimg.place', 'being written');
}
