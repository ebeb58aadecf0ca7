import { concat, MnxError } from '../binary/index.ts';
import { detectCodec } from '../compress/index.ts';
import { readFdt } from '../devicetree/index.ts';
import type { ModuleIndex } from '../kernel/index.ts';
import {
  checkAvb,
  checkBootconfig,
  checkCmdline,
  checkDtb,
  checkGadget,
  checkHeader,
  checkKernelConfig,
  checkKernelVersion,
  checkRamdiskCodec,
  checkShellKey,
  checkSizes,
  checkSkipInitramfs,
  checkUnlock,
  type Finding,
  hasErrors,
  headerMap,
  imageFacts,
  type LoadedParts,
  type Mapped,
  type MemoryMap,
  plainMap,
  requireRoles,
  sortFindings,
  windowMap,
} from '../lint/index.ts';
import { rootNeeds } from '../stage2/index.ts';
import { coverageOf } from './cover.ts';
import { checkCrashLog } from './crash-log.ts';
import { type ImageParts, type Packed, treeWay } from './image.ts';
import { kernelConfig } from './kernel-config.ts';
import type { PackedVendorBoot } from './vendor-boot.ts';

/**
 * Holds coverage against what stage-1 needs, and against the key of a --debug image. It needs no image, so a
 * build that cannot work stops before anything is compressed.
 */
export function judgeCoverage(
  { request, plan, kernel, trees }: ImageParts,
  index: ModuleIndex | undefined,
): Finding[] {
  const [dtb] = trees.dtbs;
  if (dtb === undefined || index === undefined || request.machineDtb !== undefined) return [];
  const found = coverageOf({ dtb, index, image: kernel.image });
  return [
    ...requireRoles(found, ['storage', 'usb', 'console']),
    ...(plan.debug ? checkShellKey(found, request.device.keys.shell) : []),
  ];
}

/** The gadget's functions that the kernel lacks. */
export function judgeGadget({ request, kernel }: ImageParts, index: ModuleIndex | undefined): Finding[] {
  return checkGadget(request.device.usb, { config: kernelConfig(kernel), index });
}

/** Of loaders whose placement nobody knows. */
const NO_MAP: MemoryMap = { layout: 'header', ranges: [] };

const CRASH_LOG_NEEDS = [
  { option: 'PSTORE_RAM', why: 'the memory is kept free, and the kernel writes no crash into it' },
];

const SHELL_KEY_NEEDS = [
  {
    option: 'INPUT_EVDEV',
    why: 'nothing tells which key is held: no key opens the shell of a --debug image',
  },
];

/** What the lint says of the packed images, and where their parts will lie. */
export function judgeImage(input: ImageParts, packed: Packed): Mapped {
  const { request, plan, kernel, ramdisk } = input;
  const { loader, partitions } = request.device;
  const mapped = memoryOf(input, packed);
  const config = kernelConfig(kernel);
  const use = {
    ramdisk: detectCodec(ramdisk.data),
    needs: [
      ...rootNeeds(plan.root).options,
      ...(plan.crashLog === undefined ? [] : CRASH_LOG_NEEDS),
      ...(plan.debug && request.device.keys.shell !== '' ? SHELL_KEY_NEEDS : []),
    ],
    screen: plan.splash !== undefined,
  };
  const findings = [
    ...headerFindings(input, packed),
    ...(mapped?.findings ?? []),
    ...checkCrashLog(plan.crashLog, mapped?.map ?? NO_MAP),
    ...checkSizes({
      image: packed.pieces.reduce((sum, piece) => sum + piece.length, 0),
      pageSize: Number(packed.header['pageSize']),
      parts: packed.parts.filter(({ image }) => image === undefined),
      expandedKernel: packed.expandedKernel,
      partition: partitions.boot,
      loader,
      purpose: request.purpose,
    }),
    ...(packed.vendorBoot === undefined ? [] : vendorFindings(input, packed.vendorBoot)),
    ...checkCmdline({
      cmdline: wholeCommandLine(packed.header),
      loader,
      layout: mapped?.map.layout ?? 'header',
      forbidden: request.device.bootimg.cmdlineForbidden,
    }),
    ...(loader.kind === 'direct' ? [] : checkTrees(input)),
    ...(plan.avb === undefined
      ? []
      : [packed.pieces, packed.vendorBoot?.pieces ?? []].flatMap((all) => checkAvb(concat(all)).findings)),
    ...(loader.kind === 'direct' ? [] : checkSkipInitramfs(kernel.inside)),
    ...(plan.ramdisk === undefined ? checkKernelVersion(kernel.facts.version, request.device.arch) : []),
    ...(config === undefined ? [] : checkKernelConfig(config, use)),
    ...(config === undefined || !hasBootconfig(plan)
      ? []
      : checkBootconfig(config, { loader, lines: plan.vendorBoot?.bootconfig ?? [] })),
    ...checkUnlock(plan.root, plan.ssh.on),
  ];
  return { map: mapped?.map ?? NO_MAP, findings };
}

