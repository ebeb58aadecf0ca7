import { alignUp, FormatError, hex, viewOf } from '../binary/index.ts';
import { FDT, type Fdt, type FdtNode, type FdtReserve } from './fdt.ts';
import { stringTable } from './strings.ts';

/** Offsets and sizes of the blocks, each proven to lie inside the blob. */
interface Blocks {
  readonly total: number;
  readonly version: number;
  readonly bootCpuid: number;
  readonly structStart: number;
  readonly structEnd: number;
  readonly stringsStart: number;
  readonly stringsEnd: number;
  readonly reserveStart: number;
}

/** Whether `bytes` carries the FDT magic at `offset`. Says nothing about the rest. */
export function isFdt(bytes: Uint8Array, offset = 0): boolean {
  if (offset < 0 || offset + FDT.tokenSize > bytes.length) return false;
  return viewOf(bytes).getUint32(offset) === FDT.magic;
}

/**
 * The size in bytes that the blob states for itself.
 * @throws FormatError when the header is damaged or states more than `bytes` has.
 */
export function fdtSize(bytes: Uint8Array): number {
  return readBlocks(bytes).total;
}

/**
 * Reads a flattened device tree, version 16 or 17, into a tree. Bytes behind the stated total size
 * are left alone (loaders append padding and further blobs there). The tree does not share memory
 * with `bytes`.
 * @throws FormatError for anything that does not lie inside the stated blocks.
 */
export function readFdt(bytes: Uint8Array): Fdt {
  const blocks = readBlocks(bytes);
  const own = bytes.slice(0, blocks.total);
  const reader = new StructReader(own, blocks);
  const root = reader.read();
  const reserve = readReserve(own, blocks);
  const fdt: Fdt = { bootCpuid: blocks.bootCpuid, reserve, root };
  const end = Math.max(reader.end, blocks.stringsEnd);
  if (blocks.total > end) fdt.slack = blocks.total - end;
  const strings = own.subarray(blocks.stringsStart, blocks.stringsEnd);
  if (Buffer.compare(strings, stringTable(root).bytes) !== 0) fdt.strings = strings;
  return fdt;
}

function readBlocks(bytes: Uint8Array): Blocks {
  const base = FDT.HeaderV16.read(bytes);
  fault(base.magic === FDT.magic, 'devicetree.magic', 'magic', base.magic, hex(FDT.magic));
  fault(
    base.totalSize >= FDT.HeaderV16.size && base.totalSize <= bytes.length,
    'devicetree.total-size',
    'totalSize',
    base.totalSize,
    `at most the ${bytes.length} bytes that are there`,
  );
  fault(base.version >= 16, 'devicetree.version', 'version', base.version, 'version 16 or 17');
  fault(
    base.lastCompatible <= 17,
    'devicetree.version',
    'lastCompatible',
    base.lastCompatible,
    'compatible with version 17',
  );
  const room = base.totalSize;
  // Version 16 does not state the size of the structure block: it ends where the next block begins.
  const structSize =
    base.version >= 17 ? FDT.HeaderV17.read(bytes).structSize : Math.max(0, room - base.structOffset);
  inside('structOffset', base.structOffset, structSize, room);
  inside('stringsOffset', base.stringsOffset, base.stringsSize, room);
  inside('reserveOffset', base.reserveOffset, FDT.ReserveEntry.size, room);
  return {
    total: room,
    version: base.version,
    bootCpuid: base.bootCpuid,
    structStart: base.structOffset,
    structEnd: base.structOffset + structSize,
    stringsStart: base.stringsOffset,
    stringsEnd: base.stringsOffset + base.stringsSize,
    reserveStart: base.reserveOffset,
  };
}

type HeaderField = keyof typeof FDT.HeaderV17.offsets;

function fault(good: boolean, code: string, field: HeaderField, got: number, wanted: string): asserts good {
  if (good) return;
  throw new FormatError(code, {
    field: `fdt-header.${field}`,
    offset: FDT.HeaderV17.offsets[field],
    got,
    wanted,
  });
}

function inside(field: HeaderField, start: number, size: number, room: number): void {
  const good = start >= FDT.HeaderV16.size && start + size <= room;
  fault(good, 'devicetree.block', field, start, `a block of ${size} bytes inside the ${room} of the blob`);
}

