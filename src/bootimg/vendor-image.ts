import { UsageError } from '../binary/index.ts';
import type { BootimgSpec } from '../device/index.ts';
import type { Addresses, KeptFields, KeptPadding } from './image.ts';
import { encodeText } from './text.ts';
import {
  BOARD_ID_WORDS,
  FRAGMENT_TYPES,
  FragmentEntry,
  type VendorSection,
  VendorV3,
} from './vendor-header.ts';

/** One ramdisk of a vendor_boot image. The loader puts those it chooses in front of boot's ramdisk. */
export interface RamdiskFragment {
  /** Number in the table: 0 none, 1 platform, 2 recovery, 3 dlkm; see {@link fragmentTypeText}. */
  readonly type: number;
  /** Empty for the ramdisk of v3 and for what `--vendor_ramdisk` gives. */
  readonly name: string;
  /** 16 numbers by which a loader chooses; all zero for any board. */
  readonly boardId: readonly number[];
  readonly bytes: Uint8Array;
  /** Parts of the table's row as read that the writer would fill otherwise. */
  readonly keptFields: readonly KeptFields[];
}

/** A vendor_boot.img or vendor_kernel_boot.img (v3, v4) as a value. Nothing of a file that was read is lost. */
export interface VendorBootImage {
  readonly headerVersion: 3 | 4;
  /** With pages of 2048 the header takes two of them. */
  readonly pageSize: number;
  readonly addresses: Omit<Addresses, 'second'>;
  readonly cmdline: string;
  readonly board: string;
  /** v3 has at most one, which has neither name nor type. */
  readonly fragments: readonly RamdiskFragment[];
  /** What stands in the ramdisk section behind the last fragment that the table names. */
  readonly unlistedRamdisk: Uint8Array;
  /** Several FDTs one behind the other, or a dt_table (MediaTek). */
  readonly dtb: Uint8Array;
  /** v4: plain text of the kernel's boot configuration, without a trailer. */
  readonly bootconfig: Uint8Array;
  /** What follows the last section: an AVB footer, zeros up to the partition's size. */
  readonly trailing: Uint8Array;
  readonly keptFields: readonly KeptFields[];
  readonly keptPaddings: readonly KeptPadding<VendorSection>[];
}

/** A fragment for a new image. */
export interface NewFragment {
  readonly bytes: Uint8Array;
  /** Default 0, none. */
  readonly type?: number;
  /** At most 31 bytes, another one for each fragment. Default none, which only one may have. */
  readonly name?: string;
  /** Up to 16 numbers; the rest are 0. */
  readonly boardId?: readonly number[];
}

/** What a new image takes beside the device's `[bootimg]` table. */
export interface VendorContent {
  readonly cmdline: string;
  readonly fragments: readonly NewFragment[];
  readonly dtb?: Uint8Array;
  /** v4 only. */
  readonly bootconfig?: Uint8Array;
}

/** The numbers of a device's `[bootimg]` table that go into vendor_boot. */
export type VendorSpec = Pick<
  BootimgSpec,
  'pageSize' | 'base' | 'kernelOffset' | 'ramdiskOffset' | 'tagsOffset' | 'dtbOffset' | 'board'
> & { readonly headerVersion: 3 | 4 };

const EMPTY = new Uint8Array(0);

/** Name that AOSP keeps for itself (mkbootimg.py VENDOR_RAMDISK_NAME_BLOCKLIST). */
const RESERVED_NAME = 'default';

/**
 * A new image with the addresses that a device's `[bootimg]` table gives.
 * @throws UsageError `bootimg.cmdline`, `bootimg.board`, `bootimg.fragment` for what AOSP's mkbootimg refuses too
 */
