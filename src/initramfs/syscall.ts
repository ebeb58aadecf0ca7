import { concat } from '../binary/index.ts';
import type { Arch } from '../device/index.ts';
import { staticElf } from '../kernel/index.ts';
import { BUFFER_ADDRESS, CODE_ADDRESS, SYSCALL_CODE } from './syscall-code.ts';

/** Where {@link syscallProgram} lies on the phone. */
export const SYSCALL_PATH = 'usr/bin/mnx-syscall';

/** The buffer, and the words of the call behind it. */
const BSS = 0x2000;

/**
 * `mnx-syscall NUMBER [ARGUMENT...] [-- PROGRAM [ARGUMENT...]]`: one system call, for what no applet of busybox
 * does: a reboot with an argument, which keys are held, a signal that is no longer ignored. Then it becomes the program,
 * named by its path. An argument that starts with a digit is a decimal number (what follows the digits is
 * left out), `@` is the address of 4096 zeroed bytes, anything else is a string. When the call went well and had an
 * `@`, as many bytes of it are printed as the call returned; else it ends with the kernel's errno.
 */
export function syscallProgram(arch: Arch): Uint8Array {
  const code = concat(SYSCALL_CODE[arch].map(([bytes]) => Buffer.from(bytes, 'hex')));
  return staticElf({ arch, code, address: CODE_ADDRESS, bss: { address: BUFFER_ADDRESS, size: BSS } });
}
