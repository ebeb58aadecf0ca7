import { expectSize, layout, u32be, u64be } from '../binary/index.ts';

/** One node. `name` carries the unit address (`mmc@7824900`); the root's name is empty. */
export interface FdtNode {
  name: string;
  /** Raw values in file order. */
  properties: Map<string, Uint8Array>;
  children: FdtNode[];
}

/** One entry of the memory reservation block; the kernel keeps its hands off that range. */
export interface FdtReserve {
  address: bigint;
  size: bigint;
}

/**
 * A flattened device tree as a mutable tree. The order of properties and children is kept, so that
 * a tree that is read and written comes out as it was.
 */
export interface Fdt {
  bootCpuid: number;
  reserve: FdtReserve[];
  root: FdtNode;
  /** Free bytes that the blob keeps at its end for a loader to grow into. */
  slack?: number;
  /** The string block as read, when another writer arranged it differently than dtc would. */
  strings?: Uint8Array;
}

/** Devicetree specification 0.4, section 5.2; fields of version 16. */
const HeaderV16 = expectSize(
  layout('fdt-header', {
    magic: u32be,
    totalSize: u32be,
    structOffset: u32be,
    stringsOffset: u32be,
    reserveOffset: u32be,
    version: u32be,
    lastCompatible: u32be,
    bootCpuid: u32be,
    stringsSize: u32be,
  }),
  36,
);

/** Version 17 adds the size of the structure block. */
const HeaderV17 = expectSize(HeaderV16.extend('fdt-header', { structSize: u32be }), 40);

/** Devicetree specification 0.4, section 5.3.2. The list ends with an entry of zeros. */
const ReserveEntry = expectSize(layout('fdt-reserve', { address: u64be, size: u64be }), 16);

/** What follows a property token: section 5.4.1. */
const PropertyHeader = expectSize(layout('fdt-property', { length: u32be, nameOffset: u32be }), 8);

export const FDT = {
  magic: 0xd00dfeed,
  HeaderV16,
  HeaderV17,
  ReserveEntry,
  PropertyHeader,
  token: { beginNode: 1, endNode: 2, property: 3, nop: 4, end: 9 },
  tokenSize: u32be.size,
  /** Linux unflattens no deeper tree (drivers/of/fdt.c FDT_MAX_DEPTH). */
  maxDepth: 64,
  /** Longest property name taken; the specification allows 31 characters, vendors use up to 60. */
  maxName: 255,
  /** Reservation blocks are aligned to 8, all else in the structure block to 4. */
  reserveAlign: 8,
  align: 4,
} as const;
