import { FormatError } from '../binary/index.ts';
import type { Loader } from '../device/index.ts';
import {
  findNode,
  hasProperty,
  qcdtBlobs,
  readFdt,
  readQcdt,
  setCells,
  setText,
  splitFdts,
  textOf,
  writeFdt,
} from '../devicetree/index.ts';
import type { BootImage } from './image.ts';
import { refusal } from './refusal.ts';

/**
 * The device tree that a loader takes from an image: the v2 section, the QCDT, or what follows the
 * kernel. Which of several trees a phone takes hangs on ids in its hardware, so only a single one counts.
 * @returns undefined when there is none and the loader starts without
 * @throws MnxError `bootimg.refused` when the loader would find none
 */
export function chooseDtb(
  image: BootImage,
  appended: readonly Uint8Array[],
  loader: Loader,
): Uint8Array | undefined {
  const found = candidates(image, appended, loader);
  const [only] = found;
  if (only === undefined) {
    if (loader.dtb.includes('none')) return undefined;
    throw refusal(loader, 'dtb not found', {
      hint: `It takes a device tree as ${loader.dtb.join(' or ')}; the image has none there.`,
    });
  }
  if (found.length > 1) {
    throw refusal(loader, `dtb not found: the image has ${found.length}, the phone's board id decides`);
  }
  if (loader.needsMsmId && !hasProperty(readFdt(only).root, 'qcom,msm-id')) {
    throw refusal(loader, 'dtb not found', { hint: 'It takes only device trees with qcom,msm-id.' });
  }
  return only;
}

function candidates(
  image: BootImage,
  appended: readonly Uint8Array[],
  loader: Loader,
): readonly Uint8Array[] {
  const { dt, dtb } = image.parts;
  if (dtb !== undefined && loader.dtb.includes('section')) return splitFdts(dtb);
  if (dt !== undefined && loader.dtb.includes('qcdt'))
    return qcdtBlobs(dt, readQcdt(dt)).map(({ bytes }) => bytes);
  return loader.dtb.includes('append') ? appended : [];
}

export interface DtbFixes {
  readonly cmdline: string;
  /** Place of the ramdisk; absent: nothing is written and what the tree has stays. */
  readonly ramdisk: { readonly start: number; readonly end: number } | undefined;
}

/**
 * What lk2nd's update_device_tree does to the tree in memory, except for the memory node: that stays
 * as the tree has it, because the emulated machine's memory is not the phone's.
 * @throws MnxError `bootimg.refused` when the bytes are no tree or lack the nodes it needs
 */
export function fixDtb(bytes: Uint8Array, fixes: DtbFixes, loader: Loader): Uint8Array {
  const fdt = parse(bytes, loader);
  if (findNode(fdt, '/memory') === undefined) throw refusal(loader, 'Could not find memory node.');
  const chosen = findNode(fdt, '/chosen');
  if (chosen === undefined) throw refusal(loader, 'Could not find chosen node.');
  const before = textOf(chosen, 'bootargs');
  setText(chosen, 'bootargs', before === undefined ? fixes.cmdline : `${before} ${fixes.cmdline}`);
  if (fixes.ramdisk !== undefined) {
    setCells(chosen, 'linux,initrd-start', [fixes.ramdisk.start]);
    setCells(chosen, 'linux,initrd-end', [fixes.ramdisk.end]);
  }
  return writeFdt(fdt, { slack: 0 });
}

function parse(bytes: Uint8Array, loader: Loader) {
  try {
    return readFdt(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw refusal(loader, 'Invalid device tree header', { cause: error });
  }
}