function readReserve(bytes: Uint8Array, blocks: Blocks): FdtReserve[] {
  const entries: FdtReserve[] = [];
  for (let at = blocks.reserveStart; ; at += FDT.ReserveEntry.size) {
    const { address, size } = FDT.ReserveEntry.read(bytes, at);
    if (address === 0n && size === 0n) return entries;
    entries.push({ address, size });
  }
}

/** Walks the structure block once; an explicit stack keeps hostile depth off the call stack. */
class StructReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #blocks: Blocks;
  readonly #names = new Map<number, string>();
  #at: number;

  constructor(bytes: Uint8Array, blocks: Blocks) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#blocks = blocks;
    this.#at = blocks.structStart;
  }

  /** Where the structure block really ends, behind its end token. */
  get end(): number {
    return this.#at;
  }

  read(): FdtNode {
    const stack: FdtNode[] = [];
    let root: FdtNode | undefined;
    for (;;) {
      const start = this.#at;
      const token = this.#u32('token');
      const parent = stack.at(-1);
      if (token === FDT.token.nop) continue;
      if (token === FDT.token.beginNode) {
        if (root !== undefined && parent === undefined) this.#damaged(start, token, 'one root node');
        if (stack.length >= FDT.maxDepth) this.#damaged(start, token, `depth below ${FDT.maxDepth}`);
        const node: FdtNode = { name: this.#nodeName(), properties: new Map(), children: [] };
        parent?.children.push(node);
        root ??= node;
        stack.push(node);
      } else if (token === FDT.token.endNode && stack.pop() !== undefined) {
      } else if (token === FDT.token.property && parent !== undefined) {
        this.#property(parent);
      } else if (token === FDT.token.end && parent === undefined && root !== undefined) {
        return root;
      } else {
        this.#damaged(start, token, parent === undefined ? 'a root node' : 'a token inside a node');
      }
    }
  }

  #property(node: FdtNode): void {
    const start = this.#at;
    const length = this.#u32('length');
    const nameOffset = this.#u32('nameOffset');
    const name = this.#string(nameOffset, start + FDT.PropertyHeader.offsets.nameOffset);
    if (node.properties.has(name)) {
      this.#damaged(start, JSON.stringify(name), 'each property once', 'devicetree.duplicate');
    }
    this.#want(length, start, `fdt-property.length of ${name}`);
    node.properties.set(name, this.#bytes.subarray(this.#at, this.#at + length));
    this.#skip(length);
  }

  #nodeName(): string {
    const start = this.#at;
    const end = this.#bytes.indexOf(0, start);
    if (end < 0 || end >= this.#blocks.structEnd) {
      this.#damaged(start, 'no NUL', 'a name that ends inside the structure block');
    }
    this.#skip(end + 1 - start);
    return Buffer.from(this.#bytes.subarray(start, end)).toString('latin1');
  }

  #string(offset: number, place: number): string {
    const known = this.#names.get(offset);
    if (known !== undefined) return known;
    const start = this.#blocks.stringsStart + offset;
    const end = start < this.#blocks.stringsEnd ? this.#bytes.indexOf(0, start) : -1;
    if (end < 0 || end >= this.#blocks.stringsEnd || end - start > FDT.maxName) {
      this.#damaged(place, offset, 'the offset of a string in the string block', 'devicetree.string');
    }
    const text = Buffer.from(this.#bytes.subarray(start, end)).toString('latin1');
    this.#names.set(offset, text);
    return text;
  }

  #u32(what: string): number {
    this.#want(FDT.tokenSize, this.#at, `fdt-struct.${what}`);
    const value = this.#view.getUint32(this.#at);
    this.#at += FDT.tokenSize;
    return value;
  }

  #want(size: number, place: number, field: string): void {
    if (this.#at + size <= this.#blocks.structEnd) return;
    throw new FormatError('devicetree.truncated', {
      field,
      offset: place,
      got: `end of the structure block at ${hex(this.#blocks.structEnd)}`,
      wanted: `${size} bytes from ${hex(this.#at)}`,
    });
  }

  /** Steps over `size` bytes and the zeros that align the next token, counted from the block's start. */
  #skip(size: number): void {
    const inBlock = this.#at - this.#blocks.structStart + size;
    this.#at = this.#blocks.structStart + alignUp(inBlock, FDT.align);
  }

  #damaged(offset: number, got: number | string, wanted: string, code = 'devicetree.structure'): never {
    throw new FormatError(code, { field: 'fdt-struct', offset, got, wanted });
  }
}
