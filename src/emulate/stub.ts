import { expectSize, layout, u32le, u64le } from '../binary/index.ts';

/**
 * What a phone's loader does last, as ten words of arm64 code: x0 = DTB, x1..x3 = 0, jump to the
 * kernel (Documentation/arch/arm64/booting.rst, "Call the kernel image").
 */
const Stub = expectSize(
  layout('arm64-entry', {
    loadDtb: u32le,
    zeroX1: u32le,
    zeroX2: u32le,
    zeroX3: u32le,
    loadKernel: u32le,
    branch: u32le,
    dtb: u64le,
    kernel: u64le,
  }),
  40,
);

/** ldr (literal), 64 bit: the distance to the literal counts in words. */
function loadLiteral(register: number, distance: number): number {
  return 0x5800_0000 + ((distance / 4) << 5) + register;
}

/** mov xN, xzr */
function zero(register: number): number {
  return 0xaa1f_03e0 + register;
}

/** Code that enters an arm64 kernel at `kernel` with its device tree at `dtb`. */
export function entryStub(kernel: number, dtb: number): Uint8Array {
  return Stub.write({
    loadDtb: loadLiteral(0, Stub.offsets.dtb - Stub.offsets.loadDtb),
    zeroX1: zero(1),
    zeroX2: zero(2),
    zeroX3: zero(3),
    loadKernel: loadLiteral(4, Stub.offsets.kernel - Stub.offsets.loadKernel),
    branch: 0xd61f_0080,
    dtb: BigInt(dtb),
    kernel: BigInt(kernel),
  });
}
