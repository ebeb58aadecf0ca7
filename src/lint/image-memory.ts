import { FormatError } from '../binary/index.ts';
import type { Loader } from '../device/index.ts';
import { splitFdts } from '../devicetree/index.ts';
import type { ImageFacts } from './image-facts.ts';
import type { KernelSection } from './kernel-section.ts';
import { headerMap, type LoadedParts, type Mapped, plainMap, windowMap } from './memory-map.ts';

/** Where an image's parts will lie; undefined where nobody can tell. */
export function imageMemory(facts: ImageFacts, kernel: KernelSection, loader?: Loader): Mapped | undefined {
  const parts = loadedParts(facts, kernel);
  if (parts === undefined) return undefined;
  if (loader === undefined) return byHeader(facts, parts, undefined);
  if (loader.kind === 'direct') return undefined;
  if (loader.addresses === 'header') return byHeader(facts, parts, loader);
  if (loader.placement === undefined) return undefined;
  return kernel.windowRamdisk === undefined
    ? plainMap(loader.placement, parts)
    : windowMap(loader.placement, parts);
}

/**
 * Without a loader nobody knows whether it takes the header's addresses (most of Qualcomm's do
 * not), so that overlaps are no errors then.
 */
function byHeader(facts: ImageFacts, parts: LoadedParts, loader: Loader | undefined): Mapped | undefined {
  if (facts.addresses === undefined) return undefined;
  if (loader !== undefined) return headerMap(facts.addresses, parts);
  const { map, findings } = headerMap(
    { ...facts.addresses, tags: treeAddress(facts, facts.addresses) },
    parts,
  );
  const softened = findings.map((finding) => ({
    ...finding,
    level: 'warning' as const,
    why: `a loader that takes the header's addresses destroys one with the other, and says nothing`,
    todo: 'name the phone with --device or its loader with --loader to know what that does, or move the address',
  }));
  return { map, findings: softened };
}

/** Header v2 says where its tree goes, beside the place of the tags that v0 and v1 have for both. */
function treeAddress(
  { headerVersion, dtb }: ImageFacts,
  addresses: NonNullable<ImageFacts['addresses']>,
): number {
  const own = Number(addresses.dtb ?? 0);
  return headerVersion === 2 && dtb !== undefined && own !== 0 ? own : addresses.tags;
}

/** Of several trees the loader takes one: at most the largest. */
function treeSize({ dtb }: ImageFacts, { appended }: KernelSection): number {
  const trees = dtb === undefined ? appended : splitOrWhole(dtb);
  return trees.reduce((most, { length }) => Math.max(most, length), 0);
}

/** MediaTek's table of trees is no chain. */
function splitOrWhole(section: Uint8Array): readonly Uint8Array[] {
  try {
    return splitFdts(section);
  } catch (error) {
    if (error instanceof FormatError) return [section];
    throw error;
  }
}

function loadedParts(facts: ImageFacts, kernel: KernelSection): LoadedParts | undefined {
  if (facts.kernel === undefined) return undefined;
  const ramdisk = kernel.windowRamdisk ?? facts.ramdisks[0]?.bytes;
  const size = kernel.expanded ?? facts.kernel.length;
  return {
    kernel: {
      fileSize: kernel.windowRamdisk === undefined ? size : (kernel.facts?.fileSize ?? size),
      imageSize: kernel.facts?.imageSize ?? size,
      textOffset: kernel.facts?.textOffset ?? 0,
    },
    ramdisk: ramdisk?.length ?? 0,
    dtb: treeSize(facts, kernel),
    second: facts.second,
    cmdline: facts.cmdline.length,
  };
}
