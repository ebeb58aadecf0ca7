import { type Footer, isVbmeta, readFooter } from '../avb/index.ts';
import { FormatError, hex } from '../binary/index.ts';
import {
  flatten,
  type ImageContentOfKind,
  isAnyBootImage,
  openImage,
  sparseChecksumFaults,
} from '../bootimg/index.ts';
import { detectCodec } from '../compress/index.ts';
import type { Device, Loader } from '../device/index.ts';
import { type Fdt, isFdt, readFdt, splitFdts } from '../devicetree/index.ts';
import { parseKernelConfig } from '../kernel/index.ts';
import { type AvbReport, checkAvb } from './avb.ts';
import { checkCmdline, checkForbidden } from './cmdline.ts';
import { checkDtb, type DtbFacts } from './dtb.ts';
import { type Finding, sortFindings } from './finding.ts';
import { checkGki, type GkiReport } from './gki.ts';
import { checkHeader } from './header.ts';
import { type ImageFacts, imageFacts } from './image-facts.ts';
import { imageMemory } from './image-memory.ts';
import { checkRamdiskOption } from './kernel-config.ts';
import { type KernelSection, openKernelSection } from './kernel-section.ts';
import type { MemoryMap } from './memory-map.ts';
import { checkPair } from './pair.ts';
import { checkRamdisk } from './ramdisk.ts';
import { checkRamdiskCodec } from './ramdisk-codec.ts';
import { checkSizes } from './sizes.ts';

export interface VerifyOptions {
  /** Holds the image against this device's loader and partition as well. */
  readonly device?: Device;
  /** Holds it against this loader: without a device, or in place of the device's own. */
  readonly loader?: Loader;
  /** `flash` (default): the image goes to the partition; `boot`: it is only sent and started. */
  readonly purpose?: 'boot' | 'flash';
  /** AVB public key blob that must have signed. */
  readonly publicKey?: Uint8Array;
  /** The vendor_boot that the loader will have beside the image. */
  readonly vendorBoot?: Uint8Array;
}

/** What was found out about an image. */
export interface Verified {
  /** `boot v2`, `vendor_boot v4`, `vbmeta`; undefined for an image that is too damaged. */
  readonly format: string | undefined;
  /** Bytes that the partition takes, expanded when the file is sparse. */
  readonly size: number;
  /** Sorted, errors first. */
  readonly findings: readonly Finding[];
  readonly avb: AvbReport | undefined;
  /** Certificates of a generic kernel image (GKI). */
  readonly gki: readonly GkiReport[] | undefined;
  /** Where the parts will lie, where that can be told. */
  readonly map: MemoryMap | undefined;
}

/**
 * Holds a file against what makes phones refuse it: boot images of every kind, wrapped or sparse, vbmeta,
 * and any image with an AVB footer. Damage is reported as findings.
 * @throws FormatError `bootimg.unknown` when the file is none of these; UsageError as {@link checkPair}
 */
export async function verifyImage(file: Uint8Array, options: VerifyOptions = {}): Promise<Verified> {
  const { findings: opening, bytes } = openFile(file);
  if (bytes === undefined) return verdict({ size: file.length, findings: opening });
  const avbOnly = isVbmeta(bytes) || (hasFooter(bytes) && !isAnyBootImage(bytes));
  if (avbOnly) {
    const { report, findings } = checkAvb(bytes, options);
    return verdict({
      format: report?.kind,
      size: bytes.length,
      findings: [...opening, ...findings],
      avb: report,
    });
  }
  if (!isAnyBootImage(bytes)) openImage(bytes);
  const content = contentOf(bytes);
  if ('finding' in content) {
    const { report, findings } = checkAvb(bytes, options);
    return verdict({ size: bytes.length, findings: [...opening, content.finding, ...findings], avb: report });
  }
  const end = bytes.length - content.image.trailing.length;
  const avb = checkAvb(bytes, { ...options, ...(bytes === content.whole ? { contentEnd: end } : {}) });
  const gki = checkGki(withoutFooter(content));
  const checked = await checkContent(content, bytes.length, options);
  const { vendorBoot, device } = options;
  const pair =
    vendorBoot === undefined
      ? []
      : await checkPair(content, vendorBoot, { loader: loaderOf(options), forbidden: forbiddenOf(device) });
  return verdict({
    format: formatName(content),
    size: bytes.length,
    findings: [...opening, ...checked.findings, ...pair, ...avb.findings, ...gki.findings],
    avb: avb.report,
    gki: gki.report,
    map: checked.map,
  });
}

