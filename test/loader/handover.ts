import { expect } from 'vitest';
import { type FdtNode, findNode, numberOf, readFdt, textOf } from '../../src/devicetree/index.ts';
import type { Handover, Platform } from './lk2nd.ts';

export interface Expected {
  readonly image: Uint8Array;
  readonly imageSize: number;
  readonly ramdisk: Uint8Array;
  readonly bootargs: string;
}

/** What a kernel needs at the jump: itself, a sound tree, its ramdisk, and nothing over anything else. */
export function expectBootable(
  handover: Handover,
  platform: Platform,
  expected: Expected,
  textOffset = 0,
): void {
  const { memory, base, x0 } = handover;
  const kernelAt = followBranch(memory, handover.pc - base);
  expect((kernelAt + base) % (2 * 1024 * 1024)).toBe(textOffset);
  expectBytes(memory, kernelAt, expected.image);

  const treeAt = x0 - base;
  const fdt = readFdt(memory.subarray(treeAt));
  const treeSize = new DataView(memory.buffer).getUint32(treeAt + 4);
  const chosen = findNode(fdt, '/chosen');
  const ram = findNode(fdt, '/memory');
  if (chosen === undefined || ram === undefined) throw new Error('the tree lacks /chosen or /memory');
  expect(textOf(chosen, 'bootargs')).toBe(expected.bootargs);
  platform.banks.forEach(({ start, size }, i) => {
    expect(numberOf(ram, 'reg', 2, i * 4)).toBe(BigInt(start));
    expect(numberOf(ram, 'reg', 2, i * 4 + 2)).toBe(BigInt(size));
  });
  const initrd = [address(chosen, 'linux,initrd-start'), address(chosen, 'linux,initrd-end')] as const;
  expect(initrd[1] - initrd[0]).toBe(expected.ramdisk.length);
  expectBytes(memory, initrd[0] - base, expected.ramdisk);

  const spans = [
    [kernelAt, kernelAt + expected.imageSize],
    [treeAt, treeAt + treeSize],
    [initrd[0] - base, initrd[1] - base],
  ].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  for (const [i, [, end = 0]] of spans.entries()) {
    expect(end).toBeLessThanOrEqual(spans[i + 1]?.[0] ?? Number.POSITIVE_INFINITY);
  }
}

/** Runs the first instruction when it is an arm64 `b`: a payload leads to its kernel so. */
export function followBranch(memory: Uint8Array, pc: number): number {
  const instruction = new DataView(memory.buffer).getUint32(pc, true);
  if (instruction >>> 26 !== 0b000101) return pc;
  const words = instruction & 0x3ffffff;
  return pc + 4 * (words >= 0x2000000 ? words - 0x4000000 : words);
}

function expectBytes(memory: Uint8Array, at: number, wanted: Uint8Array): void {
  expect(Buffer.compare(memory.subarray(at, at + wanted.length), wanted)).toBe(0);
}

function address(node: FdtNode, property: string): number {
  const width = (node.properties.get(property)?.length ?? 0) / 4;
  return Number(numberOf(node, property, width) ?? 0n);
}
