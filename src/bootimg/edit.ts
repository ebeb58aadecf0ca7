import { concat, UsageError } from '../binary/index.ts';
import { detectCodec, expandMemberSync } from '../compress/index.ts';
import { kernelEnd, kernelFormat, uncompressedImgFormat } from '../kernel/index.ts';
import { SECTIONS } from './header.ts';
import type { BootImage, PartName } from './image.ts';
import { KERNEL_LIMIT, splitKernelPart } from './kernel-part.ts';
import type { ImageContentOfKind } from './opened.ts';
import { osVersionText, packOsVersion } from './os-version.ts';
import type { PxaImage } from './pxa.ts';
import { type SonyElfImage, segmentName } from './sony-elf.ts';
import { segmentOf, sonyCmdline, withCmdline, withSegment } from './sony-segments.ts';
import type { RamdiskFragment, VendorBootImage } from './vendor-image.ts';
import { findWrapper } from './wrappers.ts';

/** Parts that an edit may put in. */
export type EditablePart = 'kernel' | 'ramdisk' | 'second' | 'dtb' | 'dt' | 'bootconfig';

/** What shall be different; what is absent stays. */
export interface ImageEdit {
  readonly cmdline?: string;
  /** Words behind the command line. */
  readonly cmdlineAppend?: string;
  readonly board?: string;
  readonly osVersion?: string;
  readonly osPatchLevel?: string;
  /** Rule of the id field, v0 to v2 and PXA. */
  readonly id?: 'sha1' | 'sha256' | 'none';
  readonly parts?: Readonly<Partial<Record<EditablePart, Uint8Array>>>;
  /** Which ramdisk of vendor_boot `ramdisk` is; needed when it has several. */
  readonly fragment?: string;
}

/**
 * An image with something changed: vendors' headers of sections are made again around a new content, ids
 * follow, and unusual fields and paddings stay.
 * @throws UsageError `bootimg.edit` for what this kind of image does not have
 */
export function editImage(content: ImageContentOfKind, edit: ImageEdit): ImageContentOfKind {
  switch (content.kind) {
    case 'vendor':
      return { kind: 'vendor', image: editVendor(content.image, edit) };
    case 'pxa':
      return { kind: 'pxa', image: editPxa(content.image, edit) };
    case 'boot':
      return { kind: 'boot', image: editBoot(content.image, edit) };
    case 'sony':
      return { kind: 'sony', image: editSony(content.image, edit) };
  }
}

const NO_RAMDISK =
  'Put one in with --ramdisk FILE. A window payload has it inside its kernel: mnx unpack --ramdisk takes that apart, mnx pack makes it again.';

/** The ramdisk that an edit means. @throws UsageError `bootimg.edit` when there is none, or several */
export function ramdiskOf(content: ImageContentOfKind, fragment?: string): Uint8Array {
  if (content.kind === 'vendor') return inner(fragmentOf(content.image, fragment).bytes);
  const ramdisk =
    content.kind === 'sony' ? segmentOf(content.image, 'ramdisk')?.bytes : content.image.parts.ramdisk;
  if (ramdisk === undefined) throw refused('the image has no ramdisk', NO_RAMDISK);
  return inner(ramdisk);
}

function editBoot(image: BootImage, edit: ImageEdit): BootImage {
  const { headerVersion } = image;
  if (headerVersion > 2 && (edit.board !== undefined || edit.id !== undefined)) {
    throw refused(`a boot image v${headerVersion} has neither a board name nor an id`);
  }
  const known: readonly PartName[] = SECTIONS[headerVersion];
  const appended = !known.includes('dtb') && headerVersion < 3;
  const parts = partsOf(image.parts, edit, { known, appended, title: `a boot image v${headerVersion}` });
  return { ...image, ...headOf(image, edit), osVersion: versionOf(image.osVersion, edit), parts };
}

const PXA_PARTS = ['kernel', 'ramdisk', 'second', 'dt'] as const;

