export function stripDebug(elf: Uint8Array): Uint8Array {
  return elf;
}