function loaderOf({ loader, device }: VerifyOptions): Loader | undefined {
  return loader ?? device?.loader;
}

function forbiddenOf(device: Device | undefined): readonly string[] {
  return device?.bootimg.cmdlineForbidden ?? [];
}

/** The vbmeta structure of a footer is no boot signature, although it stands behind the last section too. */
function withoutFooter(content: Content): ImageContentOfKind {
  const { kind, image, whole } = content;
  const footer = whole === undefined ? undefined : footerOf(whole);
  if (kind !== 'boot' || whole === undefined || footer === undefined) return content;
  const end = whole.length - image.trailing.length;
  const own = Math.max(0, (footer.originalImageSize ?? end) - end);
  return { kind, image: { ...image, trailing: image.trailing.subarray(0, own) } };
}

function verdict(found: Partial<Verified> & Pick<Verified, 'size' | 'findings'>): Verified {
  const { format, size, findings, avb, gki, map } = found;
  return { format, size, findings: sortFindings(findings), avb, gki, map };
}

const SPARSE_LIMIT = 1024 * 1024 * 1024;

function openFile(file: Uint8Array): { readonly bytes?: Uint8Array; readonly findings: Finding[] } {
  try {
    const { bytes, sparse } = flatten(file);
    const faults = sparse === undefined ? [] : sparseChecksumFaults(sparse, SPARSE_LIMIT);
    return { bytes, findings: faults.map((fault) => damage('bootimg.sparse', fault, 'sparse')) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { findings: [broken(error)] };
  }
}

/** A footer that is damaged is one as well. */
function hasFooter(bytes: Uint8Array): boolean {
  return footerOf(bytes) !== undefined;
}

function footerOf(bytes: Uint8Array): Partial<Footer> | undefined {
  try {
    return readFooter(bytes);
  } catch (error) {
    if (error instanceof FormatError) return {};
    throw error;
  }
}

type Content = ImageContentOfKind & { readonly whole: Uint8Array | undefined };

function contentOf(bytes: Uint8Array): Content | { readonly finding: Finding } {
  try {
    const { content, layers } = openImage(bytes);
    return { ...content, whole: layers.length === 0 ? bytes : undefined };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { finding: broken(error) };
  }
}

/** A FormatError as a finding. */
function broken({ code, field, offset, got, wanted }: FormatError): Finding {
  return damage(code, `got ${got}, want ${wanted}`, `${field} at ${hex(offset)}`);
}

function damage(code: string, what: string, where: string): Finding {
  return {
    code,
    level: 'error',
    what,
    where,
    why: 'the file is damaged or cut off; a loader reads what is not there, or refuses it',
    todo: 'copy the image again from its source',
  };
}

function formatName({ kind, image }: ImageContentOfKind): string {
  if (kind === 'pxa') return 'boot (Samsung PXA)';
  if (kind === 'sony') return 'boot (Sony ELF)';
  return `${kind === 'vendor' ? 'vendor_boot' : 'boot'} v${image.headerVersion}`;
}

async function checkContent(content: ImageContentOfKind, size: number, options: VerifyOptions) {
  const facts = imageFacts(content);
  const loader = loaderOf(options);
  const kernel = facts.kernel === undefined ? undefined : await openKernelSection(facts.kernel);
  const ramdisks = [...facts.ramdisks];
  if (kernel?.windowRamdisk !== undefined) ramdisks.push({ where: 'ramdisk', bytes: kernel.windowRamdisk });
  const config = kernel?.config === undefined ? undefined : parseKernelConfig(kernel.config);
  const read = await Promise.all(ramdisks.map(checkRamdisk));
  const mapped = kernel === undefined ? undefined : imageMemory(facts, kernel, loader);
  const trees = treesOf(facts, kernel);
  const findings: Finding[] = [
    ...checkHeader(facts, loader),
    ...(kernel?.findings ?? []),
    ...read.flat(),
    ...(kernel?.windowRamdisk === undefined ? [] : checkRamdiskCodec(kernel.windowRamdisk)),
    ...(config === undefined
      ? []
      : ramdisks.flatMap(({ bytes }) => checkRamdiskOption(config, detectCodec(bytes)))),
    ...(mapped?.findings ?? []),
    ...trees.findings,
    ...checkText(facts, options, mapped?.map.layout),
    ...(loader === undefined
      ? []
      : againstLoader({ facts, kernel, trees: trees.trees, size, loader, options })),
  ];
  return { findings, map: mapped?.map };
}

/** Qualcomm's LK and ABL read the first field of v0 to v2 alone (aboot.c, BootLinux.c); v3 has one field. */
function checkText(
  facts: ImageFacts,
  options: VerifyOptions,
  layout: MemoryMap['layout'] = 'header',
): Finding[] {
  const forbidden = forbiddenOf(options.device);
  // The limits of loaders are about boot.img; a parameter that must not be there may come from either.
  if (facts.kind === 'vendor') return checkForbidden(facts.cmdline, forbidden);

  const arm = { name: 'an ARM kernel', cmdlineLimit: ARM_LIMIT };
  const split = { name: 'the loader of most phones with such a header', cmdlineLimit: FIRST_FIELD };
  const one = { name: 'the header', cmdlineLimit: ONE_FIELD };
  const known = facts.kind === 'sony' ? arm : facts.headerVersion < 3 ? split : one;
  const loader = loaderOf(options) ?? known;
  return checkCmdline({ cmdline: facts.cmdline, loader, layout, forbidden });
}

const FIRST_FIELD = 511;
const ONE_FIELD = 1535;
/** COMMAND_LINE_SIZE of arch/arm is 1024; Sony's loader states no limit of its own. */
const ARM_LIMIT = 1023;

interface Held {
  readonly facts: ImageFacts;
  readonly kernel: KernelSection | undefined;
  readonly trees: readonly Fdt[];
  readonly size: number;
  readonly loader: Loader;
  readonly options: VerifyOptions;
}

function againstLoader({ facts, kernel, trees, size, loader, options }: Held): Finding[] {
  const partitions = options.device?.partitions;
  const vendor = facts.kind === 'vendor';
  const sizes = checkSizes({
    image: size,
    pageSize: facts.pageSize,
    parts: partSizes(facts),
    expandedKernel: kernel?.expanded,
    partition: vendor ? partitions?.vendorBoot : partitions?.boot,
    which: vendor ? 'vendor_boot' : 'boot',
    loader,
    purpose: options.purpose ?? 'flash',
  });
  // Of the trees that boot.img v3 and later leaves out, vendor_boot speaks.
  if (loader.kind === 'direct' || (facts.headerVersion >= 3 && !vendor)) return sizes;
  // In a dt_table the loader chooses by the table's own words.
  if (facts.dtb !== undefined && !isFdt(facts.dtb)) return sizes;
  return [...sizes, ...checkDtb({ way: wayOf(facts, kernel), trees, loader })];
}

function partSizes(facts: ImageFacts): { readonly name: string; readonly size: number }[] {
  const { kernel, dt, dtb, second, ramdisks } = facts;
  return [
    { name: 'kernel', size: kernel?.length ?? 0 },
    ...ramdisks.map(({ where, bytes }) => ({ name: where, size: bytes.length })),
    { name: 'second', size: second },
    { name: 'dt', size: dt?.length ?? 0 },
    { name: 'dtb', size: dtb?.length ?? 0 },
  ];
}

function wayOf({ dt, dtb }: ImageFacts, kernel: KernelSection | undefined): DtbFacts['way'] {
  if (dt !== undefined) return 'qcdt';
  if (dtb !== undefined) return 'section';
  return (kernel?.appended.length ?? 0) > 0 ? 'append' : 'none';
}

/** Trees of the dtb section or behind the kernel; a section with something else is MediaTek's dt_table. */
function treesOf(
  { dtb }: ImageFacts,
  kernel: KernelSection | undefined,
): { trees: Fdt[]; findings: Finding[] } {
  try {
    const isTable = dtb !== undefined && !isFdt(dtb);
    const blobs = dtb === undefined ? (kernel?.appended ?? []) : isTable ? [] : splitFdts(dtb);
    return { trees: blobs.map((blob) => readFdt(blob)), findings: [] };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { trees: [], findings: [{ ...damage('lint.dtb-damaged', error.message, 'dtb') }] };
  }
}