function editPxa(image: PxaImage, edit: ImageEdit): PxaImage {
  if (edit.osVersion !== undefined || edit.osPatchLevel !== undefined) {
    throw refused('a Samsung PXA image has no Android version');
  }
  const options = { known: PXA_PARTS, appended: true, title: 'a Samsung PXA image' };
  return { ...image, ...headOf(image, edit), parts: partsOf(image.parts, edit, options) };
}

function editVendor(image: VendorBootImage, edit: ImageEdit): VendorBootImage {
  const { parts = {} } = edit;
  const foreign = (['kernel', 'second', 'dt'] as const).find((name) => parts[name] !== undefined);
  if (foreign !== undefined) throw refused(`vendor_boot has no ${foreign}`);
  if (edit.osVersion !== undefined || edit.osPatchLevel !== undefined || edit.id !== undefined) {
    throw refused('vendor_boot has neither an Android version nor an id');
  }
  if (parts.bootconfig !== undefined && image.headerVersion < 4)
    throw refused('vendor_boot v3 has no bootconfig');
  const { ramdisk } = parts;
  const chosen = ramdisk === undefined ? undefined : fragmentOf(image, edit.fragment);
  return {
    ...image,
    ...textsOf(image, edit),
    fragments: image.fragments.map((fragment) =>
      fragment === chosen && ramdisk !== undefined
        ? { ...fragment, bytes: rewrapped(fragment.bytes, ramdisk) }
        : fragment,
    ),
    dtb: parts.dtb ?? image.dtb,
    bootconfig: parts.bootconfig ?? image.bootconfig,
  };
}

/** @throws UsageError `bootimg.edit`; a segment that is not there cannot be put in: nobody knows its address */
function editSony(image: SonyElfImage, edit: ImageEdit): SonyElfImage {
  const foreign = (['board', 'osVersion', 'osPatchLevel', 'id'] as const).find(
    (key) => edit[key] !== undefined,
  );
  if (foreign !== undefined) throw refused(`a Sony ELF image has no ${foreign}`);
  const known = image.segments.map(segmentName);
  let out = image;
  for (const [name, content] of Object.entries(edit.parts ?? {})) {
    const segment = (['kernel', 'ramdisk'] as const).find((one) => one === name && known.includes(one));
    if (segment === undefined)
      throw refused(`the image has no segment for ${name}`, `It has ${known.join(', ')}.`);
    out = withSegment(out, segment, content);
  }
  if (edit.cmdline === undefined && edit.cmdlineAppend === undefined) return out;
  if (!known.includes('cmdline')) throw refused('the image has no segment for a command line');
  return withCmdline(out, textsOf({ cmdline: sonyCmdline(image), board: '' }, edit).cmdline);
}

function fragmentOf(image: VendorBootImage, name: string | undefined): RamdiskFragment {
  const [first] = image.fragments;
  const found = name === undefined ? first : image.fragments.find((fragment) => fragment.name === name);
  const single = name !== undefined || image.fragments.length === 1;
  if (found !== undefined && single) return found;
  const names = image.fragments.map((fragment) => fragment.name || "''").join(', ');
  throw refused(
    name === undefined
      ? `vendor_boot has ${image.fragments.length} ramdisks`
      : `vendor_boot has no ramdisk ${name}`,
    `Name one with --fragment: ${names}.`,
  );
}

function textsOf(image: { readonly cmdline: string; readonly board: string }, edit: ImageEdit) {
  const base = edit.cmdline ?? image.cmdline;
  const words = [base, edit.cmdlineAppend ?? ''].filter((text) => text !== '');
  const cmdline = edit.cmdlineAppend === undefined ? base : words.join(' ');
  return { cmdline, board: edit.board ?? image.board };
}

/** An id that no rule explains belongs to the old content: it stays only while that stays. */
function headOf(image: Pick<BootImage, 'cmdline' | 'board' | 'id'>, edit: ImageEdit) {
  const changed = Object.keys(edit.parts ?? {}).length > 0;
  const kept = image.id.kind === 'raw' && changed ? ({ kind: 'sha1' } as const) : image.id;
  return { ...textsOf(image, edit), id: edit.id === undefined ? kept : { kind: edit.id } };
}

