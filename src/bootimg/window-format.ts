import type { Fact, Format } from '../binary/index.ts';
import { hex } from '../binary/index.ts';
import { isWindow, readWindow, type WindowParts } from './window.ts';

/** A window payload and its parts, which are views into it. */
export interface WindowPayload extends WindowParts {
  readonly payload: Uint8Array;
}

/** What brings a large kernel through a loader's small window; read as a whole, nothing in it is changed. */
export const windowFormat: Format<WindowPayload> = {
  name: 'window',
  detect: isWindow,
  read: (payload) => ({ ...readWindow(payload), payload }),
  write: ({ payload }) => payload,
  describe,
};

function describe({ base, imageOffset, ramdiskOffset, dtbOffset, ...parts }: WindowPayload): Fact[] {
  const fact = (name: string, { length }: Uint8Array, offset: number): Fact => {
    return { name, value: `${length} bytes`, offset, size: length };
  };
  return [
    { name: 'made for', value: hex(base) },
    fact('ramdisk', parts.ramdisk, ramdiskOffset),
    fact('dtb', parts.dtb, dtbOffset),
    fact('Image', parts.image, imageOffset),
  ];
}
