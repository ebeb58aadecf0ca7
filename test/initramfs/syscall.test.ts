import { describe, expect, it } from 'vitest';
import { syscallProgram } from '../../src/initramfs/syscall.ts';
import { readElf } from '../../src/kernel/index.ts';

describe('mnx-syscall', () => {
  it.each([
    ['aarch64', 64, 183],
    ['armv7', 32, 40],
    ['x86_64', 64, 62],
  ] as const)('is a program for %s that needs nothing', (arch, bits, machine) => {
    const program = syscallProgram(arch);
    const elf = readElf(program);
    expect([elf.bits, elf.machine, elf.type, elf.interpreter, elf.dynamic]).toEqual([
      bits,
      machine,
      2,
      undefined,
      undefined,
    ]);
    expect(program.length).toBeLessThan(512);
  });
});
