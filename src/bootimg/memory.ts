import { concat } from '../binary/index.ts';

/** Bytes at an address of the device's memory. */
export interface Region {
  readonly name: string;
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A device's memory as a list of copies into it; later ones overwrite earlier ones. No byte is copied. */
export class Memory {
  #regions: readonly Region[] = [];

  /** What lies where; regions do not overlap and are sorted by address. */
  get regions(): readonly Region[] {
    return this.#regions;
  }

  write(name: string, address: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const end = address + bytes.length;
    const left = this.#regions.flatMap((region) => without(region, address, end));
    this.#regions = [...left, { name, address, bytes }].sort((a, b) => a.address - b.address);
  }

  /** `size` bytes from `address` on; undefined when nobody wrote some of them. */
  read(address: number, size: number): Uint8Array | undefined {
    const pieces: Uint8Array[] = [];
    let next = address;
    for (const region of this.#regions) {
      const end = region.address + region.bytes.length;
      if (end <= next || next >= address + size) continue;
      if (region.address > next) return undefined;
      const piece = region.bytes.subarray(next - region.address, address + size - region.address);
      pieces.push(piece);
      next += piece.length;
    }
    return next === address + size ? concat(pieces) : undefined;
  }
}

/** What is left of a region when `start` to `end` is taken away. */
function without(region: Region, start: number, end: number): Region[] {
  const { name, address, bytes } = region;
  const last = address + bytes.length;
  if (last <= start || address >= end) return [region];
  const kept: Region[] = [];
  if (address < start) kept.push({ name, address, bytes: bytes.subarray(0, start - address) });
  if (last > end) kept.push({ name, address: end, bytes: bytes.subarray(end - address) });
  return kept;
}
