import { alignUp, hex, MnxError } from '../binary/index.ts';
import type { Loader, Part, Placement } from '../device/index.ts';
import type { KernelImage } from '../kernel/index.ts';
import { BRANCH_REACH, DTB_GROWTH, KERNEL_ALIGN, WINDOW_PAGE } from './window.ts';

export type LayoutName = 'plain' | 'window';

/** Ways to start: over USB into memory, or from the boot partition. */
export type BootMode = 'boot' | 'flash';

/** Sizes in bytes. */
export interface LayoutParts {
  readonly kernel: Pick<KernelImage, 'kind' | 'fileSize' | 'imageSize' | 'textOffset'>;
  readonly ramdiskSize: number;
  /** 0 without a device tree. */
  readonly dtbSize: number;
  /** Whether the tree has a section of its own (v2, vendor_boot); the loader would write it over a window's. */
  readonly inSection?: boolean;
  readonly cmdlineLength: number;
}

/** One comparison of the plan: where something ends, in bytes from the start of the loader's memory. */
export interface LayoutCheck {
  /** `kernel ends below the device tree`. */
  readonly name: string;
  readonly got: number;
  readonly limit: number;
  readonly ok: boolean;
}

export interface LayoutPlan {
  readonly layout: LayoutName;
  /** Why this layout, in one sentence. */
  readonly because: string;
  readonly checks: readonly LayoutCheck[];
}

/**
 * Chooses how the kernel goes through the loader: plain when everything lies where the loader puts it
 * without touching anything else, else as a window payload where the loader allows one.
 *
 * @param mode which of the loader's two copy orders is explained
 * @throws MnxError `bootimg.no-layout` with the arithmetic of both when neither fits
 */
export function planLayout(parts: LayoutParts, loader: Loader, mode: BootMode): LayoutPlan {
  const { placement } = loader;
  if (loader.kind === 'direct') return simple('the loader takes kernel and ramdisk as files of their own');
  if (placement === undefined) {
    const header = loader.addresses === 'header';
    return simple(
      `${loader.name} ${header ? "takes the header's addresses" : 'chooses the addresses itself'}`,
    );
  }
  const plain = plainChecks(parts, placement);
  const wrong = plain.find((check) => !check.ok);
  if (wrong === undefined) {
    const because = `everything lies apart at the fixed addresses of ${loader.name}`;
    return { layout: 'plain', because, checks: plain };
  }
  const obstacle = windowObstacle(parts, loader);
  const checks = windowChecks(parts, placement);
  if (obstacle === undefined && checks.every((check) => check.ok)) {
    return { layout: 'window', because: whyNotPlain(wrong, placement, mode), checks };
  }
  throw noLayout(loader, plain, obstacle ?? checks);
}

function simple(because: string): LayoutPlan {
  return { layout: 'plain', because, checks: [] };
}

/** Something that lies in memory, in bytes from the loader's base. */
interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Each part must end where the next one begins; the last one inside what is mapped and free. */
function plainChecks(parts: LayoutParts, placement: Placement): LayoutCheck[] {
  const { kernel } = parts;
  const offset = loadOffset(kernel);
  const spans: Span[] = [
    { name: 'kernel', start: offset, end: offset + Math.max(kernel.imageSize, kernel.fileSize) },
    {
      name: 'device tree',
      start: placement.tags,
      end: placement.tags + dtbInMemory(parts.dtbSize, parts, placement),
    },
    { name: 'ramdisk', start: placement.ramdisk, end: placement.ramdisk + parts.ramdiskSize },
  ].sort((a, b) => a.start - b.start);
  return spans.flatMap(({ name, end }, i) => {
    const next = spans[i + 1];
    if (next !== undefined) return [check(`${name} ends below the ${next.name}`, end, next.start)];
    return endChecks(name, end, placement);
  });
}

function endChecks(name: string, end: number, placement: Placement): LayoutCheck[] {
  return [
    check(`${name} ends in memory that the loader has mapped`, end, placement.mapped),
    check(`${name} ends below reserved memory`, end, placement.reserved),
  ];
}

