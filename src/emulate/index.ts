/**
 * The emulated phone: a loader's rules in front, QEMU behind.
 * @module
 */
export { type BootOptions, bootImage, machineDtb } from './boot.ts';
export { checkMachine, type MachineOptions, QEMU, qemuProgram } from './machine.ts';
export { NBD_ADDRESS } from './nbd.ts';
export type { Session } from './session.ts';
