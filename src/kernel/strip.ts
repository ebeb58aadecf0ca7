import { MnxError } from '../binary/index.ts';

/** A relocatable ELF without its debug sections. */
export function stripDebug(_elf: Uint8Array): Uint8Array {
  throw new MnxError('kernel.strip', 'being written');
}
