import {
  bytes,
  cString,
  expectSize,
  FormatError,
  latin1,
  layout,
  magic,
  startsWith,
  u32le,
  u64le,
} from '../binary/index.ts';
import { readBzimage } from './bzimage.ts';

/** Documentation/arch/arm64/booting.rst, "Call the kernel image"; 64 bytes. */
export const Arm64Header = expectSize(
  layout('arm64-image', {
    code0: u32le,
    code1: u32le,
    textOffset: u64le,
    imageSize: u64le,
    flags: u64le,
    reserved: bytes(24),
    magic: magic('ARM\x64'),
    peOffset: u32le,
  }),
  64,
);

/** arch/arm/boot/compressed/head.S: the words behind the eight leading instructions. */
const ZimageHeader = layout('zimage', { code: bytes(36), magic: u32le, start: u32le, end: u32le });
const ZIMAGE_MAGIC = 0x016f2818;

/** drivers/firmware/efi/libstub/zboot-header.S */
export const ZbootHeader = layout('zboot', {
  mz: bytes(4),
  magic: magic('zimg'),
  payloadOffset: u32le,
  payloadSize: u32le,
  reserved: bytes(8),
  compression: bytes(8),
});

/** What a kernel file says about itself. */
export interface KernelImage {
  readonly kind: 'arm64' | 'zimage' | 'bzimage' | 'zboot';
  /** Bytes of the file that are the kernel; a zImage says where it ends and a DTB may follow. */
  readonly fileSize: number;
  /** Bytes of memory that the running kernel takes from its start; the file size where unknown. */
  readonly imageSize: number;
  /** Distance of the kernel from a 2 MiB boundary; arm64 only, else 0. */
  readonly textOffset: number;
  /** Flags of the arm64 header (endianness, page size, placement); 0 elsewhere. */
  readonly flags: bigint;
  /** `6.12.1-mine (builder@host) ...`, when it can be read without expanding. */
  readonly version: string | undefined;
}

/**
 * Recognises a kernel that is not compressed as a whole.
 * @throws FormatError `kernel.not-a-kernel` for anything else.
 */
export function readKernelImage(file: Uint8Array): KernelImage {
  const found = arm64(file) ?? zboot(file) ?? zimage(file) ?? bzimage(file);
  if (found !== undefined) return found;
  throw new FormatError(
    'kernel.not-a-kernel',
    {
      field: 'kernel.magic',
      offset: 0,
      got: file.length === 0 ? 'an empty file' : `bytes ${preview(file)}`,
      wanted: 'an arm64 Image, zImage, bzImage or EFI zboot kernel',
    },
    { hint: 'A kernel build leaves it at arch/*/boot/Image, zImage or bzImage; vmlinux is not it.' },
  );
}

function preview(file: Uint8Array): string {
  return Buffer.from(file.subarray(0, 8))
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ');
}

function arm64(file: Uint8Array): KernelImage | undefined {
  if (!startsWith(file, 'ARM\x64', Arm64Header.offsets.magic)) return undefined;
  const header = Arm64Header.read(file);
  const imageSize = Number(header.imageSize);
  return {
    kind: 'arm64',
    fileSize: file.length,
    imageSize: imageSize === 0 ? file.length : imageSize,
    textOffset: Number(header.textOffset),
    flags: header.flags,
    version: banner(file),
  };
}

function zboot(file: Uint8Array): KernelImage | undefined {
  if (!startsWith(file, 'MZ') || !startsWith(file, 'zimg', ZbootHeader.offsets.magic)) return undefined;
  const size = file.length;
  return { kind: 'zboot', fileSize: size, imageSize: size, textOffset: 0, flags: 0n, version: undefined };
}

function zimage(file: Uint8Array): KernelImage | undefined {
  if (file.length < ZimageHeader.size) return undefined;
  const header = ZimageHeader.read(file);
  if (header.magic !== ZIMAGE_MAGIC || header.end <= header.start) return undefined;
  const size = header.end - header.start;
  return {
    kind: 'zimage',
    fileSize: Math.min(size, file.length),
    imageSize: size,
    textOffset: 0,
    flags: 0n,
    version: undefined,
  };
}

function bzimage(file: Uint8Array): KernelImage | undefined {
  const found = readBzimage(file);
  if (found === undefined) return undefined;
  const { fileSize, version, details } = found;
  const imageSize = details?.initSize ?? file.length;
  return { kind: 'bzimage', fileSize, imageSize, textOffset: 0, flags: 0n, version };
}

/** Longest version sentence; the kernel's own buffers are far smaller. */
const VERSION_LIMIT = 512;
const BANNER = 'Linux version ';

/** The first banner of an expanded kernel that is a sentence and not the format string of another. */
export function banner(file: Uint8Array): string | undefined {
  const haystack = Buffer.from(file.buffer, file.byteOffset, file.length);
  const wanted = latin1(BANNER);
  for (let at = haystack.indexOf(wanted); at >= 0; at = haystack.indexOf(wanted, at + 1)) {
    const text =
      cString(file.subarray(at + BANNER.length, at + BANNER.length + VERSION_LIMIT)).split('\n')[0] ?? '';
    if (/^\d/.test(text)) return text;
  }
  return undefined;
}

/** The release (`7.2.12+deb13-arm64`) at the start of a version string. */
export function releaseOf(version: string): string {
  return version.split(' ')[0] ?? version;
}
