import { concat, MnxError } from '../binary/index.ts';
import { detectCodec } from '../compress/index.ts';
import { readFdt } from '../devicetree/index.ts';
import { extractIkconfig, type KernelConfig, type ModuleIndex, parseKernelConfig } from '../kernel/index.ts';
import {
  checkAvb,
  checkCmdline,
  checkDtb,
  checkHeader,
  checkKernelConfig,
  checkRamdiskCodec,
  checkSizes,
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
import { coverageOf } from './cover.ts';
import { checkCrashLog } from './crash-log.ts';
import { type ImageParts, type Packed, treeWay } from './image.ts';

/**
 * Holds coverage against what stage-1 needs. It needs no image, so a build that cannot work stops
 * before anything is compressed.
 */
export function judgeCoverage(
  { request, kernel, trees }: ImageParts,
  index: ModuleIndex | undefined,
): Finding[] {
  const [dtb] = trees.dtbs;
  if (dtb === undefined || index === undefined || request.machineDtb !== undefined) return [];
  return requireRoles(coverageOf({ dtb, index, image: kernel.image }), ['storage', 'usb', 'console']);
}

/** Of loaders whose placement nobody knows. */
const NO_MAP: MemoryMap = { layout: 'header', ranges: [] };

/** What the lint says of a packed image, and where its parts will lie. */
export function judgeImage(input: ImageParts, packed: Packed): Mapped {
  const { request, plan, kernel, ramdisk } = input;
  const { loader, partitions } = request.device;
  const mapped = memoryOf(input, packed);
  const config = kernelConfig(kernel);
  const findings = [
    ...headerFindings(input, packed),
    ...(mapped?.findings ?? []),
    ...checkCrashLog(plan.crashLog, mapped?.map ?? NO_MAP),
    ...checkSizes({
      image: packed.pieces.reduce((sum, piece) => sum + piece.length, 0),
      pageSize: Number(packed.header['pageSize']),
      parts: packed.parts,
      expandedKernel: packed.expandedKernel,
      partition: partitions.boot,
      loader,
      purpose: request.purpose,
    }),
    ...checkCmdline({
      cmdline: String(packed.header['cmdline']),
      loader,
      layout: mapped?.map.layout ?? 'header',
    }),
    ...(loader.kind === 'direct' ? [] : checkTrees(input)),
    ...(plan.avb === undefined ? [] : checkAvb(concat(packed.pieces)).findings),
    ...(config === undefined ? [] : checkKernelConfig(config, detectCodec(ramdisk.data))),
  ];
  return { map: mapped?.map ?? NO_MAP, findings };
}

/** The kernel's configuration, from its package or from itself; undefined when it tells neither way. */
export function kernelConfig({ payload, image }: ImageParts['kernel']): KernelConfig | undefined {
  const text = payload.configText ?? extractIkconfig(image);
  return text === undefined ? undefined : parseKernelConfig(text);
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
  const { request, kernel, trees, ramdisk } = input;
  const { loader, bootimg } = request.device;
  if (loader.kind === 'direct') return undefined;
  const parts: LoadedParts = {
    kernel: kernel.facts,
    ramdisk: ramdisk.data.length,
    dtb: trees.dtbs[0]?.length ?? kernel.appended[0]?.length ?? 0,
    cmdline: String(packed.header['cmdline']).length,
  };
  if (loader.addresses === 'header') return headerMap(addressesOf(bootimg), parts);
  if (loader.placement === undefined) return undefined;
  return packed.layout.layout === 'window'
    ? windowMap(loader.placement, parts)
    : plainMap(loader.placement, parts);
}

function addressesOf(spec: ImageParts['request']['device']['bootimg']) {
  return {
    kernel: spec.base + spec.kernelOffset,
    ramdisk: spec.base + spec.ramdiskOffset,
    second: spec.base + spec.secondOffset,
    tags: spec.base + spec.tagsOffset,
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