export function vendorBootImageOf(spec: VendorSpec, content: VendorContent): VendorBootImage {
  checkText(
    'bootimg.cmdline',
    'command line',
    content.cmdline,
    VendorV3.offsets.tagsAddress - VendorV3.offsets.cmdline,
  );
  checkText('bootimg.board', 'board name', spec.board, VendorV3.offsets.headerSize - VendorV3.offsets.board);
  const { base, headerVersion } = spec;
  checkFragments(headerVersion, content);
  return {
    headerVersion,
    pageSize: spec.pageSize,
    addresses: {
      kernel: base + spec.kernelOffset,
      ramdisk: base + spec.ramdiskOffset,
      tags: base + spec.tagsOffset,
      dtb: BigInt(base) + BigInt(spec.dtbOffset),
    },
    cmdline: content.cmdline,
    board: spec.board,
    fragments: content.fragments.map(fragmentOf),
    unlistedRamdisk: EMPTY,
    dtb: content.dtb ?? EMPTY,
    bootconfig: content.bootconfig ?? EMPTY,
    trailing: EMPTY,
    keptFields: [],
    keptPaddings: [],
  };
}

/** `platform` for 1 and so on; the number itself when it has no name. */
export function fragmentTypeText(type: number): string {
  return FRAGMENT_TYPES[type] ?? String(type);
}

/**
 * Which of the two partitions of this format an image is for. The header does not tell: Android 13
 * moved the kernel's modules and device trees out of vendor_boot, in an image of the same layout
 * without command line and bootconfig, with dlkm fragments only. A hash descriptor behind the image
 * names the partition; without one, these contents decide.
 */
export function vendorPartition(image: VendorBootImage): 'vendor_boot' | 'vendor_kernel_boot' {
  const named = Buffer.from(image.trailing).includes('vendor_kernel_boot');
  if (named) return 'vendor_kernel_boot';
  if (Buffer.from(image.trailing).includes('vendor_boot')) return 'vendor_boot';
  const { headerVersion, fragments, cmdline, bootconfig } = image;
  const dlkm = fragments.length > 0 && fragments.every(({ type }) => FRAGMENT_TYPES[type] === 'dlkm');
  const bare = cmdline === '' && bootconfig.length === 0;
  return headerVersion === 4 && dlkm && bare && image.unlistedRamdisk.length === 0
    ? 'vendor_kernel_boot'
    : 'vendor_boot';
}

function fragmentOf({ bytes, type = 0, name = '', boardId = [] }: NewFragment): RamdiskFragment {
  const words = Array.from({ length: BOARD_ID_WORDS }, (_, i) => boardId[i] ?? 0);
  return { type, name, boardId: words, bytes, keptFields: [] };
}

function checkText(code: string, what: string, text: string, field: number): void {
  const size = encodeText(text).length;
  if (size < field) return;
  throw new UsageError(code, `${what}: got ${size} bytes, vendor_boot has ${field - 1} and a NUL`);
}

function checkFragments(version: 3 | 4, content: VendorContent): void {
  const names = content.fragments.map(({ name }) => name ?? '');
  if (version === 3) {
    const plain = content.fragments.length <= 1 && names.every((name) => name === '');
    if (!plain || content.bootconfig?.length) {
      throw new UsageError(
        'bootimg.fragment',
        'vendor_boot v3 has one ramdisk without a name and no bootconfig',
        { hint: 'Header v4 takes named fragments and a bootconfig.' },
      );
    }
  }
  for (const [i, name] of names.entries()) {
    checkText(
      'bootimg.fragment',
      'fragment name',
      name,
      FragmentEntry.offsets.boardId - FragmentEntry.offsets.name,
    );
    if (name === RESERVED_NAME || names.indexOf(name) !== i) {
      throw new UsageError('bootimg.fragment', `fragment name ${JSON.stringify(name)} is taken`, {
        hint: 'Each fragment has a name of its own, and none is called default.',
      });
    }
    if ((content.fragments[i]?.boardId?.length ?? 0) > BOARD_ID_WORDS) {
      throw new UsageError('bootimg.fragment', `a board id has ${BOARD_ID_WORDS} numbers`);
    }
  }
}
