import { startsWith } from '../binary/index.ts';
import { isPxaImage, readPxaImage } from './pxa.ts';
import { isBootImage, readBootImage } from './unpack.ts';
import { isVendorBootImage, readVendorBootImage } from './vendor-boot.ts';
import { expectWrapper, type Wrapper, type WrapperName } from './wrapper.ts';

const EMPTY = new Uint8Array(0);

/** A mark behind the last page that a loader looks for. */
function tailWrapper(name: WrapperName, title: string, mark: Uint8Array): Wrapper {
  return {
    name,
    title,
    holds: 'image',
    detect: (raw) => markOffset(raw, mark) !== undefined,
    unwrap: (raw) => {
      const at = markOffset(raw, mark) ?? -1;
      expectWrapper(name, at >= 0, `an image with ${title} behind its last page`);
      return {
        wrapper: name,
        payload: raw.subarray(0, at),
        before: EMPTY,
        after: raw.subarray(at),
        keptFields: [],
      };
    },
    wrap: ({ payload, after }) => [payload, after],
    make: (payload) => ({ wrapper: name, payload, before: EMPTY, after: mark, keptFields: [] }),
  };
}

export const seandroidWrapper = tailWrapper(
  'seandroid',
  "Samsung's mark SEANDROIDENFORCE",
  Buffer.from('SEANDROIDENFORCE'),
);

export const lgBumpWrapper = tailWrapper(
  'lg-bump',
  "LG's Bump mark",
  Buffer.from('41a9e467744d1d1ba429f2ecea656279', 'hex'),
);

/** Where the mark stands: first behind an image's last page, or last in any other file. */
function markOffset(raw: Uint8Array, mark: Uint8Array): number | undefined {
  // An image is only taken apart when the mark is somewhere in it.
  if (!Buffer.from(raw.buffer, raw.byteOffset, raw.length).includes(Buffer.from(mark))) return undefined;
  const end = imageEnd(raw);
  if (end !== undefined) return startsWith(raw, mark, end) ? end : undefined;
  const last = raw.length - mark.length;
  return startsWith(raw, mark, last) ? last : undefined;
}

/** End of the last section of an image of this room; undefined for another file or a damaged image. */
function imageEnd(raw: Uint8Array): number | undefined {
  try {
    if (isPxaImage(raw)) return raw.length - readPxaImage(raw).trailing.length;
    if (isBootImage(raw)) return raw.length - readBootImage(raw).trailing.length;
    if (isVendorBootImage(raw)) return raw.length - readVendorBootImage(raw).trailing.length;
  } catch {
    return undefined;
  }
  return undefined;
}
