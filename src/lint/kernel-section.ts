import { FormatError, MnxError } from '../binary/index.ts';
import { isWindow, KERNEL_LIMIT, readWindow, splitKernelPart } from '../bootimg/index.ts';
import { detectCodec, expandMember } from '../compress/index.ts';
import { findFdts, splitFdts } from '../devicetree/index.ts';
import {
  expandKernel,
  extractIkconfig,
  type KernelImage,
  kernelEnd,
  readKernelImage,
} from '../kernel/index.ts';
import type { Finding } from './finding.ts';

/** A kernel section seen from within. */
export interface KernelSection {
  /** Undefined where no kernel is recognised. */
  readonly facts: KernelImage | undefined;
  /** Bytes of the section when its outer compression is taken off; undefined when it has none. */
  readonly expanded: number | undefined;
  /** Device trees behind the kernel. */
  readonly appended: readonly Uint8Array[];
  /** The `.config` that it carries. */
  readonly config: string | undefined;
  /** Ramdisk inside a window payload. */
  readonly windowRamdisk: Uint8Array | undefined;
  readonly findings: readonly Finding[];
}

const UNKNOWN: KernelSection = {
  facts: undefined,
  expanded: undefined,
  appended: [],
  config: undefined,
  windowRamdisk: undefined,
  findings: [],
};

/** Takes a kernel section apart as far as it can be known; damage becomes findings. */
export async function openKernelSection(section: Uint8Array): Promise<KernelSection> {
  try {
    return await opened(section);
  } catch (error) {
    if (!(error instanceof MnxError)) throw error;
    return { ...UNKNOWN, findings: [problem(error)] };
  }
}

async function opened(section: Uint8Array): Promise<KernelSection> {
  const { outer, expanded, appended, findings } = await apart(section);
  const around = { ...UNKNOWN, expanded, appended, findings };
  if (isWindow(outer)) {
    const { image, ramdisk } = readWindow(outer);
    const known = { facts: readKernelImage(image), config: extractIkconfig(image), windowRamdisk: ramdisk };
    return { ...around, ...known };
  }
  const { image, layers } = await expandKernel(outer);
  const facts = factsOf(outer) ?? factsOf(image);
  if (facts === undefined) return { ...around, findings: [...findings, unknownKernel()] };
  // An lz4 or xz kernel is expanded by the loader too; a zImage or zboot kernel unpacks itself.
  const byLoader = expanded ?? (layers.length > 0 && factsOf(outer) === undefined ? image.length : undefined);
  return { ...around, facts, expanded: byLoader, config: extractIkconfig(image) };
}

interface Apart {
  readonly outer: Uint8Array;
  readonly expanded: number | undefined;
  readonly appended: readonly Uint8Array[];
  readonly findings: readonly Finding[];
}

async function apart(section: Uint8Array): Promise<Apart> {
  const end = kernelEnd(section);
  if (end !== undefined) {
    return { outer: section.subarray(0, end), expanded: undefined, ...treesIn(section.subarray(end)) };
  }
  const codec = detectCodec(section);
  if (codec === 'none') {
    const { image, appended } = splitKernelPart(section);
    return { outer: image, expanded: undefined, appended, findings: [] };
  }
  const { data, consumed } = await expandMember(section, { codec, limit: KERNEL_LIMIT });
  return { outer: data, expanded: data.length, ...treesIn(section.subarray(consumed)) };
}

/** Device trees behind a kernel; what else is there does not make the kernel a damaged one. */
function treesIn(behind: Uint8Array): Pick<Apart, 'appended' | 'findings'> {
  try {
    return { appended: splitFdts(behind), findings: [] };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const appended = findFdts(behind);
    return { appended, findings: behind.some((byte) => byte !== 0) ? [foreignBehind(behind, appended)] : [] };
  }
}

function foreignBehind(behind: Uint8Array, trees: readonly Uint8Array[]): Finding {
  const count = behind.length - trees.reduce((sum, { length }) => sum + length, 0);
  return {
    code: 'lint.kernel-behind',
    level: trees.length > 0 ? 'warning' : 'note',
    what: `${count} bytes in front of, between or behind the ${trees.length} device trees of the kernel are none`,
    where: 'kernel',
    why: "Qualcomm's loaders look for trees one right behind the other from where the kernel ends, and stop at anything else",
    todo: 'append the trees without a gap (cat Image.gz a.dtb b.dtb), unless the image is as its vendor made it',
  };
}

function factsOf(bytes: Uint8Array): KernelImage | undefined {
  try {
    return readKernelImage(bytes);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function unknownKernel(): Finding {
  return {
    code: 'lint.kernel-unknown',
    level: 'note',
    what: 'the kernel section holds no kernel that is known here',
    where: 'kernel',
    why: 'how much memory it takes and which ramdisks it reads cannot be told',
    todo: 'check that the kernel is an Image, zImage, bzImage or EFI zboot, compressed or not',
  };
}

function problem(error: MnxError): Finding {
  const damaged = error instanceof FormatError;
  return {
    code: damaged ? 'lint.kernel-damaged' : 'lint.kernel-codec',
    level: damaged ? 'error' : 'note',
    what: `the kernel section cannot be read: ${error.message}`,
    where: 'kernel',
    why: damaged
      ? 'the loader fails to expand the kernel, or jumps into damaged code'
      : 'it is left unchecked',
    todo: error.hint ?? 'put the kernel in again: mnx bootimg edit --kernel FILE',
  };
}
