import { bytes, cString, expectSize, layout, startsWith, u8, u16le, u32le, u64le } from '../binary/index.ts';

/** Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header": from the start of the file. */
const Setup = expectSize(
  layout('bzimage', {
    code: bytes(0x1f1),
    setupSectors: u8,
    rootFlags: u16le,
    systemSize: u32le,
    ramSize: u16le,
    videoMode: u16le,
    rootDevice: u16le,
    bootFlag: u16le,
    jump: u16le,
    magic: bytes(4),
    protocol: u16le,
    realModeSwitch: u32le,
    startSystem: u16le,
    versionOffset: u16le,
  }),
  0x210,
);

/** The same page: what protocols up to 2.10 add. */
const Setup210 = expectSize(
  Setup.extend('bzimage', {
    loader: u8,
    loadFlags: u8,
    setupMoveSize: u16le,
    code32Start: u32le,
    ramdiskImage: u32le,
    ramdiskSize: u32le,
    bootsectKludge: u32le,
    heapEnd: u16le,
    loaderVersion: u8,
    loaderType: u8,
    commandLine: u32le,
    ramdiskMax: u32le,
    alignment: u32le,
    relocatable: u8,
    leastAlignment: u8,
    extraLoadFlags: u16le,
    commandLineSize: u32le,
    subarchitecture: u32le,
    subarchitectureData: u64le,
    payloadOffset: u32le,
    payloadSize: u32le,
    setupData: u64le,
    preferredAddress: u64le,
    initSize: u32le,
  }),
  0x264,
);
const PROTOCOL_210 = 0x020a;

/** Setup sectors are counted, and the version string is found, in units of a disk sector. */
const SECTOR = 512;
/** system_size counts paragraphs. */
const PARAGRAPH = 16;
/** Longest version sentence; the kernel's own buffers are far smaller. */
const VERSION_LIMIT = 512;

/** What the setup header of an x86 kernel says. */
export interface Bzimage {
  /** Boot protocol: 0x020f is 2.15. */
  readonly protocol: number;
  readonly version: string | undefined;
  /** Bytes before the protected-mode kernel. */
  readonly setupSize: number;
  /** Bytes of the file that are the kernel. */
  readonly fileSize: number;
  /** Bytes that the header speaks of; more than there are in a file that is cut short. */
  readonly statedSize: number;
  /** What protocol 2.10 adds; undefined in older kernels. */
  readonly details:
    | {
        readonly relocatable: boolean;
        readonly alignment: number;
        readonly preferredAddress: bigint;
        /** Memory that the kernel needs while it unpacks itself. */
        readonly initSize: number;
        /** Longest command line, without its NUL. */
        readonly commandLineSize: number;
        /** The compressed kernel, from the start of the file. */
        readonly payload: { readonly offset: number; readonly size: number };
      }
    | undefined;
}

/**
 * Reads the setup header; undefined when it is not an x86 kernel.
 * @throws FormatError when the file ends inside the header
 */
export function readBzimage(file: Uint8Array): Bzimage | undefined {
  if (!startsWith(file, 'HdrS', Setup.offsets.magic)) return undefined;
  const { setupSectors, systemSize, protocol, versionOffset } = Setup.read(file);
  // boot.rst: a count of 0 stands for 4.
  const setupSize = ((setupSectors || 4) + 1) * SECTOR;
  const at = versionOffset + SECTOR;
  const statedSize = setupSize + systemSize * PARAGRAPH;
  return {
    protocol,
    version: versionOffset === 0 ? undefined : cString(file.subarray(at, at + VERSION_LIMIT)),
    setupSize,
    fileSize: Math.min(statedSize, file.length),
    statedSize,
    details: protocol >= PROTOCOL_210 ? detailsOf(file, setupSize) : undefined,
  };
}

function detailsOf(file: Uint8Array, setupSize: number): Bzimage['details'] {
  const setup = Setup210.read(file);
  return {
    relocatable: setup.relocatable !== 0,
    alignment: setup.alignment,
    preferredAddress: setup.preferredAddress,
    initSize: setup.initSize,
    commandLineSize: setup.commandLineSize,
    payload: { offset: setupSize + setup.payloadOffset, size: setup.payloadSize },
  };
}
