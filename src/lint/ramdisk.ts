import { FormatError, MnxError } from '../binary/index.ts';
import { hasBootconfig, stripBootconfig } from '../bootimg/index.ts';
import { detectCodec } from '../compress/index.ts';
import { checkAsKernel, cpioFormat } from '../initramfs/index.ts';
import type { Finding } from './finding.ts';
import type { NamedRamdisk } from './image-facts.ts';
import { checkRamdiskCodec } from './ramdisk-codec.ts';

/** Unpacks a ramdisk as the kernel does and tells what it would lose. */
export async function checkRamdisk({ bytes, where }: NamedRamdisk): Promise<Finding[]> {
  // What no kernel expands is told by the codec's own rules.
  if (checkRamdiskCodec(bytes).length > 0) return [];
  try {
    const { lost, stopped } = await checkAsKernel(withoutBootconfig(bytes));
    if (stopped !== undefined) return [stoppedFinding({ bytes, where }, stopped)];
    return lost.length === 0 ? [] : [lostFinding(where, lost)];
  } catch (error) {
    if (!(error instanceof MnxError)) throw error;
    return [stoppedFinding({ bytes, where }, { offset: 0, reason: error.message })];
  }
}

/** init/main.c takes a boot configuration off before anything is unpacked; one that is damaged stays. */
function withoutBootconfig(initrd: Uint8Array): Uint8Array {
  if (!hasBootconfig(initrd)) return initrd;
  try {
    return stripBootconfig(initrd);
  } catch (error) {
    if (error instanceof FormatError) return initrd;
    throw error;
  }
}

function stoppedFinding(
  { bytes, where }: NamedRamdisk,
  stopped: { readonly offset: number; readonly reason: string },
): Finding {
  const known = detectCodec(bytes) !== 'none' || cpioFormat.detect(bytes);
  return {
    code: known ? 'lint.ramdisk-damaged' : 'lint.ramdisk-unknown',
    level: known ? 'error' : 'warning',
    what: `the kernel would stop at byte ${stopped.offset} of it: ${stopped.reason}`,
    where,
    why: 'everything behind that place is missing; without /init the kernel panics',
    todo: 'take one that `mnx initramfs check FILE` finds whole',
  };
}

function lostFinding(
  where: string,
  lost: readonly { readonly path: string; readonly reason: string }[],
): Finding {
  const [first] = lost;
  return {
    code: 'lint.ramdisk-lost',
    level: 'warning',
    what: `the kernel would lose ${lost.length} entries of it, the first ${first?.path}: ${first?.reason}`,
    where,
    why: 'the kernel says nothing about it; the files are simply not there',
    todo: 'pack it again with parents before children: mnx initramfs check tells all of them',
  };
}
