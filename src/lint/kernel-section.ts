import { FormatError, MnxError } from '../binary/index.ts';
import { isWindow, readWindow, splitKernelPart } from '../bootimg/index.ts';
import { detectCodec } from '../compress/index.ts';
import { splitFdts } from '../devicetree/index.ts';
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
  const { outer, expanded, appended } = apart(section);
  if (isWindow(outer)) {
    const { image, ramdisk } = readWindow(outer);
    const known = { facts: readKernelImage(image), config: extractIkconfig(image), windowRamdisk: ramdisk };
    return { ...UNKNOWN, ...known, expanded, appended };
  }
  const { image, layers } = await expandKernel(outer);
  const facts = factsOf(outer) ?? factsOf(image);
  if (facts === undefined) return { ...UNKNOWN, expanded, appended, findings: [unknownKernel()] };
  // An lz4 or xz kernel is expanded by the loader too; a zImage or zboot kernel unpacks itself.
  const byLoader = expanded ?? (layers.length > 0 && factsOf(outer) === undefined ? image.length : undefined);
  return { ...UNKNOWN, facts, expanded: byLoader, appended, config: extractIkconfig(image) };
}

interface Apart {
  readonly outer: Uint8Array;
  readonly expanded: number | undefined;
  readonly appended: readonly Uint8Array[];
}

function apart(section: Uint8Array): Apart {
  const end = kernelEnd(section);
  if (end !== undefined && end < section.length) {
    return {
      outer: section.subarray(0, end),
      expanded: undefined,
      appended: splitFdts(section.subarray(end)),
    };
  }
  if (detectCodec(section) !== 'gzip' && detectCodec(section) !== 'none') {
    return { outer: section, expanded: undefined, appended: [] };
  }
  const { image, compression, appended } = splitKernelPart(section);
  return { outer: image, expanded: compression === 'gzip' ? image.length : undefined, appended };
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
