import { addHashFooter, publicKeyOf } from '../avb/index.ts';
import { MissingError, sha256 } from '../binary/index.ts';
import type { Device } from '../device/index.ts';
import type { Input } from '../payload/index.ts';

/** How an image is made verifiable: the partition that it fills, and where the key lies. */
export interface AvbPlan {
  readonly partition: 'boot';
  /** Bytes that the footer stands at the end of. */
  readonly partitionSize: number;
  /** The same of vendor_boot, with a header version that has it. */
  readonly vendorBootSize?: number;
  /** PEM file of the private key. */
  readonly key: string;
}

/**
 * Decides about the AVB footer of a build. A loader looks for it at the end of the partition, so the
 * partition's size has to be known; what another loader keeps of the partition is not part of it.
 * boot and vendor_boot have a footer each: vbmeta chains to both or holds both digests.
 * @throws MissingError `recipe.no-partition` when the device does not tell the size
 */
export function planAvb(device: Device, headerVersion: number, key: string | undefined): AvbPlan | undefined {
  if (key === undefined) return undefined;
  const size = sizeOf(device, 'boot') - device.loader.partitionReserved;
  const vendorBoot = headerVersion < 3 ? {} : { vendorBootSize: sizeOf(device, 'vendor_boot') };
  return { partition: 'boot', partitionSize: size, ...vendorBoot, key };
}

function sizeOf({ id, partitions }: Device, name: 'boot' | 'vendor_boot'): number {
  const size = name === 'boot' ? partitions.boot : partitions.vendorBoot;
  if (size !== undefined) return size;
  throw new MissingError('recipe.no-partition', `nobody told how large the ${name} partition of ${id} is`, {
    hint: `An AVB footer stands at its end: add ${name} = BYTES below [partitions] in the device file.`,
  });
}

/** A signing key as an input: by the digest of its public half, which the image carries as well. */
export function keyInput(pem: Uint8Array): Input {
  return { role: 'avb-key', name: 'public key', version: '', sha256: sha256(publicKeyOf(pem)) };
}

/**
 * The image with a signed hash footer, filled up to its partition.
 * @throws MnxError `avb.too-big`; UsageError `avb.key`, `avb.partition-size`
 */
export function signImage(
  pieces: readonly Uint8Array[],
  { partition, partitionSize }: { readonly partition: string; readonly partitionSize: number },
  key: Uint8Array,
): Uint8Array[] {
  return addHashFooter(pieces, { partitionName: partition, partitionSize, key });
}
