import { bytes, expectSize, layout, MnxError, magic, u32le, u64le } from '../binary/index.ts';
import type { BootImage, PartName } from './image.ts';

/** First eight bytes of every boot.img and init_boot.img. */
export const BOOT_MAGIC = 'ANDROID!';

/**
 * boot.img v0, the layout of AOSP's bootimg.h. The word at 40 has two meanings: images of old
 * Qualcomm, Samsung and Spreadtrum loaders carry the size of their DT table there, all others the
 * header version.
 */
export const BootV0 = expectSize(layout('boot-v0', fieldsV0(16)), 1632);

/**
 * v0 of some of Samsung's phones: a name of 20 bytes, and all that follows it four bytes later (Magisk #2083,
 * BOOT_NAME_SIZE 20 in osm0sis' mkbootimg).
 */
export const BootV0Name20 = expectSize(layout('boot-v0-name20', fieldsV0(20)), 1636);

function fieldsV0(nameSize: 16 | 20) {
  return {
    magic: magic(BOOT_MAGIC),
    kernelSize: u32le,
    kernelAddress: u32le,
    ramdiskSize: u32le,
    ramdiskAddress: u32le,
    secondSize: u32le,
    secondAddress: u32le,
    tagsAddress: u32le,
    pageSize: u32le,
    versionOrDtSize: u32le,
    osVersion: u32le,
    board: bytes(nameSize),
    cmdline: bytes(512),
    id: bytes(32),
    extraCmdline: bytes(1024),
  };
}

/** v1 adds the recovery image's DT overlay (or ACPI table) and the size of the header. */
export const BootV1 = expectSize(
  BootV0.extend('boot-v1', { recoveryDtboSize: u32le, recoveryDtboOffset: u64le, headerSize: u32le }),
  1648,
);

/** v2 adds a section for device trees. */
export const BootV2 = expectSize(BootV1.extend('boot-v2', { dtbSize: u32le, dtbAddress: u64le }), 1660);

/** v3 leaves addresses, page size and digest to vendor_boot. */
export const BootV3 = expectSize(
  layout('boot-v3', {
    magic: magic(BOOT_MAGIC),
    kernelSize: u32le,
    ramdiskSize: u32le,
    osVersion: u32le,
    headerSize: u32le,
    reserved: bytes(16),
    headerVersion: u32le,
    cmdline: bytes(1536),
  }),
  1580,
);

/** v4 adds the boot signature. */
export const BootV4 = expectSize(BootV3.extend('boot-v4', { signatureSize: u32le }), 1584);

/** Layout of each header version. */
export const BOOT_HEADERS = { 0: BootV0, 1: BootV1, 2: BootV2, 3: BootV3, 4: BootV4 } as const;

export type HeaderVersion = keyof typeof BOOT_HEADERS;

/**
 * Layout of an image's header.
 * @throws MnxError `bootimg.name-size` for a name of 20 bytes in another version than 0
 */
export function headerTable({ headerVersion, nameSize }: Pick<BootImage, 'headerVersion' | 'nameSize'>) {
  if (nameSize === undefined) return BOOT_HEADERS[headerVersion];
  if (headerVersion === 0) return BootV0Name20;
  throw new MnxError('bootimg.name-size', `a header v${headerVersion} has no name of ${nameSize} bytes`);
}

/** Sections in file order, each behind the header on whole pages. */
export const SECTIONS: Readonly<Record<HeaderVersion, readonly PartName[]>> = {
  0: ['kernel', 'ramdisk', 'second', 'dt'],
  1: ['kernel', 'ramdisk', 'second', 'recoveryDtbo'],
  2: ['kernel', 'ramdisk', 'second', 'recoveryDtbo', 'dtb'],
  3: ['kernel', 'ramdisk'],
  4: ['kernel', 'ramdisk', 'signature'],
};

/** Which header field states the size of a section. */
export const SIZE_FIELD: Readonly<Record<PartName, string>> = {
  kernel: 'kernelSize',
  ramdisk: 'ramdiskSize',
  second: 'secondSize',
  dt: 'versionOrDtSize',
  recoveryDtbo: 'recoveryDtboSize',
  dtb: 'dtbSize',
  signature: 'signatureSize',
};

/** v3 and v4 have no page size field: their sections lie on pages of 4096. */
export const V3_PAGE_SIZE = 4096;

/** Pages that mkbootimg variants write; the header of v0 to v2 fills most of the smallest. */
export const PAGE_SIZES = [2048, 4096, 8192, 16384, 32768, 65536, 131072] as const;

/** Largest value of the word at 40 that is taken for a header version; above, it is a DT size (osm0sis). */
export const LAST_VERSION_WORD = 8;
