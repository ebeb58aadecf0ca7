import { sha256 } from '../binary/index.ts';
import {
  type BootImage,
  bootImageOf,
  buildWindow,
  type HeaderVersion,
  kernelPart,
  type LayoutPlan,
  planLayout,
  writeBootImage,
} from '../bootimg/index.ts';
import type { BlockMemory } from '../compress/index.ts';
import type { BootimgSpec } from '../device/index.ts';
import type { OnProgress } from '../payload/index.ts';
import type { PartFact } from './manifest.ts';
import type { Plan } from './plan.ts';
import type { BuildRequest } from './request.ts';
import type { DeviceTrees, Kernel } from './sources.ts';
import { type PackedVendorBoot, packVendorBoot } from './vendor-boot.ts';

/** What an image is packed from. */
export interface ImageParts {
  readonly request: BuildRequest;
  readonly plan: Plan;
  readonly kernel: Kernel;
  readonly trees: DeviceTrees;
  readonly ramdisk: Ramdisk;
  readonly report: OnProgress;
  /** Blocks of the kernel section that were compressed before. */
  readonly memory?: BlockMemory;
}

/** A ramdisk as it goes into the image. */
export interface Ramdisk {
  readonly data: Uint8Array;
  /** Bytes of the archive before compression. */
  readonly expanded: number | undefined;
  /** What the report says of it: `61 modules, splash, dropbear`. */
  readonly note: string | undefined;
}

/** A packed image with the facts of its parts. */
export interface Packed {
  /** What the pieces say, without the footer of a signed one. */
  readonly image: BootImage;
  readonly pieces: readonly Uint8Array[];
  /** The image that goes with it, of header versions 3 and 4. */
  readonly vendorBoot: PackedVendorBoot | undefined;
  readonly layout: LayoutPlan;
  readonly parts: readonly PartFact[];
  readonly header: Readonly<Record<string, string | number>>;
  /** Bytes that the kernel section has when it is expanded. */
  readonly expandedKernel: number;
}

/** Chooses the layout, compresses the kernel section, packs the image. */
export async function packImage(input: ImageParts): Promise<Packed> {
  const { request, plan, kernel, trees, ramdisk } = input;
  const spec = specOf(request, plan);
  const dtbs = trees.dtbs.length > 0 ? trees.dtbs : kernel.appended;
  const cmdline = commandLine(plan, spec);
  const layout = planLayout(
    {
      kernel: kernel.facts,
      ramdiskSize: ramdisk.data.length,
      dtbSize: dtbs[0]?.length ?? 0,
      inSection: spec.dtb === 'section',
      cmdlineLength: [...(plan.vendorBoot?.cmdline ?? []), cmdline].join(' ').length,
    },
    request.device.loader,
    request.purpose,
  );
  const section = await kernelSection(input, layout, dtbs, cmdline);
  const image = bootImageOf(spec, {
    cmdline,
    parts: {
      kernel: section.bytes,
      ...(layout.layout === 'window' ? {} : { ramdisk: ramdisk.data }),
      ...(trees.qcdt === undefined ? {} : { dt: trees.qcdt }),
      ...(plan.headerVersion === 2 && dtbs[0] !== undefined ? { dtb: Buffer.concat(dtbs) } : {}),
    },
  });
  const vendorBoot = vendorBootOf(input, spec, dtbs);
  return {
    image,
    pieces: writeBootImage(image),
    vendorBoot,
    layout,
    parts: [
      // Trees in vendor_boot are among its own.
      ...partFacts(input, layout, (vendorBoot?.image.dtb.length ?? 0) > 0 ? [] : dtbs, section),
      ...(vendorBoot?.parts ?? []),
    ],
    header: {
      version: spec.headerVersion,
      pageSize: image.pageSize,
      dialect: spec.dialect,
      cmdline,
      ...(vendorBoot === undefined
        ? {}
        : { vendorPageSize: vendorBoot.image.pageSize, vendorCmdline: vendorBoot.image.cmdline }),
    },
    expandedKernel: section.expanded,
  };
}

/** The device's header in the version of the plan. */
function specOf({ device }: BuildRequest, plan: Plan): BootimgSpec {
  const headerVersion = plan.headerVersion as HeaderVersion;
  return { ...device.bootimg, headerVersion, dtb: treeWay(device.bootimg, plan) };
}