/** The half of the word that is not edited stays as it is, whatever it says. */
function versionOf(word: number, { osVersion, osPatchLevel }: ImageEdit): number {
  if (osVersion === undefined && osPatchLevel === undefined) return word;
  if (osVersion !== undefined && !/^\d{1,3}(?:\.\d{1,3}){0,2}$/.test(osVersion)) {
    throw refused(`${osVersion} is no Android version`, 'It is up to three numbers, such as 14 or 14.0.0.');
  }
  if (osPatchLevel !== undefined && !/^\d{4}-\d{2}(?:-\d{2})?$/.test(osPatchLevel)) {
    throw refused(`${osPatchLevel} is no security patch level`, 'It is a month, such as 2024-03.');
  }
  const { version = '', patchLevel = '' } = osVersionText(word);
  return packOsVersion(osVersion ?? version, osPatchLevel ?? patchLevel);
}

interface PartRules {
  readonly known: readonly string[];
  /** A DTB goes behind the kernel, in place of those that are there. */
  readonly appended: boolean;
  readonly title: string;
}

function partsOf<N extends string>(
  old: Readonly<Partial<Record<N, Uint8Array>>>,
  edit: ImageEdit,
  { known, appended, title }: PartRules,
): Readonly<Partial<Record<N, Uint8Array>>> {
  const parts: Record<string, Uint8Array | undefined> = { ...old };
  for (const [name, bytes] of Object.entries(edit.parts ?? {})) {
    if (name === 'dtb' && appended) continue;
    if (!known.includes(name))
      throw refused(`${title} has no section for ${name}`, `It has ${known.join(', ')}.`);
    parts[name] = rewrapped(parts[name], name === 'kernel' ? headed(parts[name], bytes) : bytes);
  }
  const dtb = appended ? edit.parts?.dtb : undefined;
  if (dtb !== undefined) parts['kernel'] = withDtb(parts['kernel'], dtb);
  return Object.fromEntries(
    Object.entries(parts).filter(([, bytes]) => bytes !== undefined && bytes.length > 0),
  ) as Readonly<Partial<Record<N, Uint8Array>>>;
}

/** A bare kernel in place of one that Qualcomm's wrapper is around gets one too, with its own size. */
function headed(old: Uint8Array | undefined, content: Uint8Array): Uint8Array {
  const before = old === undefined ? undefined : inner(old);
  if (before === undefined || !uncompressedImgFormat.detect(before)) return content;
  if (!kernelFormat.detect(content)) return content;
  const { storedSize } = splitKernelPart(content);
  return uncompressedImgFormat.write({
    kernel: content.subarray(0, storedSize),
    appended: content.subarray(storedSize),
  });
}

function withDtb(kernel: Uint8Array | undefined, dtb: Uint8Array): Uint8Array {
  if (kernel === undefined) throw refused('there is no kernel to append a device tree to');
  const content = inner(kernel);
  return rewrapped(kernel, concat([content.subarray(0, kernelSize(content)), dtb]));
}

/** Where trees go behind a kernel; what is there now need be none. */
function kernelSize(content: Uint8Array): number {
  if (uncompressedImgFormat.detect(content)) return kernelEnd(content) ?? content.length;
  const codec = detectCodec(content);
  if (codec === 'none') return splitKernelPart(content).storedSize;
  return expandMemberSync(content, { codec, limit: KERNEL_LIMIT }).consumed;
}

/** A section without its vendor's header. */
function inner(section: Uint8Array): Uint8Array {
  const wrapper = findWrapper(section);
  return wrapper?.holds === 'section' ? wrapper.unwrap(section).payload : section;
}

/** New content in the vendor's header of the old; content that brings one is taken as it is. */
function rewrapped(old: Uint8Array | undefined, content: Uint8Array): Uint8Array {
  const wrapper = old === undefined ? undefined : findWrapper(old);
  if (old === undefined || wrapper?.holds !== 'section' || wrapper.detect(content)) return content;
  return concat(wrapper.wrap({ ...wrapper.unwrap(old), payload: content }));
}

function refused(message: string, hint?: string): UsageError {
  return new UsageError('bootimg.edit', message, hint === undefined ? {} : { hint });
}
