import { UsageError } from '../binary/index.ts';
import { type BootimgSpec, headerCmdlineLimit } from '../device/index.ts';
import { type HeaderVersion, SECTIONS, V3_PAGE_SIZE } from './header.ts';
import { type ByteRange, rangeOfBytes } from './source.ts';
import { encodeText } from './text.ts';

/** Sections of a boot image. `dt` is the QCDT (or SPRD, PXA) table of a v0 image. */
export type PartName = 'kernel' | 'ramdisk' | 'second' | 'dt' | 'recoveryDtbo' | 'dtb' | 'signature';

/** By which rule an id is made: AOSP's and osm0sis', or that of a vendor's own mkbootimg. */
export const ID_RULES = ['sha1', 'sha256', 'sha1-rockchip', 'sha1-lineage'] as const;
export type IdRule = (typeof ID_RULES)[number];

/** How the id field of v0 to v2 comes about; `raw` bytes match no known rule and are kept as they are. */
export type ImageId =
  | { readonly kind: IdRule | 'none' }
  | { readonly kind: 'raw'; readonly bytes: Uint8Array };

/** Header fields as read, where they differ from what the writer would put there. */
export interface KeptFields {
  /** Names of the header layout; the two command line fields are kept together. */
  readonly fields: readonly string[];
  /** What the writer puts; when an edit changes that, the edit wins over `bytes`. */
  readonly instead: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Padding as read behind a section, where it is not zeros. */
export interface KeptPadding<N extends string = PartName> {
  /** `header` is what follows the header in its page. */
  readonly part: N | 'header';
  /** Bytes to the next page; when an edit changes that, the padding is written as zeros. */
  readonly room: number;
  readonly bytes: Uint8Array;
}

/** Load addresses in the header of v0 to v2; bytes, absolute. */
export interface Addresses {
  readonly kernel: number;
  readonly ramdisk: number;
  readonly second: number;
  readonly tags: number;
  /** v2 only. */
  readonly dtb: bigint;
}

/** A boot.img (v0 to v4) or init_boot.img as a value. Nothing of a file that was read is lost. */
export interface BootImage {
  readonly headerVersion: HeaderVersion;
  /**
   * `aosp` writes address 0 for absent parts and cuts the command line at 511 characters;
   * `classic` (old mkbootimg, osm0sis, lk2nd) writes every address and cuts at 512 bytes.
   */
  readonly dialect: 'aosp' | 'classic';
  /** Bytes of the board's name where those are not 16: v0 of some of Samsung's phones. */
  readonly nameSize?: 20;
  /** 4096 for v3 and v4. */
  readonly pageSize: number;
  readonly addresses: Addresses;
  /** The packed word; see `packOsVersion`. */
  readonly osVersion: number;
  readonly board: string;
  readonly cmdline: string;
  readonly id: ImageId;
  /** Absent sections have no key. */
  readonly parts: Readonly<Partial<Record<PartName, Uint8Array>>>;
  /** What follows the last section: an AVB footer, a vendor's mark, zeros up to the partition's size. */
  readonly trailing: Uint8Array;
  readonly keptFields: readonly KeptFields[];
  readonly keptPaddings: readonly KeptPadding[];
}

/** A boot image whose sections stay where they are, in files as large as they may be. */
export interface RangedBootImage extends Omit<BootImage, 'parts' | 'trailing'> {
  readonly parts: Readonly<Partial<Record<PartName, ByteRange>>>;
  readonly trailing: ByteRange;
}

/** The same image with its sections as ranges, some of them replaced or added. */
export function rangedBootImage(image: BootImage, parts: RangedBootImage['parts'] = {}): RangedBootImage {
  const own = Object.entries(image.parts).map(([name, bytes]) => [name, rangeOfBytes(bytes)]);
  return {
    ...image,
    parts: { ...Object.fromEntries(own), ...parts },
    trailing: rangeOfBytes(image.trailing),
  };
}

/** What a new image takes beside the device's `[bootimg]` table. */
export interface ImageContent {
  readonly cmdline: string;
  readonly parts: BootImage['parts'];
  /** Default 0. */
  readonly osVersion?: number;
  /** Default `sha1`. */
  readonly id?: 'sha1' | 'sha256' | 'none';
}

/** Longest board name that leaves its NUL in the field. */
const BOARD_LIMIT = 15;

/**
 * A new image with the addresses that a device's `[bootimg]` table gives.
 * @throws UsageError `bootimg.board`, `bootimg.cmdline`, `bootimg.part` for what the header version
 * cannot carry
 */
export function bootImageOf(spec: BootimgSpec, content: ImageContent): BootImage {
  checkContent(spec, content);
  const { base } = spec;
  return {
    headerVersion: spec.headerVersion,
    dialect: spec.dialect,
    pageSize: spec.headerVersion < 3 ? spec.pageSize : V3_PAGE_SIZE,
    addresses: {
      kernel: base + spec.kernelOffset,
      ramdisk: base + spec.ramdiskOffset,
      second: base + spec.secondOffset,
      tags: base + spec.tagsOffset,
      dtb: BigInt(base) + BigInt(spec.dtbOffset),
    },
    osVersion: content.osVersion ?? 0,
    board: spec.board,
    cmdline: content.cmdline,
    id: { kind: content.id ?? 'sha1' },
    parts: content.parts,
    trailing: new Uint8Array(0),
    keptFields: [],
    keptPaddings: [],
  };
}

function checkContent(spec: BootimgSpec, content: ImageContent): void {
  const version = spec.headerVersion;
  const board = encodeText(spec.board).length;
  if (board > BOARD_LIMIT) {
    throw new UsageError(
      'bootimg.board',
      `board name: got ${board} bytes, the header has ${BOARD_LIMIT} and a NUL`,
    );
  }
  const cmdline = encodeText(content.cmdline).length;
  const limit = headerCmdlineLimit(spec);
  if (cmdline > limit) {
    throw new UsageError(
      'bootimg.cmdline',
      `command line: got ${cmdline} bytes, a header v${version} has ${limit}`,
      { hint: 'Remove kernel parameters from the device file or from --cmdline-append.' },
    );
  }
  for (const name of Object.keys(content.parts) as PartName[]) {
    if (!SECTIONS[version].includes(name)) {
      throw new UsageError('bootimg.part', `a boot image v${version} has no section for ${name}`, {
        hint: `Header v${version} takes ${SECTIONS[version].join(', ')}.`,
      });
    }
  }
  if (version === 2 && !content.parts.dtb?.length) {
    throw new UsageError('bootimg.part', 'a boot image v2 needs a DTB in its dtb section', {
      hint: 'Name one: --dtb FILE.',
    });
  }
}
