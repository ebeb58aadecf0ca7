import { hex } from '../binary/index.ts';
import type { Placement } from '../device/index.ts';
import type { Finding } from './finding.ts';

/** One stretch of the device's memory while it boots; `end` is the first address behind it. */
export interface MemoryRange {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly note: string;
}

/** Who lies where, by address. `header`: where the image's own header sends the parts. */
export interface MemoryMap {
  readonly layout: 'plain' | 'window' | 'header';
  readonly ranges: readonly MemoryRange[];
}

/** What a loader puts into memory. Sizes are bytes. */
export interface LoadedParts {
  readonly kernel: {
    /** Size of the kernel as the loader copies it, expanded. */
    readonly fileSize: number;
    /** Memory that the running kernel takes, its zeroed part included (arm64 header image_size). */
    readonly imageSize: number;
    readonly textOffset: number;
  };
  readonly ramdisk: number;
  readonly dtb: number;
  readonly second?: number;
  readonly cmdline: number;
}

export interface Mapped {
  readonly map: MemoryMap;
  readonly findings: readonly Finding[];
}

interface Limit {
  readonly code: string;
  readonly where: string;
  readonly what: string;
  /** First address behind what must fit. */
  readonly end: number;
  readonly limit: number;
  readonly limitName: string;
  readonly why: string;
  readonly todo: string;
}

/**
 * The plain layout of a loader with forced addresses: kernel at the start of its memory, DTB and
 * ramdisk at fixed offsets. Budget of lk2nd (aboot.c update_device_tree, platform.c mappings): the
 * running kernel ends at or before the DTB, the grown DTB before the ramdisk, the ramdisk inside what
 * is mapped.
 */
export function plainMap(placement: Placement, parts: LoadedParts): Mapped {
  const { base, tags, ramdisk, mapped } = placement;
  const kernelStart = base + parts.kernel.textOffset;
  const kernelEnd = kernelStart + Math.max(parts.kernel.imageSize, parts.kernel.fileSize);
  const dtbEnd = base + tags + grownDtb(placement, parts);
  const ramdiskEnd = base + ramdisk + parts.ramdisk;
  const ranges = [
    range(
      'kernel',
      kernelStart,
      kernelEnd,
      `${parts.kernel.fileSize} bytes copied, the rest zeroed by the kernel`,
    ),
    range('dtb', base + tags, dtbEnd, dtbNote(placement, parts)),
    range('ramdisk', base + ramdisk, ramdiskEnd, ''),
  ];
  const findings = limits([
    {
      code: 'lint.kernel-over-tags',
      where: 'kernel',
      what: 'the running kernel',
      end: kernelEnd,
      limit: base + tags,
      limitName: 'the DTB',
      why: 'the copied kernel, or the memory that it zeroes first, destroys the DTB: the loader stops or nothing is heard',
      todo: 'use the window layout, or a smaller kernel (fewer built-in drivers)',
    },
    dtbLimit(placement, dtbEnd),
    {
      code: 'lint.ramdisk-over-map',
      where: 'ramdisk',
      what: 'the ramdisk',
      end: ramdiskEnd,
      limit: base + mapped,
      limitName: 'the end of what the loader has mapped',
      why: 'the copy of the ramdisk ends in a data abort of the loader',
      todo: 'pack fewer modules and files into the ramdisk',
    },
  ]);
  return { map: mapOf('plain', ranges), findings };
}

/**
 * The window layout: one payload at the start of memory that holds a branch, the ramdisk, the DTB at
 * the loader's own offset for it and the real Image above. The Image's file must lie in mapped memory
 * and its whole size below the first reserved memory.
 * @returns a finding `lint.no-window` and an empty map when the loader has no such layout.
 */
