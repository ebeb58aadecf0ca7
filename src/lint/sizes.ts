import type { Loader } from '../device/index.ts';
import type { Finding } from './finding.ts';

/** A part of the image with its size as packed. */
export interface SizedPart {
  readonly name: string;
  readonly size: number;
}

export interface SizeFacts {
  /** Bytes of the whole image. */
  readonly image: number;
  readonly pageSize: number;
  readonly parts: readonly SizedPart[];
  /** Size of the kernel part after expanding; undefined when it is not compressed. */
  readonly expandedKernel: number | undefined;
  /** Size of the partition that takes the image; undefined: unknown. */
  readonly partition: number | undefined;
  /** Which partition it is; absent: boot, of which the loader may keep a part. */
  readonly which?: 'boot' | 'vendor_boot';
  readonly loader: Pick<Loader, 'name' | 'maxDownload' | 'partitionReserved'>;
  /** `flash`: the image goes to the partition; `boot`: it is only sent and started. */
  readonly purpose: 'boot' | 'flash';
}

const CONTRIBUTORS = 3;

/**
 * Holds the image against the partition, less what the loader keeps of it, and against the download
 * buffer, which takes image, a page and the expanded kernel together (lk2nd aboot.c cmd_boot).
 */
export function checkSizes(facts: SizeFacts): Finding[] {
  return [partitionFinding(facts), ...downloadFindings(facts)].filter((finding) => finding !== undefined);
}

function partitionFinding(facts: SizeFacts): Finding | undefined {
  if (facts.partition === undefined) return undefined;
  const which = facts.which ?? 'boot';
  const kept = which === 'boot' ? facts.loader.partitionReserved : 0;
  const room = facts.partition - kept;
  if (facts.image <= room) return undefined;
  const flash = facts.purpose === 'flash';
  return {
    code: 'lint.partition',
    level: flash ? 'error' : 'note',
    what:
      `the image has ${facts.image} bytes, the ${which} partition ${facts.partition}` +
      `${kept > 0 ? ` of which ${facts.loader.name} keeps ${kept}` : ''}: ${facts.image - room} too many; ` +
      `largest: ${largest(facts.parts)}`,
    where: which === 'boot' ? 'image' : which,
    why: flash
      ? 'a cut-off image does not boot, or the loader refuses to write it'
      : which === 'boot'
        ? 'it can be started with fastboot boot, but not flashed'
        : 'it cannot be flashed, and fastboot boot does not send it',
    todo:
      which === 'boot'
        ? 'make the largest part smaller: fewer modules, a smaller kernel, a ramdisk packed harder (--fit)'
        : 'name fewer device trees with --dtb, or correct vendor_boot below [partitions] of the device file',
  };
}

function downloadFindings(facts: SizeFacts): (Finding | undefined)[] {
  const limit = facts.loader.maxDownload;
  if (limit === undefined) return [];
  const inMemory = facts.image + facts.pageSize + (facts.expandedKernel ?? 0);
  const why = 'fastboot answers that the data is too large, or the loader fails to expand the kernel';
  if (facts.image > limit) {
    return [
      {
        code: 'lint.download',
        level: 'error',
        what: `the image has ${facts.image} bytes, ${facts.loader.name} takes downloads of ${limit}; largest: ${largest(facts.parts)}`,
        where: 'image',
        why,
        todo: 'make the largest part smaller',
      },
    ];
  }
  if (facts.expandedKernel === undefined || inMemory <= limit) return [];
  return [
    {
      code: 'lint.expand',
      level: 'error',
      what:
        `image ${facts.image} + page ${facts.pageSize} + expanded kernel ${facts.expandedKernel} = ${inMemory} bytes, ` +
        `the download buffer of ${facts.loader.name} has ${limit}`,
      where: 'kernel',
      why,
      todo: 'make the kernel or the ramdisk smaller',
    },
  ];
}

function largest(parts: readonly SizedPart[]): string {
  return parts
    .filter(({ size }) => size > 0)
    .toSorted((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))
    .slice(0, CONTRIBUTORS)
    .map(({ name, size }) => `${name} ${size}`)
    .join(', ');
}
