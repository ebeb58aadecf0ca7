import type { Device, Loader } from '../device/index.ts';
import type { ImageFacts } from './image-facts.ts';
import type { KernelSection } from './kernel-section.ts';
import { headerMap, type LoadedParts, type Mapped, plainMap, windowMap } from './memory-map.ts';

/** Where an image's parts will lie; undefined where nobody can tell. */
export function imageMemory(facts: ImageFacts, kernel: KernelSection, device?: Device): Mapped | undefined {
  const parts = loadedParts(facts, kernel);
  if (parts === undefined) return undefined;
  const loader = device?.loader;
  if (loader === undefined) return byHeader(facts, parts, undefined);
  if (loader.kind === 'direct') return undefined;
  if (loader.addresses === 'header') return byHeader(facts, parts, loader);
  if (loader.placement === undefined) return undefined;
  return kernel.windowRamdisk === undefined
    ? plainMap(loader.placement, parts)
    : windowMap(loader.placement, parts);
}

/**
 * Without a device nobody knows whether its loader takes the header's addresses (most of Qualcomm's do
 * not), so that overlaps are no errors then.
 */
function byHeader(facts: ImageFacts, parts: LoadedParts, loader: Loader | undefined): Mapped | undefined {
  if (facts.addresses === undefined) return undefined;
  const { map, findings } = headerMap(facts.addresses, parts);
  if (loader !== undefined) return { map, findings };
  const softened = findings.map((finding) => ({
    ...finding,
    level: 'warning' as const,
    why: `a loader that takes the header's addresses destroys one with the other, and says nothing`,
    todo: 'name the phone with --device to know what its loader does, or move the address',
  }));
  return { map, findings: softened };
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
    dtb: facts.dtb?.length ?? kernel.appended[0]?.length ?? 0,
    second: facts.second,
    cmdline: facts.cmdline.length,
  };
}
