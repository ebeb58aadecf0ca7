import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { syscallProgram } from '../../src/initramfs/syscall.ts';
import { SYSCALL_CODE } from '../../src/initramfs/syscall-code.ts';

const scratch = mkdtempSync(join(tmpdir(), 'mnx-syscall-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Whether one of the programs is not installed. */
const missing = (...names: string[]): boolean =>
  names.some((name) => spawnSync(name, ['--version']).error !== undefined);

/** Per architecture: the prefix of binutils, QEMU's user emulator, and the numbers of getcwd, write and exit. */
const MACHINES = [
  { arch: 'aarch64', tools: 'aarch64-linux-gnu-', run: 'qemu-aarch64', getcwd: 17, write: 64, exit: 93 },
  { arch: 'armv7', tools: 'arm-linux-gnueabihf-', run: 'qemu-arm', getcwd: 183, write: 4, exit: 1 },
  { arch: 'x86_64', tools: 'x86_64-linux-gnu-', run: 'qemu-x86_64', getcwd: 79, write: 1, exit: 60 },
] as const;

describe.each(MACHINES)('mnx-syscall for $arch', ({ arch, tools, run, getcwd, write, exit }) => {
  const as = `${tools}as`;
  const objcopy = `${tools}objcopy`;

  it.skipIf(missing(as, objcopy))('has the bytes that GNU as makes of the instructions beside them', () => {
    const source = join(scratch, `${arch}.s`);
    writeFileSync(source, SYSCALL_CODE[arch].map(([, line]) => `${line}\n`).join(''));
    const object = join(scratch, `${arch}.o`);
    const binary = join(scratch, `${arch}.bin`);
    expect(spawnSync(as, ['-o', object, source], { encoding: 'utf8' }).stderr).toBe('');
    spawnSync(objcopy, ['-O', 'binary', '-j', '.text', object, binary]);
    const bytes = SYSCALL_CODE[arch].map(([hex]) => hex).join('');
    expect(readFileSync(binary).toString('hex')).toBe(bytes);
  });

  describe.skipIf(missing(run))('as a program', () => {
    const file = join(scratch, arch);
    writeFileSync(file, syscallProgram(arch), { mode: 0o755 });
    const call = (...words: (string | number)[]) =>
      spawnSync(run, [file, ...words.map(String)], { cwd: scratch, encoding: 'latin1' });

    it('prints what the call left in the buffer', () => {
      const { status, stdout } = call(getcwd, '@', 4096);
      expect([status, stdout]).toEqual([0, `${scratch}\0`]);
    });

    it('passes strings and numbers', () => {
      const { status, stdout } = call(write, 1, 'a string', 8);
      expect([status, stdout]).toEqual([0, 'a string']);
      expect(call(exit, 77).status).toBe(77);
    });

    it('ends with the errno of a call that fails', () => {
      expect(call(write, 99, 'x', 1).status).toBe(9);
      expect(call(getcwd, '@', 1).status).toBe(34);
    });

    it('becomes a program when the call went well', () => {
      const words = ['--', '/usr/bin/env', 'A=1', '/bin/sh', '-c', 'echo "$A $PATH"'] as const;
      expect(call(write, 1, 'then ', 5, ...words).stdout).toBe(`then 1 ${process.env['PATH']}\n`);
      const failed = call(write, 99, 'x', 1, ...words);
      expect([failed.status, failed.stdout]).toEqual([9, '']);
      expect(call(write, 1, 'x', 1, '--', '/nowhere').status).toBe(2);
    });

    it('refuses none and too many arguments', () => {
      expect(call().status).toBe(22);
      expect(call(write, 1, 2, 3, 4, 5, 6, 7).status).toBe(22);
    });
  });
});
