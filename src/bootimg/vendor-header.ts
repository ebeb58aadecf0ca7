import { bytes, expectSize, layout, magic, u32le, u64le } from '../binary/index.ts';
import type { SectionSize } from './sections.ts';

/** First eight bytes of every vendor_boot.img and vendor_kernel_boot.img. */
export const VENDOR_MAGIC = 'VNDRBOOT';

/** vendor_boot v3, the layout of AOSP's bootimg.h. */
export const VendorV3 = expectSize(
  layout('vendor-boot-v3', {
    magic: magic(VENDOR_MAGIC),
    headerVersion: u32le,
    pageSize: u32le,
    kernelAddress: u32le,
    ramdiskAddress: u32le,
    ramdiskSize: u32le,
    cmdline: bytes(2048),
    tagsAddress: u32le,
    board: bytes(16),
    headerSize: u32le,
    dtbSize: u32le,
    dtbAddress: u64le,
  }),
  2112,
);

/** v4 adds a table of ramdisk fragments and the bootconfig section. */
export const VendorV4 = expectSize(
  VendorV3.extend('vendor-boot-v4', {
    tableSize: u32le,
    entryCount: u32le,
    entrySize: u32le,
    bootconfigSize: u32le,
  }),
  2128,
);

/** One row of the table of v4 (vendor_ramdisk_table_entry_v4). */
export const FragmentEntry = expectSize(
  layout('ramdisk-table', {
    size: u32le,
    /** From the beginning of the ramdisk section. */
    offset: u32le,
    type: u32le,
    name: bytes(32),
    boardId: bytes(64),
  }),
  108,
);

/** One number of a fragment's board id. */
export const BoardIdWord = layout('board-id', { word: u32le });

/** Numbers in a fragment's board id. */
export const BOARD_ID_WORDS = (FragmentEntry.size - FragmentEntry.offsets.boardId) / BoardIdWord.size;

export const VENDOR_HEADERS = { 3: VendorV3, 4: VendorV4 } as const;

/** Sections of a vendor_boot image; `table` stands in the file between `dtb` and `bootconfig`. */
export type VendorSection = 'ramdisk' | 'dtb' | 'table' | 'bootconfig';

/** Sections in file order, and the header field that states the size of each. */
export const VENDOR_SECTIONS: Readonly<Record<3 | 4, readonly Omit<SectionSize<VendorSection>, 'size'>[]>> = {
  3: [
    { name: 'ramdisk', field: 'ramdiskSize' },
    { name: 'dtb', field: 'dtbSize' },
  ],
  4: [
    { name: 'ramdisk', field: 'ramdiskSize' },
    { name: 'dtb', field: 'dtbSize' },
    { name: 'table', field: 'tableSize' },
    { name: 'bootconfig', field: 'bootconfigSize' },
  ],
};

/** Kinds of fragments, by the number in the table. */
export const FRAGMENT_TYPES = ['none', 'platform', 'recovery', 'dlkm'] as const;