export function windowMap(placement: Placement, parts: LoadedParts): Mapped {
  const { base, tags, mapped, reserved, window } = placement;
  if (window === undefined) return { map: mapOf('window', []), findings: [noWindow()] };
  const imageStart = base + window.image + parts.kernel.textOffset;
  const imageEnd = imageStart + Math.max(parts.kernel.imageSize, parts.kernel.fileSize);
  const ramdiskEnd = base + window.ramdisk + parts.ramdisk;
  const dtbEnd = base + tags + grownDtb(placement, parts);
  const ranges = [
    range(
      'branch',
      base,
      base + window.ramdisk,
      'arm64 header whose first instruction branches to the kernel',
    ),
    range('ramdisk', base + window.ramdisk, ramdiskEnd, 'initrd addresses are preset in the DTB'),
    range('dtb', base + tags, dtbEnd, dtbNote(placement, parts)),
    range(
      'kernel',
      imageStart,
      imageEnd,
      `${parts.kernel.fileSize} bytes copied, the rest zeroed by the kernel`,
    ),
  ];
  const findings = limits([
    {
      code: 'lint.window-ramdisk',
      where: 'ramdisk',
      what: 'the ramdisk inside the window',
      end: ramdiskEnd,
      limit: base + tags,
      limitName: 'the DTB',
      why: 'the ramdisk would cover the place where the loader writes the DTB',
      todo: 'pack fewer modules and files into the ramdisk',
    },
    { ...dtbLimit(placement, dtbEnd), limit: base + window.image },
    {
      code: 'lint.window-map',
      where: 'kernel',
      what: 'the kernel file behind the window',
      end: imageStart + parts.kernel.fileSize,
      limit: base + mapped,
      limitName: 'the end of what the loader has mapped',
      why: 'the copy of the kernel ends in a data abort of the loader',
      todo: 'use a smaller kernel (fewer built-in drivers)',
    },
    {
      code: 'lint.window-reserved',
      where: 'kernel',
      what: 'the running kernel behind the window',
      end: imageEnd,
      limit: base + reserved,
      limitName: 'the first reserved memory',
      why: 'the kernel runs into memory of the secure world or the modem and dies at once',
      todo: 'use a smaller kernel (fewer built-in drivers)',
    },
  ]);
  return { map: mapOf('window', ranges), findings };
}

/** Where an image's own header sends the parts; absolute addresses. */
export interface HeaderAddresses {
  readonly kernel: number;
  readonly ramdisk: number;
  readonly second: number;
  /** Where the loader puts DTB or tags. */
  readonly tags: number;
}

/** The map of a loader that honours the header's addresses, with every pair of parts that overlaps. */
export function headerMap(addresses: HeaderAddresses, parts: LoadedParts): Mapped {
  const kernelSize = Math.max(parts.kernel.imageSize, parts.kernel.fileSize);
  const ranges = [
    range('kernel', addresses.kernel, addresses.kernel + kernelSize, 'expanded'),
    range('ramdisk', addresses.ramdisk, addresses.ramdisk + parts.ramdisk, ''),
    range('second', addresses.second, addresses.second + (parts.second ?? 0), ''),
    range('dtb', addresses.tags, addresses.tags + parts.dtb, ''),
  ].filter(({ start, end }) => end > start);
  return { map: mapOf('header', ranges), findings: overlaps(ranges) };
}

function overlaps(ranges: readonly MemoryRange[]): Finding[] {
  const findings: Finding[] = [];
  for (const [i, a] of ranges.entries()) {
    for (const b of ranges.slice(i + 1)) {
      const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start);
      if (shared <= 0) continue;
      findings.push({
        code: 'lint.overlap',
        level: 'error',
        what: `${shown(a)} and ${shown(b)} share ${shared} bytes`,
        where: a.name,
        why: `whichever is copied last destroys the other, and the loader says nothing`,
        todo: `move the ${b.name} in [bootimg] of the device file: its offset must lie outside the ${a.name}`,
      });
    }
  }
  return findings;
}

function limits(list: readonly Limit[]): Finding[] {
  return list
    .filter(({ end, limit }) => end > limit)
    .map(({ code, where, what, end, limit, limitName, why, todo }) => ({
      code,
      level: 'error',
      what: `${what} ends at ${hex(end)}, ${end - limit} bytes behind ${limitName} at ${hex(limit)}`,
      where,
      why,
      todo,
    }));
}

function dtbLimit(placement: Placement, end: number): Limit {
  return {
    code: 'lint.dtb-over-ramdisk',
    where: 'dtb',
    what: 'the DTB, grown by the loader,',
    end,
    limit: placement.base + placement.ramdisk,
    limitName: 'the room that it has',
    why: 'the loader cannot add the command line and the memory to the DTB, or the next part overwrites it',
    todo: 'take a smaller DTB (without symbols) or a shorter command line',
  };
}

function noWindow(): Finding {
  return {
    code: 'lint.no-window',
    level: 'error',
    what: 'the loader has no window layout',
    where: 'kernel',
    why: 'a kernel that does not fit in front of the DTB cannot be started by it',
    todo: 'use a smaller kernel, or another loader',
  };
}

function grownDtb(placement: Placement, parts: LoadedParts): number {
  return parts.dtb + placement.fdtSlack + parts.cmdline;
}

function dtbNote(placement: Placement, parts: LoadedParts): string {
  return `${parts.dtb} bytes, ${placement.fdtSlack} that the loader adds, ${parts.cmdline} of command line`;
}

function range(name: string, start: number, end: number, note: string): MemoryRange {
  return { name, start, end, note };
}

function shown({ name, start, end }: MemoryRange): string {
  return `${name} ${hex(start)}..${hex(end)}`;
}

function mapOf(layout: MemoryMap['layout'], ranges: readonly MemoryRange[]): MemoryMap {
  return { layout, ranges: ranges.toSorted((a, b) => a.start - b.start || (a.name < b.name ? -1 : 1)) };
}
