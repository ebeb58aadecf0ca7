import { concat, type Fact, type Format } from '../binary/index.ts';
import type { Wrapped, Wrapper, WrapperName } from './wrapper.ts';
import { acclaimWrapper, amonetWrapper, chromeosWrapper, lokiWrapper, nookWrapper } from './wrapper-front.ts';
import { blobWrapper, dhtbWrapper, krnlWrapper, mtkWrapper } from './wrapper-header.ts';
import { lgBumpWrapper, seandroidWrapper } from './wrapper-tail.ts';

/** All wrappers; those with a magic at the beginning before those whose mark is searched. */
export const WRAPPERS: readonly Wrapper[] = [
  dhtbWrapper,
  blobWrapper,
  chromeosWrapper,
  krnlWrapper,
  mtkWrapper,
  amonetWrapper,
  nookWrapper,
  acclaimWrapper,
  lokiWrapper,
  seandroidWrapper,
  lgBumpWrapper,
];

/** More layers than any vendor has; a file that goes on is hostile and is left alone. */
const MOST_LAYERS = 8;

/** The wrapper around some bytes, if there is one. */
export function findWrapper(bytes: Uint8Array): Wrapper | undefined {
  return WRAPPERS.find((wrapper) => wrapper.detect(bytes));
}

/** A file without its wrappers. */
export interface Unwrapped {
  /** Outermost first. */
  readonly layers: readonly Wrapped[];
  readonly payload: Uint8Array;
}

/**
 * Takes off all wrappers, one within the other (DHTB around SEANDROIDENFORCE).
 * @throws FormatError `bootimg.wrapper` for a damaged one
 */
export function unwrapAll(bytes: Uint8Array): Unwrapped {
  const layers: Wrapped[] = [];
  let payload = bytes;
  while (layers.length < MOST_LAYERS) {
    const layer = findWrapper(payload)?.unwrap(payload);
    if (layer === undefined) break;
    layers.push(layer);
    const inner = layer.payload;
    // Nothing was taken off: the mark is within the image.
    const same = inner.buffer === payload.buffer && inner.length === payload.length;
    payload = inner;
    if (same) break;
  }
  return { layers, payload };
}

/**
 * Inverse of {@link unwrapAll}, with another payload when that is given.
 * @throws MnxError `bootimg.wrapper` where a wrapper takes no other payload
 */
export function wrapAll({ layers, payload }: Unwrapped): Uint8Array {
  let bytes = payload;
  for (const layer of layers.toReversed()) {
    bytes = concat(wrapperNamed(layer.wrapper).wrap({ ...layer, payload: bytes }));
  }
  return bytes;
}

/** The wrapper of a name. */
export function wrapperNamed(name: WrapperName): Wrapper {
  const found = WRAPPERS.find((wrapper) => wrapper.name === name);
  if (found === undefined) throw new TypeError(`no wrapper is called ${name}`);
  return found;
}

/** Each wrapper as a format, so that what drives all formats drives these too. */
export const wrapperFormats: readonly Format<Wrapped>[] = WRAPPERS.map((wrapper) => ({
  name: wrapper.name,
  detect: wrapper.detect,
  read: wrapper.unwrap,
  write: (wrapped) => concat(wrapper.wrap(wrapped)),
  describe: (wrapped) => describe(wrapper, wrapped),
}));

function describe(wrapper: Wrapper, wrapped: Wrapped): readonly Fact[] {
  const { before, payload, after, label } = wrapped;
  return [
    { name: 'wrapper', value: wrapper.title, offset: 0, size: before.length },
    ...(label === undefined ? [] : [{ name: 'label', value: label }]),
    { name: wrapper.holds, value: `${payload.length} bytes`, offset: before.length, size: payload.length },
    { name: 'behind', value: `${after.length} bytes`, offset: before.length + payload.length },
    ...wrapped.keptFields.map(({ fields }) => ({ name: 'unusual', value: fields.join(', ') })),
  ];
}