/** Whether there is a boot configuration, of the device's own or of the loader's. */
function hasBootconfig({ vendorBoot, cmdline }: ImageParts['plan']): boolean {
  return vendorBoot?.headerVersion === 4 && [...vendorBoot.cmdline, ...cmdline].includes('bootconfig');
}

/** As the kernel sees it: of both images, in the order of ABL. */
function wholeCommandLine({ vendorCmdline, cmdline }: Packed['header']): string {
  return [vendorCmdline, cmdline].filter((part) => part !== undefined && part !== '').join(' ');
}

/** The rules of `mnx verify` on vendor_boot. */
function vendorFindings({ request }: ImageParts, { image, pieces, parts }: PackedVendorBoot): Finding[] {
  const { loader, partitions } = request.device;
  return [
    ...checkHeader(imageFacts({ kind: 'vendor', image })),
    ...checkSizes({
      image: pieces.reduce((sum, piece) => sum + piece.length, 0),
      pageSize: image.pageSize,
      parts,
      expandedKernel: undefined,
      partition: partitions.vendorBoot,
      which: 'vendor_boot',
      loader,
      purpose: request.purpose,
    }),
  ];
}

/** The rules of `mnx verify` on the image as it was packed; in a window the ramdisk has no section. */
function headerFindings({ request, ramdisk }: ImageParts, packed: Packed): Finding[] {
  const { image } = packed;
  const facts = imageFacts({ kind: 'boot', image });
  const { loader } = request.device;
  const inside = facts.ramdisks.length === 0 ? checkRamdiskCodec(ramdisk.data) : [];
  return [...checkHeader(facts, loader.kind === 'direct' ? undefined : loader), ...inside];
}

function checkTrees({ request, plan, trees, kernel }: ImageParts): Finding[] {
  const blobs = trees.dtbs.length > 0 ? trees.dtbs : kernel.appended;
  const { bootimg, loader } = request.device;
  return checkDtb({ way: treeWay(bootimg, plan), trees: blobs.map((blob) => readFdt(blob)), loader });
}

function memoryOf(input: ImageParts, packed: Packed): Mapped | undefined {
  const { request, plan, kernel, trees, ramdisk } = input;
  const { loader, bootimg } = request.device;
  if (loader.kind === 'direct') return undefined;
  const parts: LoadedParts = {
    kernel: kernel.facts,
    ramdisk: ramdisk.data.length,
    dtb: trees.dtbs[0]?.length ?? kernel.appended[0]?.length ?? 0,
    cmdline: wholeCommandLine(packed.header).length,
  };
  if (loader.addresses === 'header') return headerMap(addressesOf(bootimg, plan.headerVersion), parts);
  if (loader.placement === undefined) return undefined;
  return packed.layout.layout === 'window'
    ? windowMap(loader.placement, parts)
    : plainMap(loader.placement, parts);
}

/** vendor_boot has an address of its own for the tree. */
function addressesOf(spec: ImageParts['request']['device']['bootimg'], headerVersion: number) {
  return {
    kernel: spec.base + spec.kernelOffset,
    ramdisk: spec.base + spec.ramdiskOffset,
    second: spec.base + spec.secondOffset,
    tags: spec.base + (headerVersion > 2 ? spec.dtbOffset : spec.tagsOffset),
  };
}

/**
 * Stops a build that cannot work.
 * @throws MnxError `recipe.refused` with every error's own words; `--force` goes on.
 */
export function refuseErrors(findings: readonly Finding[], force: boolean): void {
  if (force || !hasErrors(findings)) return;
  const errors = sortFindings(findings).filter(({ level }) => level === 'error');
  const lines = errors.map(({ what, why, todo, code }) => `${what} [${code}]\n  ${why}\n  ${todo}`);
  throw new MnxError('recipe.refused', `this image cannot work:\n${lines.join('\n')}`, {
    hint: '--force builds it all the same.',
  });
}
