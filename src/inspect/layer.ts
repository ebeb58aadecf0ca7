import type { Fact, MnxError } from '../binary/index.ts';

/** Something in a file, and what lies within it. */
export interface Layer {
  /** `boot.img`, `kernel`, `ramdisk dlkm`. */
  readonly name: string;
  /** Name of the format: `bootimg`, `gzip`, `fdt`; `data` when it is not known. */
  readonly format: string;
  /** For people: `boot image v2`, `arm64 Image, Linux 6.12.1`. */
  readonly title: string;
  /** Where it begins in its owner; undefined when it was made by expanding. */
  readonly offset: number | undefined;
  readonly bytes: Uint8Array;
  readonly facts: readonly Fact[];
  readonly inside: readonly Layer[];
  /** Why it could not be read, or not all of it. */
  readonly problem: MnxError | undefined;
}

/** All layers, owners before what they hold. */
export function* eachLayer(layer: Layer): Generator<Layer> {
  yield layer;
  for (const inner of layer.inside) yield* eachLayer(inner);
}

/** Facts without those that title and parts tell already, and without empty ones. */
export function ownFacts({ facts, inside, title }: Layer): Fact[] {
  return facts.filter(({ name, value, offset, size }) => {
    if (value === '' || value === title || value === '0 bytes' || (name === 'expanded' && inside.length > 0))
      return false;
    const isPart = (part: Layer): boolean =>
      part.name === name || (part.offset === offset && part.bytes.length === size);
    return !/^\d+ bytes/.test(value) || !inside.some(isPart);
  });
}