function vendorBootOf(
  { plan, trees }: ImageParts,
  spec: BootimgSpec,
  dtbs: readonly Uint8Array[],
): PackedVendorBoot | undefined {
  if (plan.vendorBoot === undefined) return undefined;
  const own = spec.dtb === 'section' ? dtbs : [];
  return packVendorBoot(plan.vendorBoot, spec, { dtbs: own, treeName: trees.name ?? CAME_ALONG });
}

const CAME_ALONG = 'came with the kernel';

/**
 * Where the tree stands: version 2 has a section for it, and so has vendor_boot of later ones; in another
 * version it goes behind the kernel.
 */
export function treeWay(
  { dtb }: Pick<BootimgSpec, 'dtb'>,
  { headerVersion, dtb: { from } }: Pick<Plan, 'headerVersion' | 'dtb'>,
): BootimgSpec['dtb'] {
  if (headerVersion === 2) return 'section';
  if (headerVersion > 2) return from === 'none' ? 'none' : 'section';
  return dtb === 'section' ? 'append' : dtb;
}

/** Loaders that eat the first characters get as many to eat (asus-flo). */
function commandLine({ cmdline }: Plan, { cmdlineEaten }: BootimgSpec): string {
  const bait = cmdlineEaten === 0 ? [] : ['x'.repeat(cmdlineEaten)];
  return [...bait, ...cmdline].join(' ');
}

interface Section {
  readonly bytes: Uint8Array;
  readonly expanded: number;
}

async function kernelSection(
  { request, plan, kernel, ramdisk, report, memory }: ImageParts,
  layout: LayoutPlan,
  dtbs: readonly Uint8Array[],
  cmdline: string,
): Promise<Section> {
  const { device } = request;
  const way = treeWay(device.bootimg, plan);
  // Where no tree is wanted, those that the user's kernel file carries stay where they were.
  const append = way === 'append' || (way === 'none' && kernel.appended.length > 0);
  const compression = kernel.facts.kind === 'zimage' ? 'none' : device.kernel.compression;
  const onProgress = (done: number, total: number) =>
    report({ label: 'Compressing the kernel', done, total });
  const common = { compression, onProgress, ...(memory === undefined ? {} : { memory }) };
  const [dtb] = dtbs;
  const placement = device.loader.placement;
  if (layout.layout === 'plain' || dtb === undefined || placement === undefined) {
    const appended = append ? dtbs : [];
    const bytes = await kernelPart({ ...common, image: [kernel.image], appended });
    return { bytes, expanded: kernel.image.length };
  }
  const window = buildWindow({
    image: kernel.image,
    ramdisk: ramdisk.data,
    dtb,
    placement,
    cmdlineLength: cmdline.length,
  });
  const bytes = await kernelPart({ ...common, image: window.pieces, appended: [window.dtb] });
  return { bytes, expanded: window.size };
}

function partFacts(
  { kernel, trees, ramdisk }: ImageParts,
  layout: LayoutPlan,
  dtbs: readonly Uint8Array[],
  section: Section,
): PartFact[] {
  const inside = layout.layout === 'window';
  const dtbSize = dtbs.reduce((sum, dtb) => sum + dtb.length, 0);
  const facts: PartFact[] = [
    {
      name: 'kernel',
      size: section.bytes.length,
      expanded: section.expanded,
      sha256: sha256(section.bytes),
      note: `Linux ${kernel.payload.release}${inside ? ', a window payload with everything inside' : ''}`,
    },
    {
      name: 'ramdisk',
      size: ramdisk.data.length,
      ...(ramdisk.expanded === undefined ? {} : { expanded: ramdisk.expanded }),
      sha256: sha256(ramdisk.data),
      note: [inside ? 'inside the payload' : undefined, ramdisk.note].filter(Boolean).join(': '),
    },
  ];
  if (dtbSize > 0) {
    facts.push({
      name: 'dtb',
      size: dtbSize,
      sha256: sha256(...dtbs),
      note: trees.name ?? CAME_ALONG,
    });
  }
  if (trees.qcdt !== undefined) {
    facts.push({ name: 'dt', size: trees.qcdt.length, sha256: sha256(trees.qcdt), note: 'QCDT' });
  }
  return facts;
}