/** What keeps a window payload out whatever the sizes. */
function windowObstacle(parts: LayoutParts, loader: Loader): string | undefined {
  if (loader.placement?.window === undefined) return 'its placement has no window';
  if (!loader.dtb.includes('append')) return 'it takes no appended device tree';
  if (parts.dtbSize === 0) return 'there is no device tree to carry';
  if (parts.inSection === true) return 'the device tree stands in a section, not behind the kernel';
  if (parts.kernel.kind !== 'arm64')
    return `it needs an arm64 Image, not a kernel of kind ${parts.kernel.kind}`;
  return undefined;
}

function windowChecks(parts: LayoutParts, placement: Placement): LayoutCheck[] {
  const { window } = placement;
  if (window === undefined) return [];
  const { kernel } = parts;
  const image = window.image + kernel.textOffset;
  const dtb = dtbInMemory(parts.dtbSize + DTB_GROWTH, parts, placement);
  return [
    check('ramdisk ends below the device tree', window.ramdisk + parts.ramdiskSize, placement.tags),
    check('device tree ends below the kernel', placement.tags + dtb, image),
    check('first instruction reaches the kernel', image, BRANCH_REACH),
    check(
      'kernel file ends in memory that the loader has mapped',
      // Copied in whole pages of the boot image.
      alignUp(image + kernel.fileSize, WINDOW_PAGE),
      placement.mapped,
    ),
    check('kernel ends below reserved memory', image + kernel.imageSize, placement.reserved),
  ];
}

/** Where a 32-bit kernel goes above the start of memory (ABOOT_FORCE_KERNEL_ADDR, arch/arm TEXT_OFFSET). */
const TEXT_OFFSET_32 = 0x8000;

/**
 * Offset from its base at which a loader with fixed addresses puts the kernel. lk2nd takes a
 * text_offset beyond 2 MiB for 0 (aboot.c, cmd_boot).
 */
export function loadOffset({ kind, textOffset }: Pick<KernelImage, 'kind' | 'textOffset'>): number {
  if (kind !== 'arm64') return TEXT_OFFSET_32;
  return textOffset > KERNEL_ALIGN ? 0 : textOffset;
}

/** The tree with the space that the loader opens in it: slack, command line and its NUL. */
function dtbInMemory(size: number, parts: LayoutParts, placement: Placement): number {
  return size === 0 ? 0 : size + placement.fdtSlack + parts.cmdlineLength + 1;
}

function check(name: string, got: number, limit: number): LayoutCheck {
  return { name, got, limit, ok: got <= limit };
}

function whyNotPlain(wrong: LayoutCheck, placement: Placement, mode: BootMode): string {
  const order: readonly Part[] = placement.copyOrder[mode];
  const overwritten = order.indexOf('kernel') > order.indexOf('dtb');
  const arithmetic = `plain, the check "${wrong.name}" fails: ${arithmeticOf(wrong)}`;
  return overwritten ? `${arithmetic}; the loader copies the kernel over the device tree` : arithmetic;
}

function arithmeticOf({ got, limit }: LayoutCheck): string {
  return `+${hex(got)} > +${hex(limit)}, ${got - limit} bytes too many`;
}

function noLayout(
  loader: Loader,
  plain: readonly LayoutCheck[],
  window: readonly LayoutCheck[] | string,
): MnxError {
  const list = (checks: readonly LayoutCheck[]): string =>
    checks
      .filter(({ ok }) => !ok)
      .map((failed) => `${failed.name}: ${arithmeticOf(failed)}`)
      .join('; ');
  return new MnxError(
    'bootimg.no-layout',
    `no layout brings this kernel through ${loader.name}: plain: ${list(plain)}; ` +
      `window: ${typeof window === 'string' ? window : list(window)}`,
    { hint: 'Make the ramdisk smaller (fewer modules, no --with), or bring a smaller kernel with --kernel.' },
  );
}
