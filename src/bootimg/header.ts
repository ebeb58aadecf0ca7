import { bytes, expectSize, type LayoutValue, layout, magic, u32le, u64le } from '../binary/index.ts';

/** First eight bytes of every boot.img and init_boot.img. */
export const BOOT_MAGIC = 'ANDROID!';

/**
 * boot.img v0, the layout of AOSP's bootimg.h. The word at 40 has two meanings: images of old
 * Qualcomm, Samsung and Spreadtrum loaders carry the size of their DT table there, all others the
 * header version.
 */
export const BootV0 = expectSize(
  layout('boot-v0', {
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
    board: bytes(16),
    cmdline: bytes(512),
    id: bytes(32),
    extraCmdline: bytes(1024),
  }),
  1632,
);

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

/** Every field that some version has; the union of what the layouts read. */
export type HeaderFields = Partial<LayoutValue<typeof BootV2> & LayoutValue<typeof BootV4>>;

/** v3 and v4 have no page size field: their sections lie on pages of 4096. */
export const V3_PAGE_SIZE = 4096;
